// Questions the dashboard asks before it acts: start, end of one, take-over.
import type { VNode } from "preact";
import { Button, Modal, common } from "../parts/controls.tsx";
import { run, send, waits } from "./commands.ts";
import { texts } from "./form.tsx";
import { focusBack, shut } from "./open.ts";
import * as state from "./state.ts";

export function Start(): VNode {
  const t = texts();
  const missing = state.expectedIds().length;
  const go = (): void => {
    shut();
    void run({ type: "session.start" }, t.start);
  };
  return (
    <Modal title={t.start_title} onClose={shut} fallback={focusBack}>
      <p class="code">{state.session.value?.access_code}</p>
      <p>{t.start_text}</p>
      {missing > 0 && <p class="why">{t.start_missing(missing)}</p>}
      <footer class="answers">
        <Button autofocus onPress={shut}>{common().cancel}</Button>
        <Button kind="main" waits={waits.value} onPress={go}>{t.start_do}</Button>
      </footer>
    </Modal>
  );
}

/** The end of one test: named, with its progress; the safe answer has the focus. */
export function End({ candidate }: { candidate: number }): VNode | null {
  const row = state.rowOf(candidate)?.value;
  if (row === undefined) return null;
  const t = texts();
  const go = (): void => {
    shut();
    void send("attempt.end", [candidate], t.end_do);
  };
  return (
    <Modal title={t.end_title(state.nameOf(row))} onClose={shut} fallback={() => focusBack(candidate)}>
      <p class="strong">{row.progress ? t.end_progress(row.progress.answered, row.progress.total) : t.end_progress_none}</p>
      <p>{t.end_text} {t.end_delay}</p>
      <footer class="answers">
        <Button kind="main" autofocus onPress={shut}>{t.end_keep}</Button>
        <Button kind="danger" waits={waits.value} onPress={go}>{t.end_do}</Button>
      </footer>
    </Modal>
  );
}

export function TakeOver(): VNode {
  const t = texts();
  const go = (): void => {
    shut();
    void run({ type: "room.take_over" }, texts().take_over);
  };
  return (
    <Modal title={t.take_over_title} onClose={shut} fallback={focusBack}>
      <p>{t.take_over_text}</p>
      <footer class="answers">
        <Button autofocus onPress={shut}>{common().cancel}</Button>
        <Button kind="main" onPress={go}>{texts().take_over}</Button>
      </footer>
    </Modal>
  );
}
