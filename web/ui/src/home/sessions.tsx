// The home of an invigilator: a session to enter by its password, and the ones entered before.
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { calendarDate } from "../dates.ts";
import { matches, normalForm } from "../search.ts";
import { Field, Problem, common, refusalText } from "../parts/controls.tsx";
import { SessionCard } from "../parts/session_card.tsx";
import { enterSession, entered, readEntered, words } from "./store.ts";

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

/** The list, with a search when it is long. */
export function Sessions({ title, empty }: { title: string; empty: string }): VNode {
  const typed = useSignal("");
  const all = entered.value;
  useEffect(() => void readEntered(), []);
  const found = (all ?? []).filter((line) => matches(normalForm(`${line.number} ${line.site} ${line.room} ${calendarDate(line.date)}`), typed.value));
  return (
    <section class="card sessions" aria-labelledby="sessions-title">
      <h2 id="sessions-title">{title}</h2>
      {(all?.length ?? 0) >= SEARCH_FROM && (
        <Field label={words().search_sessions} value={typed.value} onInput={(text) => (typed.value = text)} input={{ type: "search", autocomplete: "off" }} />
      )}
      {all === null ? <p role="status">{common().loading}</p> : found.length === 0 && <p class="empty">{empty}</p>}
      <ul class="session-list">
        {found.map((line) => (
          <SessionCard key={line.number} line={line} href={`/invigilate/${line.number}`} place={line.site} />
        ))}
      </ul>
    </section>
  );
}
