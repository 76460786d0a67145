// Questions the dashboard asks before it acts: presence of all, start, end of one, take-over.
import type { VNode } from "preact";
import { Button, Modal, common } from "../parts/controls.tsx";
import { words } from "./announce.ts";
import { run, send, waits } from "./commands.ts";
import { focusBack, shut } from "./open.ts";
import * as state from "./state.ts";

export function AllPresent(): VNode {
  const w = words();
  const ids = state.expectedIds();
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
  const missing = state.expectedIds().length;
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
