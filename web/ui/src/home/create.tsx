// A new session, in a dialog of the home page.
import type { VNode } from "preact";
import type { ExamSession } from "../exam_session.ts";
import { call } from "../http.ts";
import { SessionDialog, words } from "../session/session_form.tsx";
import { listed } from "./list.ts";

/** The dialog; when it is done it leads to the new session's page. */
export function CreateSession({ onClose }: { onClose: () => void }): VNode {
  const known = [...new Set((listed.value?.sessions ?? []).map((line) => line.site))];
  const send = async (body: object) => {
    const answer = await call<ExamSession>("POST", "/sessions", body);
    if (answer.ok) location.assign(`/sessions/${answer.body.number}`);
    return answer;
  };
  return <SessionDialog purpose="create" title={words().create_title} act={words().create} sites={known} onSend={send} onClose={onClose} />;
}
