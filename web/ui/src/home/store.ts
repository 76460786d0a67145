// What the first page does for an invigilator: opens a session by its password, lists the ones opened before.
import { signal } from "@preact/signals";
import { call } from "../http.ts";
import type { ExamSession } from "../exam_session.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";

export const words = catalogue(fr.home, (en) => en.home);

/** The sessions an invigilator has opened before. */
export const entered = signal<readonly ExamSession[] | null>(null);

/** Reads the sessions again. */
export async function readEntered(): Promise<void> {
  const answer = await call<{ sessions: ExamSession[] }>("GET", "/sessions");
  entered.value = answer.ok ? answer.body.sessions : [];
}

/** Opens a session with its password; gives the code of the error, or goes to the dashboard. */
export async function enterSession(number: number, password: string): Promise<string | null> {
  const answer = await call<{ session: { number: number } }>("POST", "/invigilations", { session_number: number, password });
  if (!answer.ok) return answer.error.code;
  location.assign(`/invigilate/${answer.body.session.number ?? number}`);
  return null;
}
