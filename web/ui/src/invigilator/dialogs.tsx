// The dialogs, and what else may come a moment after the room is on the page.
import type { VNode } from "preact";
import { HandoverDialog } from "./handover_dialog.tsx";
import { HelpDialog } from "./help_dialog.tsx";
import { IdentityDialog } from "./identity_dialog.tsx";
import { LateDialog } from "./late_dialog.tsx";
import { Ledger } from "./ledger.tsx";
import { Menu } from "./menu.tsx";
import { MessageDialog } from "./message_dialog.tsx";
import type { Later } from "./open.ts";
import { OptionsSheet } from "./options.tsx";
import { End, Start, TakeOver } from "./questions.tsx";
import { ReportsSheet } from "./reports_sheet.tsx";
import { ResumeLost } from "./resume_lost.tsx";
import { TimeDialog } from "./time_dialog.tsx";
import { AllPresent, EndOverTime, ResumeAll } from "./together.tsx";

export { attend } from "./calls.ts";
export { Charge } from "./charge.tsx";
export { Closed } from "./closed.tsx";
export { Endings } from "./endings.tsx";
export { GoButton, Goers } from "./go.tsx";
export { Kept } from "./kept.tsx";
export { OutageBody, LostMinutes } from "./outage.tsx";
export { hear } from "./news.ts";
export { tell } from "./saw.ts";

/** Shows the one that is open. */
export function LaterDialog({ what }: { what: Later }): VNode | null {
  switch (what.is) {
    case "options":
      return <OptionsSheet candidate={what.candidate} />;
    case "end":
      return <End candidate={what.candidate} />;
    case "all_present":
      return <AllPresent />;
    case "start":
      return <Start />;
    case "take_over":
      return <TakeOver />;
    case "help":
      return <HelpDialog candidate={what.candidate} />;
    case "reports":
      return <ReportsSheet candidate={what.candidate} {...(what.draft ? { draft: what.draft } : {})} />;
    case "identity":
      return <IdentityDialog candidate={what.candidate} />;
    case "time":
      return <TimeDialog candidates={what.candidates} />;
    case "message":
      return <MessageDialog candidates={what.candidates} />;
    case "late":
      return <LateDialog candidates={what.candidates} />;
    case "resume_all":
      return <ResumeAll />;
    case "end_over_time":
      return <EndOverTime />;
    case "resume_lost":
      return <ResumeLost candidates={what.candidates} />;
    case "ledger":
      return <Ledger candidates={what.candidates} />;
    case "menu":
      return <Menu number={what.number} />;
    case "handover":
      return <HandoverDialog number={what.number} />;
  }
}
