// A call for help: what it says, who has it, how it ends; a real problem becomes a report unless somebody decides not to.
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { shortAge } from "../locale.ts";
import { openHelp } from "../needs.ts";
import { Button, Field, Modal, Problem, common } from "../parts/controls.tsx";
import { Picker } from "../parts/report_form.tsx";
import { IDENTITY, draftFromHelp, draftOf, identityReport, toWire, type Draft, type ReportName } from "../reports.ts";
import type { HelpView, Row } from "../wire.ts";
import { say, words } from "./announce.ts";
import { waits } from "./commands.ts";
import { texts } from "./form.tsx";
import { focusBack, open, shut } from "./open.ts";
import { ReportForm } from "./report_form.tsx";
import { useSending, type Sending } from "./sending.ts";
import * as state from "./state.ts";

const WORD_AT_MOST = 280;

/** Told to whoever writes while a colleague closes the call: what was typed may still become a report. */
function Gone({ candidate, draft }: { candidate: number; draft: Draft | null }): VNode {
  return (
    <>
      <p>{texts().help_gone}</p>
      <footer class="answers">
        <Button kind={draft === null ? "main" : "soft"} autofocus={draft === null} onPress={shut}>{common().close}</Button>
        {draft !== null && <Button kind="main" autofocus onPress={() => open({ is: "reports", candidate, draft })}>{texts().help_report_anyway}</Button>}
      </footer>
    </>
  );
}

interface CallProps {
  row: Row;
  help: HelpView;
  sending: Sending;
  onDismiss: () => void;
  onAccept: () => void;
}

function Call({ row, help, sending, onDismiss, onAccept }: CallProps): VNode {
  const t = texts();
  const why = sending.isUnderWay.value ? words().why_pending : waits.value;
  const take = (): void => void sending.send({ type: "help.take", candidates: [row.id], help: help.id }, t.help_take);
  return (
    <>
      {help.taken_by ? <p class="why">{t.help_taken_by(help.taken_by)}</p> : <Button waits={why} onPress={take}>{t.help_take}</Button>}
      <Problem text={sending.problem.value} />
      {waits.value !== undefined && <p class="why">{waits.value}</p>}
      <footer class="answers">
        <Button waits={why} onPress={onDismiss}>{t.help_dismiss}</Button>
        <Button kind="main" waits={why} onPress={onAccept}>{t.help_accept}</Button>
      </footer>
    </>
  );
}

interface AcceptedProps {
  row: Row;
  draft: Draft;
  onDraft: (draft: Draft) => void;
  sending: Sending;
  onReport: () => void;
  onNone: () => void;
}

function Accepted({ row, draft, onDraft, sending, onReport, onNone }: AcceptedProps): VNode {
  const t = texts();
  const isChoosing = useSignal(false);
  const pick = (name: ReportName): void => {
    onDraft(draftOf(name, row, draft));
    isChoosing.value = false;
  };
  if (isChoosing.value) {
    return (
      <section class="group">
        <h3>{t.report_choose}</h3>
        <Picker onPick={pick} without={identityReport(row) ? IDENTITY : null} takesFocus />
      </section>
    );
  }
  return (
    <section class="group">
      <h3>{t.help_accepted}</h3>
      <ReportForm
        draft={draft}
        onDraft={onDraft}
        sending={sending}
        action={t.help_report}
        onSend={onReport}
        onChange={() => (isChoosing.value = true)}
        other={{ text: t.help_no_report, onPress: onNone }}
      />
    </section>
  );
}

function What({ help }: { help: HelpView }): VNode {
  const t = texts();
  return (
    <>
      <p class="strong">
        {help.question ? t.help_question(help.question) : t.help_other}{" "}
        <small>{t.help_since(shortAge(state.slowNow.value - Date.parse(help.at)))}</small>
      </p>
      <blockquote>{help.text ?? t.help_no_text}</blockquote>
    </>
  );
}

/** The dialog: about the call that was open when it opened, whatever calls come after. */
export function HelpDialog({ candidate }: { candidate: number }): VNode | null {
  const t = texts();
  const sending = useSending();
  const word = useSignal("");
  const draft = useSignal<Draft | null>(null);
  const row = state.rowOf(candidate)?.value;
  const call = useRef(row ? openHelp(row) : null);
  if (row === undefined) return null;
  const help = row.help.find((one) => one.id === call.current?.id && one.outcome === null);
  // The news that it is closed may come before the reply to the very command that closed it.
  if (help !== undefined) call.current = help;
  const shown = help ?? (sending.isUnderWay.value ? call.current : null);
  const resolve = async (outcome: "accept" | "dismiss", report: Draft | null): Promise<void> => {
    if (help === undefined) return;
    const text = word.value.trim();
    const said = { ...(text ? { word: text } : {}), ...(report ? { report: toWire(report) } : {}) };
    const label = t.help_title(state.nameOf(row));
    if ((await sending.send({ type: "help.resolve", candidates: [candidate], help: help.id, outcome, ...said }, label)) === null) return;
    say(t.help_done);
    shut();
  };
  return (
    <Modal title={t.help_title(state.nameOf(row))} shape="sheet" onClose={shut} fallback={() => focusBack(candidate)}>
      {shown && <What help={shown} />}
      {shown && draft.value === null && (
        <>
          <Field label={t.help_word} need="optional" value={word.value} onInput={(text) => (word.value = text)} input={{ maxLength: WORD_AT_MOST }} />
          <Call
            row={row}
            help={shown}
            sending={sending}
            onDismiss={() => void resolve("dismiss", null)}
            onAccept={() => (draft.value = draftFromHelp(shown, row))}
          />
        </>
      )}
      {shown && draft.value !== null && (
        <Accepted
          row={row}
          draft={draft.value}
          onDraft={(next) => (draft.value = next)}
          sending={sending}
          onReport={() => void resolve("accept", draft.value)}
          onNone={() => void resolve("accept", null)}
        />
      )}
      {!shown && <Gone candidate={candidate} draft={draft.value} />}
    </Modal>
  );
}
