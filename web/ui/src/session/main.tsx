// The page of one session, for the admins of its center.
import { render, type VNode } from "preact";
import { useEffect } from "preact/hooks";
import { signal } from "@preact/signals";
import { invigilatorNames, phaseOf, type SessionDetail } from "../exam_session.ts";
import { dueText, words as exam } from "../exam_words.ts";
import { calendarDate, dateAndTime } from "../dates.ts";
import { ready } from "../locale.ts";
import { account, isAdmin, requireSignIn } from "../office.ts";
import { Button, Glyph, Problem, common, refusalText } from "../parts/controls.tsx";
import { lazily } from "../parts/lazily.tsx";
import { OfficePage } from "../parts/office.tsx";
import { SessionChip } from "../parts/session_chip.tsx";
import { nowMs, whenSeenAgain } from "../parts/window.ts";
import { Details } from "./details.tsx";
import type { DialogProps } from "./dialogs.tsx";
import { Roster } from "./roster.tsx";
import { candidates, number, problem, read, session, told, words } from "./store.ts";
import { Tabs } from "./tabs.tsx";

const Successor = lazily<DialogProps>(() => import("./dialogs.tsx").then((module) => module.Successor));
const isContinuing = signal(false);
const TOAST_MS = 8_000;

function Finalization({ line }: { line: SessionDetail }): VNode | null {
  const w = words();
  const phase = phaseOf(line, nowMs.value);
  if (line.finalized_at) return <p class="hint">{w.finalized_on(dateAndTime(Date.parse(line.finalized_at), line.time_zone))}</p>;
  if (phase === "late") return <p class="why late"><Glyph shape="alert" /> <span>{w.finalize_late(dueText(line))}</span></p>;
  if (line.finalization_due_at) return <p class="hint">{w.finalize_before(dueText(line))}</p>;
  return null;
}

function Head({ line }: { line: SessionDetail }): VNode {
  const w = words();
  const names = invigilatorNames(line.invigilators).join(", ");
  return (
    <section class="card session-head" aria-label={w.head_title}>
      <div class="where">
        <p class="strong">{line.site}, {line.room}</p>
        <p>{exam().at(calendarDate(line.date), line.start_time)}{names && ` · ${names}`}</p>
        {line.started_at && <p class="hint">{w.started_on(dateAndTime(Date.parse(line.started_at), line.time_zone))}</p>}
        <Finalization line={line} />
      </div>
      <div class="buttons">
        {line.status === "open" && <a class={line.may_finalize ? "soft" : "main"} href={`/invigilate/${line.number}`}>{w.watch}</a>}
        {(line.may_finalize || line.finalized_at) && (
          <a class={line.may_finalize ? "main" : "soft"} href={`/sessions/${line.number}/finalize`}>{line.finalized_at ? w.read_finalization : w.finalize}</a>
        )}
        {line.has_started && <Button onPress={() => (isContinuing.value = true)}>{w.successor}</Button>}
      </div>
    </section>
  );
}

function Whole({ line }: { line: SessionDetail }): VNode {
  const w = words();
  const tabs = [
    { id: "details", text: w.tab_details, body: () => <Details session={line} /> },
    { id: "candidates", text: w.tab_candidates(candidates.value?.length ?? line.candidates), body: () => <Roster session={line} /> },
  ];
  return (
    <>
      <Head line={line} />
      <Tabs label={w.tabs} tabs={tabs} />
      {isContinuing.value && <Successor session={line} onClose={() => (isContinuing.value = false)} />}
    </>
  );
}

function Missing(): VNode {
  const w = words();
  const code = problem.value ?? "";
  const isTemporary = code !== "not_found" && code !== "forbidden";
  return (
    <>
      <Problem text={isTemporary ? refusalText(code) : w.not_yours} />
      <div class="buttons">
        {isTemporary && <Button kind="main" onPress={() => void read()}>{common().retry}</Button>}
        <a class="soft" href="/">{w.all_sessions}</a>
      </div>
    </>
  );
}

function Body(): VNode {
  const who = account.value;
  const line = session.value;
  if (who && !isAdmin(who)) return <p class="card">{words().only_admins}</p>;
  if (line && candidates.value) return <Whole line={line} />;
  return problem.value ? <Missing /> : <p role="status">{common().loading}</p>;
}

/** What was just done, above everything for a moment; the page itself shows it too. */
function Toast(): VNode {
  const text = told.value;
  useEffect(() => {
    const timer = setTimeout(() => (told.value = ""), TOAST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return <div class="toast" role="status">{text && <p>{text}</p>}</div>;
}

function Page(): VNode {
  const line = session.value;
  return (
    <OfficePage title={Number.isSafeInteger(number) ? exam().title(number) : words().details_title} beside={line && <SessionChip line={line} nowMs={nowMs.value} />}>
      <Body />
      <Toast />
    </OfficePage>
  );
}

await ready;
const root = document.getElementById("page");
if (root) render(<Page />, root);
const who = await requireSignIn();
if (who && isAdmin(who)) {
  await read();
  whenSeenAgain(() => void read());
}
