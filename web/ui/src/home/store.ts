// What the first page knows: who is signed in, and their sessions.
import { signal } from "@preact/signals";
import { call } from "../http.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";

export const words = catalogue(fr.home, (en) => en.home);
export const importWords = catalogue(fr.imports, (en) => en.imports);

export interface Account {
  email: string;
  name: string;
  role: "operator" | "center_admin" | "invigilator" | "jury";
}

export interface SessionLine {
  number: number;
  site: string;
  room: string;
  date: string;
  start_time: string;
  status: string;
  started_at: string | null;
  candidates: number;
}

/** undefined: not known yet; null: nobody is signed in. */
export const account = signal<Account | null | undefined>(undefined);
export const sessions = signal<readonly SessionLine[] | null>(null);

/** Tells whether the account prepares sessions of a center. */
export function isAdmin(who: Account): boolean {
  return who.role === "center_admin";
}

const SIGNED_IN = "vigie.signed_in";

/** Remembers that this browser signed in: the cookie itself is hidden from the page. */
function mark(isSignedIn: boolean): void {
  try {
    if (isSignedIn) localStorage.setItem(SIGNED_IN, "1");
    else localStorage.removeItem(SIGNED_IN);
  } catch {
    // Without storage the page asks for the password at each visit.
  }
}

function isMarked(): boolean {
  try {
    return localStorage.getItem(SIGNED_IN) !== null;
  } catch {
    return false;
  }
}

/** Asks who is signed in; not on a browser that never signed in, so that a first visit makes no failed call. */
export async function recognize(): Promise<void> {
  if (!isMarked()) {
    account.value = null;
    return;
  }
  const answer = await call<{ account: Account }>("GET", "/me");
  account.value = answer.ok ? answer.body.account : null;
  if (answer.ok) await refresh();
  else if (answer.status === 401) mark(false);
}

/** Reads the sessions again. */
export async function refresh(): Promise<void> {
  const answer = await call<{ sessions: SessionLine[] }>("GET", "/sessions");
  sessions.value = answer.ok ? answer.body.sessions : [];
}

/** Signs in; gives the code of the error, or null. */
export async function signIn(email: string, password: string): Promise<string | null> {
  const answer = await call<{ account: Account }>("POST", "/login", { email, password });
  if (!answer.ok) return answer.error.code;
  mark(true);
  const next = new URLSearchParams(location.search).get("next");
  if (next !== null && /^\d+$/.test(next)) {
    location.assign(`/invigilate/${next}`);
    return null;
  }
  account.value = answer.body.account;
  await refresh();
  return null;
}

/** Signs out. */
export async function signOut(): Promise<void> {
  await call("POST", "/logout");
  mark(false);
  account.value = null;
  sessions.value = null;
}

/** Opens a session with its password; gives the code of the error, or goes to the dashboard. */
export async function enterSession(number: number, password: string): Promise<string | null> {
  const answer = await call<{ session: { number: number } }>("POST", "/invigilations", { session_number: number, password });
  if (!answer.ok) return answer.error.code;
  location.assign(`/invigilate/${answer.body.session.number ?? number}`);
  return null;
}
