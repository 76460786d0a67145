// What is done to many at once and needs no words: presence of all, the end of all who are over time, resumes.
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { common } from "../parts/controls.tsx";
import type { Row } from "../wire.ts";
import { words } from "./announce.ts";
import { AskForSeveral, Barred, isUnconnected } from "./batch_view.tsx";
import { texts } from "./form.tsx";
import * as state from "./state.ts";

const rowsOf = (ids: readonly number[]): Row[] => ids.flatMap((id) => state.rowOf(id)?.value ?? []);

/** Presence of all who are expected; who never came to the waiting room may be asked for a reason once the code is given. */
export function AllPresent(): VNode {
  const t = texts();
  const rows = rowsOf(state.expectedIds());
  const before = state.allRows.value.filter((row) => row.attempt === "not_started");
  const isStarted = state.session.value?.started_at != null;
  const present = state.allRows.value.length - rows.length - before.filter((row) => row.presence.state === "absent").length;
  return (
    <AskForSeveral
      title={t.all_present_title}
      lead={t.all_present_text}
      rows={rows}
      note={(row) => (isStarted && row.link.state === "never" ? t.perhaps_late : null)}
      barred={
        <>
          <Barred why={t.barred_absent} rows={before.filter((row) => row.presence.state === "absent")} />
          {present > 0 && <p class="hint">{t.barred_present(present)}</p>}
        </>
      }
      deed={{ label: t.present, done: t.done_present, command: (candidates) => ({ type: "presence.confirm", candidates }) }}
      action={t.all_present_do}
      keep={common().cancel}
    />
  );
}

/** The end of all who are over time. */
export function EndOverTime(): VNode {
  const t = texts();
  // Those of the moment it was opened: nobody joins them under the finger.
  const { can, ending } = useRef(state.overTimeIds()).current;
  return (
    <AskForSeveral
      title={t.end_over_time_title}
      lead={t.end_over_time_can}
      rows={rowsOf(can)}
      note={({ progress }) => progress && `${progress.answered}/${progress.total}`}
      barred={<Barred why={t.end_over_time_cannot} rows={rowsOf(ending)} />}
      deed={{ label: t.end_do, done: t.done_end, command: (candidates) => ({ type: "attempt.end", candidates }) }}
      action={t.end_over_time_do}
      keep={t.end_keep}
      isDangerous
    />
  );
}

/** Resumes of all who are interrupted and not yet authorized. */
export function ResumeAll(): VNode {
  const t = texts();
  const interrupted = state.allRows.value.filter((row) => row.attempt === "running" && row.interrupted_at !== null);
  return (
    <AskForSeveral
      title={t.resume_all_title}
      lead={t.resume_all_text}
      rows={rowsOf(state.resumableIds())}
      note={(row) => (isUnconnected(row) ? t.unconnected : null)}
      barred={
        <>
          <Barred why={t.barred_authorized} rows={interrupted.filter((row) => row.authorization !== null)} />
          <Barred why={t.end_over_time_cannot} rows={interrupted.filter((row) => row.ending_at !== null)} />
        </>
      }
      deed={{ label: words().resume, done: t.done_resume, command: (candidates) => ({ type: "resume.authorize", candidates }) }}
      action={words().resume_several}
      keep={common().cancel}
    />
  );
}
