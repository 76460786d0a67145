// What the first page does for whoever comes: signs in, opens a session by its password, lists the ones opened before.
import { signal } from "@preact/signals";
import { call } from "../http.ts";
import type { ExamSession } from "../exam_session.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { account, landingPage, mark, nextPage, type Account } from "../office.ts";

export const words = catalogue(fr.home, (en) => en.home);

/** The sessions an invigilator has opened before. */
export const entered = signal<readonly ExamSession[] | null>(null);

/** Reads the sessions again. */
export async function readEntered(): Promise<void> {
  const answer = await call<{ sessions: ExamSession[] }>("GET", "/sessions");
  entered.value = answer.ok ? answer.body.sessions : [];
}

/** Signs in; gives the code of the error, or null. */
export async function signIn(email: string, password: string): Promise<string | null> {
  const answer = await call<{ account: Account }>("POST", "/login", { email, password });
  if (!answer.ok) return answer.error.code;
  mark(true);
  const who = answer.body.account;
  const next = nextPage() ?? landingPage(who.role);
  if (next === "/") account.value = who;
  else location.assign(next);
  return null;
}

/** Opens a session with its password; gives the code of the error, or goes to the dashboard. */
export async function enterSession(number: number, password: string): Promise<string | null> {
  const answer = await call<{ session: { number: number } }>("POST", "/invigilations", { session_number: number, password });
  if (!answer.ok) return answer.error.code;
  location.assign(`/invigilate/${answer.body.session.number ?? number}`);
  return null;
}
