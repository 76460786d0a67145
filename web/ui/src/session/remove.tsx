// The question before a candidate leaves the list.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { listed } from "../closing.ts";
import type { SessionDetail } from "../exam_session.ts";
import { Button, Modal, Problem, common, refusalText } from "../parts/controls.tsx";
import { words } from "./roster.tsx";
import { change, told, words as page, type Candidate } from "./store.ts";

interface RemoveProps {
  session: SessionDetail;
  candidate: Candidate;
  onClose: () => void;
}

/** The dialog; the safe answer has the focus. */
export function Remove({ session, candidate, onClose }: RemoveProps): VNode {
  const w = words();
  const name = listed(candidate);
  const isBusy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const remove = async (): Promise<void> => {
    isBusy.value = true;
    const answer = await change("DELETE", `/candidates/${candidate.id}`);
    isBusy.value = false;
    // Gone already is what was wanted.
    if (!answer.ok && answer.status !== 404) {
      problem.value = answer.error.code;
      return;
    }
    told.value = w.removed(name);
    onClose();
  };
  return (
    <Modal title={w.remove_title(name)} onClose={onClose} fallback={() => document.getElementById("add-candidate")}>
      <p>{w.remove_text(session.number)}</p>
      <Problem text={problem.value === null ? null : refusalText(problem.value)} />
      <div class="answers">
        <Button autofocus onPress={onClose}>{page().keep}</Button>
        <Button kind="danger" waits={isBusy.value ? common().working : undefined} onPress={() => void remove()}>{w.remove_do}</Button>
      </div>
    </Modal>
  );
}
