// What the page of one session knows: the session, its candidates, and what the hub last said no to.
import { signal } from "@preact/signals";
import type { SessionDetail } from "../exam_session.ts";
import { call, type Answer } from "../http.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { signInAgain } from "../office.ts";

export const words = catalogue(fr.session, (en) => en.session);

/** A candidate on the list, as imported or typed. */
export interface Candidate {
  id: number;
  last_name: string;
  first_name: string;
  birthdate: string;
  sex: string;
  birth_country: string;
  birth_insee_code: string;
  birth_postal_code: string;
  birth_town: string;
  results_email: string;
  invitation_email: string;
  external_id: string;
  extra_time_percentage: number;
}

export const number = Number(location.pathname.split("/")[2]);
export const session = signal<SessionDetail | null>(null);
export const candidates = signal<readonly Candidate[] | null>(null);
/** The code of what kept the session from being read. */
export const problem = signal<string | null>(null);
/** What was just done, in words, read aloud once. */
export const told = signal("");

/** Calls the hub about this session; a login that has ended leads to the sign-in and back. */
export async function ask<T>(method: string, below: string, body?: object): Promise<Answer<T>> {
  const answer = await call<T>(method, `/sessions/${number}${below}`, body);
  if (!answer.ok && answer.status === 401) signInAgain();
  return answer;
}

/** Reads the session and its list again. */
export async function read(): Promise<void> {
  if (!Number.isSafeInteger(number)) {
    problem.value = "not_found";
    return;
  }
  const [detail, list] = await Promise.all([ask<SessionDetail>("GET", ""), ask<{ candidates: Candidate[] }>("GET", "/candidates")]);
  problem.value = detail.ok ? (list.ok ? null : list.error.code) : detail.error.code;
  if (detail.ok) session.value = detail.body;
  if (list.ok) candidates.value = list.body.candidates;
}

/** Writes something about this session, then reads it again: also after a no, which says that somebody was faster. */
export async function change<T>(method: string, below: string, body?: object): Promise<Answer<T>> {
  const answer = await ask<T>(method, below, body);
  if (answer.ok || answer.status === 409) await read();
  return answer;
}
