// The sessions of the person signed in: the ones entered, or the ones of the center.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { calendarDate } from "../locale.ts";
import { matches, normalForm } from "../search.ts";
import { Field, Glyph, Problem, common, refusalText } from "../parts/controls.tsx";
import { enterSession, sessions, words, type SessionLine } from "./store.ts";

/** From this many sessions on, a search helps. */
const SEARCH_FROM = 8;

/** "Surveiller une session": number and password, then the dashboard. */
export function EnterSession(): VNode {
  const w = words();
  const number = useSignal("");
  const password = useSignal("");
  const isTried = useSignal(false);
  const isBusy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const isNumber = /^\d{1,9}$/.test(number.value.trim());
  const go = async (event: Event): Promise<void> => {
    event.preventDefault();
    isTried.value = true;
    problem.value = null;
    if (isBusy.value || !isNumber || password.value.trim() === "") return;
    isBusy.value = true;
    problem.value = await enterSession(Number(number.value), password.value.trim());
    isBusy.value = false;
  };
  return (
    <form class="card" onSubmit={(event) => void go(event)} noValidate>
      <h2>{w.watch_title}</h2>
      <p class="hint">{w.watch_lead}</p>
      <Field label={w.number} hint={w.number_hint} value={number.value} onInput={(text) => (number.value = text)}
        error={isTried.value && !isNumber ? common().required : null} input={{ inputMode: "numeric", autocomplete: "off", maxLength: 9 }} />
      <Field label={w.session_password} hint={w.session_password_hint} value={password.value} onInput={(text) => (password.value = text)}
        error={isTried.value && password.value.trim() === "" ? common().required : null}
        input={{ autocomplete: "off", autocapitalize: "characters", spellcheck: false, maxLength: 40 }} />
      <Problem text={problem.value === null ? null : refusalText(problem.value)} />
      <button type="submit" class="main wide" aria-disabled={isBusy.value}>{isBusy.value ? common().working : w.watch}</button>
    </form>
  );
}

function statusText(line: SessionLine): string {
  const w = words();
  if (line.status === "finalized") return w.status_finalized;
  return line.started_at ? w.status_running : w.status_open;
}

function SessionCard({ line }: { line: SessionLine }): VNode {
  const w = words();
  const status = statusText(line);
  return (
    <li>
      <a class="session" href={`/invigilate/${line.number}`}>
        <span class="session-number">{w.session_line(line.number)}</span>
        <span class={`status ${line.status === "finalized" ? "calm" : line.started_at ? "good" : "info"}`}>{status}</span>
        <span class="session-place">{line.site}, {line.room}</span>
        <span class="session-when">
          {calendarDate(line.date)}, {line.start_time.slice(0, 5)}
          {" · "}
          {w.candidates_count(line.candidates)}
        </span>
        <Glyph shape="right" />
      </a>
    </li>
  );
}

/** The list, with a search when it is long. */
export function Sessions({ title, empty, note }: { title: string; empty: string; note?: string }): VNode {
  const typed = useSignal("");
  const all = sessions.value;
  const found = (all ?? []).filter((line) => matches(normalForm(`${line.number} ${line.site} ${line.room} ${calendarDate(line.date)}`), typed.value));
  return (
    <section class="card sessions" aria-labelledby="sessions-title">
      <h2 id="sessions-title">{title}</h2>
      {note && <p class="hint">{note}</p>}
      {(all?.length ?? 0) >= SEARCH_FROM && (
        <Field label={words().search_sessions} value={typed.value} onInput={(text) => (typed.value = text)} input={{ type: "search", autocomplete: "off" }} />
      )}
      {all === null ? <p role="status">{common().loading}</p> : found.length === 0 && <p class="empty">{empty}</p>}
      <ul class="session-list">
        {found.map((line) => (
          <SessionCard key={line.number} line={line} />
        ))}
      </ul>
    </section>
  );
}
