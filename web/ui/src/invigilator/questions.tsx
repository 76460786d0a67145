// Questions the dashboard asks before it acts: presence of all, start, end of one, end of all over time, take-over.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { overTimeSince } from "../needs.ts";
import { Button, Modal, common, refusalText } from "../parts/controls.tsx";
import type { ResultView } from "../wire.ts";
import { words } from "./announce.ts";
import { run, send, waits } from "./commands.ts";
import { focusBack, shut } from "./open.ts";
import * as state from "./state.ts";

/** Candidates that one tap can mark present: expected, not started, not marked absent by somebody. */
export function expectedIds(): number[] {
  return state.allRows.value.filter((row) => row.attempt === "not_started" && row.presence.state === "expected").map((row) => row.id);
}

/** Candidates over time whose end nobody asked for yet. */
export function overTimeIds(): { can: number[]; ending: number[] } {
  const over = state.allRows.value.filter((row) => overTimeSince(row, state.slowNow.value) !== null);
  return {
    can: over.filter((row) => row.ending_at === null).map((row) => row.id),
    ending: over.filter((row) => row.ending_at !== null).map((row) => row.id),
  };
}

export function AllPresent(): VNode {
  const w = words();
  const ids = expectedIds();
  const go = (): void => {
    shut();
    if (ids.length > 0) void send("presence.confirm", ids, w.present);
  };
  return (
    <Modal title={w.all_present_title} onClose={shut} fallback={focusBack}>
      <p>{w.all_present_text(ids.length)}</p>
      <footer class="answers">
        <Button onPress={shut}>{common().cancel}</Button>
        <Button kind="main" waits={waits.value} autofocus onPress={go}>{w.all_present_do(ids.length)}</Button>
      </footer>
    </Modal>
  );
}

export function Start(): VNode {
  const w = words();
  const missing = expectedIds().length;
  const go = (): void => {
    shut();
    void run({ type: "session.start" }, w.start);
  };
  return (
    <Modal title={w.start_title} onClose={shut} fallback={focusBack}>
      <p class="code">{state.session.value?.access_code}</p>
      <p>{w.start_text}</p>
      {missing > 0 && <p class="why">{w.start_missing(missing)}</p>}
      <footer class="answers">
        <Button autofocus onPress={shut}>{common().cancel}</Button>
        <Button kind="main" waits={waits.value} onPress={go}>{w.start_do}</Button>
      </footer>
    </Modal>
  );
}

/** The end of one test: named, with its progress; the safe answer has the focus. */
export function End({ candidate }: { candidate: number }): VNode | null {
  const row = state.rowOf(candidate)?.value;
  if (row === undefined) return null;
  const w = words();
  const go = (): void => {
    shut();
    void send("attempt.end", [candidate], w.end_do);
  };
  return (
    <Modal title={w.end_title(state.nameOf(row))} onClose={shut} fallback={() => focusBack(candidate)}>
      <p class="strong">{row.progress ? w.end_progress(row.progress.answered, row.progress.total) : w.end_progress_none}</p>
      <p>{w.end_text} {w.end_delay}</p>
      <footer class="answers">
        <Button kind="main" autofocus onPress={shut}>{w.end_keep}</Button>
        <Button kind="danger" waits={waits.value} onPress={go}>{w.end_do}</Button>
      </footer>
    </Modal>
  );
}

function Results({ results }: { results: readonly ResultView[] }): VNode {
  const w = words();
  const text = (result: ResultView): string => {
    if (result.ok) return result.already ? w.batch_already : w.batch_ok;
    return refusalText(result.code ?? "invalid");
  };
  return (
    <ul class="people">
      {results.map((result) => (
        <li key={result.candidate}>
          <span>{state.nameById(result.candidate)}</span> <b class={result.ok ? "good" : "bad"}>{text(result)}</b>
        </li>
      ))}
    </ul>
  );
}

/** The end of all who are over time: who will be, who will not, then the result for each. */
export function EndOverTime(): VNode {
  const w = words();
  const results = useSignal<readonly ResultView[] | null>(null);
  const spared = useSignal<ReadonlySet<number>>(new Set());
  const { can, ending } = overTimeIds();
  const chosen = can.filter((id) => !spared.value.has(id));
  const toggle = (id: number): void => {
    const next = new Set(spared.value);
    if (!next.delete(id)) next.add(id);
    spared.value = next;
  };
  const go = async (): Promise<void> => {
    const told = await send("attempt.end", chosen, w.end_do);
    if (told === null) shut();
    else results.value = told;
  };
  if (results.value !== null) {
    return (
      <Modal title={w.batch_result} onClose={shut} fallback={focusBack}>
        <Results results={results.value} />
        <footer class="answers"><Button kind="main" autofocus onPress={shut}>{common().close}</Button></footer>
      </Modal>
    );
  }
  return (
    <Modal title={w.end_over_time_title} onClose={shut} fallback={focusBack}>
      <p>{w.end_over_time_can(chosen.length)}</p>
      <ul class="people">
        {can.map((id) => {
          const progress = state.rowOf(id)?.value.progress;
          return (
            <li key={id}>
              <label>
                <input type="checkbox" checked={!spared.value.has(id)} onChange={() => toggle(id)} />
                <span>{state.nameById(id)}</span>
                {progress && <small>{progress.answered}/{progress.total}</small>}
              </label>
            </li>
          );
        })}
      </ul>
      {ending.length > 0 && (
        <p class="why">
          {w.end_over_time_cannot(ending.map((id) => state.nameById(id)).join(", "))}
        </p>
      )}
      <footer class="answers">
        <Button kind="main" autofocus onPress={shut}>{w.end_keep}</Button>
        {chosen.length > 0 && <Button kind="danger" waits={waits.value} onPress={() => void go()}>{w.end_over_time_do(chosen.length)}</Button>}
      </footer>
    </Modal>
  );
}

export function TakeOver(): VNode {
  const w = words();
  const go = (): void => {
    shut();
    void run({ type: "room.take_over" }, w.take_over);
  };
  return (
    <Modal title={w.take_over_title} onClose={shut} fallback={focusBack}>
      <p>{w.take_over_text}</p>
      <footer class="answers">
        <Button autofocus onPress={shut}>{common().cancel}</Button>
        <Button kind="main" onPress={go}>{w.take_over}</Button>
      </footer>
    </Modal>
  );
}
