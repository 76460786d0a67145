// What changes the session as a whole: edit, delete, hold it again with those who have not finished, show its address.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import type { ExamSession, SessionDetail } from "../exam_session.ts";
import { words as exam } from "../exam_words.ts";
import { noteDeleted } from "../home/deleted.ts";
import { calendarDate } from "../dates.ts";
import { Button, Modal, Problem, common, refusalText } from "../parts/controls.tsx";
import { SessionDialog, words as form } from "./session_form.tsx";
import { ask, change, read, told, words } from "./store.ts";

export interface DialogProps {
  session: SessionDetail;
  onClose: () => void;
}

/** Changes what stands on the session. */
export function Edit({ session, onClose }: DialogProps): VNode {
  const send = async (body: object) => {
    const answer = await change("PATCH", "", body);
    if (answer.ok) told.value = words().saved;
    return answer;
  };
  return (
    <SessionDialog purpose="edit" title={form().edit_title(session.number)} act={form().save} from={session} onSend={send} onClose={onClose} />
  );
}

/** Makes the session in which those who have not finished sit again. */
export function Successor({ session, onClose }: DialogProps): VNode {
  const w = words();
  const send = async (body: object) => {
    const answer = await ask<ExamSession>("POST", "/successor", body);
    if (answer.ok) location.assign(`/sessions/${answer.body.number}`);
    return answer;
  };
  return (
    <SessionDialog purpose="successor" title={w.successor_title(session.number)} act={w.successor_do} lead={w.successor_text} from={session}
      onSend={send} onClose={onClose} />
  );
}

/** Asks before a session goes; the safe answer has the focus. */
export function Delete({ session, onClose }: DialogProps): VNode {
  const w = words();
  const isBusy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const place = `${session.site}, ${session.room}, ${exam().at(calendarDate(session.date), session.start_time)}`;
  const remove = async (): Promise<void> => {
    isBusy.value = true;
    const answer = await ask("DELETE", "");
    isBusy.value = false;
    if (answer.ok || answer.status === 404) {
      noteDeleted(session.number);
      location.assign("/");
      return;
    }
    problem.value = answer.error.code;
    await read();
  };
  return (
    <Modal title={w.delete_title(session.number)} onClose={onClose}>
      <p>{w.delete_text(place, session.candidates)}</p>
      <Problem text={problem.value === null ? null : refusalText(problem.value)} />
      <div class="answers">
        <Button autofocus onPress={onClose}>{w.keep}</Button>
        <Button kind="danger" waits={isBusy.value ? common().working : undefined} onPress={() => void remove()}>{w.delete_do(session.number)}</Button>
      </div>
    </Modal>
  );
}

/** Shows the room's address as a code for a phone's camera. */
export function Address({ session, onClose }: DialogProps): VNode {
  const w = words();
  return (
    <Modal title={w.qr} onClose={onClose}>
      <img class="qr" src={`/api/sessions/${session.number}/qr.svg`} alt={w.qr_alt(session.number)} width={260} height={260} />
      <p>{w.qr_text}</p>
    </Modal>
  );
}
