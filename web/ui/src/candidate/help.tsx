// "Appeler le surveillant": one open call, which a second one updates.
import type { VNode } from "preact";
import { useId } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { CandidateView } from "../candidate-client.ts";
import { Button, Glyph, Modal, Problem, common, refusalText } from "../parts/controls.tsx";
import type { State } from "../wire.ts";
import { theClient, words } from "./store.ts";

const TEXT_AT_MOST = 280;

function CallDialog({ question, onClose }: { question: number | null; onClose: () => void }): VNode {
  const w = words();
  const text = useSignal("");
  const isAboutQuestion = useSignal(question !== null);
  const isBusy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const area = useId();
  const go = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isBusy.value) return;
    isBusy.value = true;
    const about = isAboutQuestion.value ? question : null;
    const outcome = await theClient()?.help(about === null ? "other" : "question", text.value.trim(), about ?? undefined);
    isBusy.value = false;
    if (outcome?.kind === "ok") onClose();
    else problem.value = outcome?.kind === "refused" ? outcome.error.code : (outcome?.kind ?? "not_live");
  };
  return (
    <Modal title={w.call_title} onClose={onClose}>
      <form onSubmit={(event) => void go(event)}>
        {question !== null && (
          <div class="choices">
            <label class="tick"><input type="radio" name="about" checked={isAboutQuestion.value} onChange={() => (isAboutQuestion.value = true)} /><span>{w.call_about_question(question)}</span></label>
            <label class="tick"><input type="radio" name="about" checked={!isAboutQuestion.value} onChange={() => (isAboutQuestion.value = false)} /><span>{w.call_about_other}</span></label>
          </div>
        )}
        <div class="field">
          <label for={area}>{w.call_text}</label>
          <textarea id={area} rows={3} maxLength={TEXT_AT_MOST} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />
        </div>
        <Problem text={problem.value === null ? null : refusalText(problem.value)} />
        <footer class="answers">
          <Button onPress={onClose}>{common().cancel}</Button>
          <button type="submit" class="main" aria-disabled={isBusy.value}>{isBusy.value ? common().working : w.call_do}</button>
        </footer>
      </form>
    </Modal>
  );
}

/** The button, and what became of the call. */
export function CallForHelp({ now, state, question }: { now: CandidateView; state: State; question: number | null }): VNode {
  const w = words();
  const isOpen = useSignal(false);
  const open = state.help.find((help) => help.outcome === null);
  return (
    <div class="call">
      {/* The region stands before its text comes: a region born with its text is not always read. */}
      <div role="status" class={open ? `presence ${open.is_taken ? "good" : "info"}` : ""}>
        {open && <Glyph shape={open.is_taken ? "check" : "hand"} />}
        {open && <span>{open.is_taken ? w.call_taken : w.call_sent}</span>}
      </div>
      <Button waits={now.line.at === "open" ? undefined : w.line_lost} onPress={() => (isOpen.value = true)}>
        <Glyph shape="hand" /> {open ? w.call_update : w.call}
      </Button>
      {isOpen.value && <CallDialog question={question} onClose={() => (isOpen.value = false)} />}
    </div>
  );
}
