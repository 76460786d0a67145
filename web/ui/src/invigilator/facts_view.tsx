// A fact on the page: a shape, a word and a colour.
import type { VNode } from "preact";
import { toneOf, type Fact, type FactName } from "../facts.ts";
import { shortAge, timeOfDay } from "../locale.ts";
import type { Shape } from "../parts/icons.tsx";
import { Glyph } from "../parts/controls.tsx";
import { words } from "./announce.ts";
import { now, session, slowNow } from "./state.ts";

const SHAPE_OF: Record<FactName, Shape> = {
  ending: "stop",
  help: "hand",
  asking_start: "door",
  asking_resume: "door",
  interrupted: "alert",
  offline: "bolt",
  suspect: "wave",
  over_time: "clock",
  resume_authorized: "key",
  other_client: "screens",
  expected: "ring",
  absent: "cross",
  present: "check",
  joined: "link",
  running: "dot",
  finished: "flag",
  ended: "stop",
  closed: "lock",
  end_screen_missing: "eye",
  end_screen_seen: "check",
  identity_to_correct: "id",
  identity_checked: "id",
  reports: "note",
};

/** Seconds left, to the eye only: never in a live region. */
function Ending({ atMs }: { atMs: number }): VNode {
  const seconds = Math.ceil((atMs - now.value) / 1000);
  return <>{seconds > 0 ? words().fact_ending(`${seconds} s`) : words().fact_ending_now}</>;
}

function factText(fact: Fact): string | VNode {
  const w = words();
  const ago = (sinceMs: number): string => shortAge(slowNow.value - sinceMs);
  switch (fact.is) {
    case "ending":
      return <Ending atMs={fact.atMs} />;
    case "help":
      if (fact.help.taken_by) return w.fact_help_taken(fact.help.taken_by);
      return fact.help.question ? w.fact_help_question(fact.help.question) : w.fact_help;
    case "interrupted":
      return w.fact_interrupted(ago(fact.sinceMs));
    case "offline":
      return w.fact_offline(ago(fact.sinceMs));
    case "over_time":
      return w.fact_over_time(ago(fact.sinceMs));
    case "resume_authorized":
      return fact.untilMs ? w.fact_resume_authorized(timeOfDay(fact.untilMs, session.value?.time_zone)) : w.fact_resume_authorized_open;
    case "other_client":
      return w.fact_other_client(fact.clients);
    case "reports":
      return fact.isIncomplete ? w.fact_reports_incomplete(fact.count) : w.fact_reports(fact.count);
    default:
      return w[`fact_${fact.is}`];
  }
}

/** One fact. */
export function FactTag({ fact }: { fact: Fact }): VNode {
  return (
    <li class={`fact ${toneOf(fact)}`}>
      <Glyph shape={SHAPE_OF[fact.is]} />
      <span>{factText(fact)}</span>
    </li>
  );
}
