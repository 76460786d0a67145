// The test itself, with placeholder questions: the hub's job starts where a platform streams answered and total.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import type { CandidateView } from "../candidate-client.ts";
import { timeOfDay } from "../locale.ts";
import { Button, Modal, Problem, refusalText } from "../parts/controls.tsx";
import type { State } from "../wire.ts";
import { CallForHelp } from "./help.tsx";
import { useLanding } from "./landing.ts";
import { TOTAL, identity, theClient, transmitted, words } from "./store.ts";

function Question({ answered, total }: { answered: number; total: number }): VNode {
  const w = words();
  const chosen = useSignal<string | null>(null);
  const question = answered + 1;
  const next = (): void => {
    chosen.value = null;
    theClient()?.progress(answered + 1, Math.min(question + 1, total));
  };
  return (
    <section class="question" aria-labelledby="question-title">
      <h2 id="question-title">{w.question(question, total)}</h2>
      <p class="lead">{w.placeholder}</p>
      <div class="choices">
        {[w.answer_a, w.answer_b, w.answer_c].map((text) => (
          <label key={text} class="tick">
            <input type="radio" name="answer" checked={chosen.value === text} onChange={() => (chosen.value = text)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
      <div class="answers">
        <Button onPress={next}>{w.pass}</Button>
        <button type="button" class="main" aria-disabled={chosen.value === null} onClick={() => chosen.value !== null && next()}>{w.answer}</button>
      </div>
    </section>
  );
}

function FinishDialog({ answered, total, onClose }: { answered: number; total: number; onClose: () => void }): VNode {
  const w = words();
  const isBusy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const go = async (): Promise<void> => {
    isBusy.value = true;
    const outcome = await theClient()?.finish();
    isBusy.value = false;
    if (outcome?.kind === "ok") onClose();
    else problem.value = outcome?.kind === "refused" ? outcome.error.code : (outcome?.kind ?? "not_live");
  };
  return (
    <Modal title={w.finish_title} onClose={onClose}>
      <p>{w.finish_text(answered, total)}</p>
      <Problem text={problem.value === null ? null : refusalText(problem.value)} />
      <footer class="answers">
        <Button autofocus onPress={onClose}>{w.finish_keep}</Button>
        <Button kind="main" waits={isBusy.value ? w.finishing : undefined} onPress={() => void go()}>{isBusy.value ? w.finishing : w.finish_do}</Button>
      </footer>
    </Modal>
  );
}

/** The running test. */
export function Test({ now, state }: { now: CandidateView; state: State }): VNode {
  const w = words();
  const isFinishing = useSignal(false);
  const title = useLanding();
  const total = state.total ?? TOTAL;
  const answered = Math.min(now.answered, total);
  return (
    <section class="card test">
      <h1 class="only-heard" ref={title} tabIndex={-1}>{w.running_title}</h1>
      <div class="test-head">
        <div class="test-progress">
          <progress value={answered} max={total} aria-label={w.progress(answered, total)} />
          <span><b>{answered}</b>/{total}</span>
        </div>
        {state.theoretical_end && <p>{w.ends_at} <b>{timeOfDay(Date.parse(state.theoretical_end), identity.value?.timeZone)}</b></p>}
      </div>
      {answered < total ? <Question answered={answered} total={total} /> : <p class="strong">{w.all_done}</p>}
      <p class="hint">{w.saved(Math.max(transmitted.value, 0), total)}</p>
      <div class="test-foot">
        <CallForHelp now={now} state={state} question={Math.min(answered + 1, total)} />
        <Button kind={answered < total ? "soft" : "main"} onPress={() => (isFinishing.value = true)}>{w.finish}</Button>
      </div>
      {isFinishing.value && <FinishDialog answered={answered} total={total} onClose={() => (isFinishing.value = false)} />}
    </section>
  );
}
