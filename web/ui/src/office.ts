// Who is signed in, and where they may go from here: what every page of the staff starts with.
import { effect, signal } from "@preact/signals";
import { call } from "./http.ts";
import { SIGNED_IN, forgetPastRooms, forgetRooms } from "./kept_rooms.ts";

export type Role = "operator" | "center_admin" | "invigilator" | "jury";

export interface Account {
  id: number;
  email: string;
  name: string;
  role: Role;
  centers: number[];
}

/** undefined: not known yet; null: nobody is signed in. */
export const account = signal<Account | null | undefined>(undefined);
/** The code of what went wrong on the page as a whole. */
export const trouble = signal<string | null>(null);

/** The only places a sign-in leads on to: pages of our own, so that no link sends anybody elsewhere. */
const OWN_PAGE = /^\/(?:invigilate\/\d{1,16}|sessions\/\d{1,16}(?:\/finalize)?|jury(?:\/\d{1,16})?|people|account|wall)$/;

/** Tells whether the account prepares sessions of a center. */
export function isAdmin(who: Account): boolean {
  return who.role === "center_admin";
}

/** Remembers that this browser signed in or out; whoever comes after somebody finds none of their rooms. */
export function mark(isSignedIn: boolean): void {
  forgetRooms();
  try {
    if (isSignedIn) localStorage.setItem(SIGNED_IN, "1");
    else localStorage.removeItem(SIGNED_IN);
  } catch {
    // Without storage the page asks the hub at each visit.
  }
}

function isMarked(): boolean {
  try {
    return localStorage.getItem(SIGNED_IN) !== null;
  } catch {
    return true;
  }
}

/** Asks who is signed in; not on a browser that never signed in, so that a first visit makes no failed call. */
export async function recognize(): Promise<void> {
  trouble.value = null;
  forgetPastRooms();
  if (!isMarked()) {
    account.value = null;
    return;
  }
  const answer = await call<{ account: Account }>("GET", "/me");
  if (answer.ok) {
    account.value = answer.body.account;
  } else if (answer.status === 401) {
    mark(false);
    account.value = null;
  } else {
    trouble.value = answer.error.code;
  }
}

/** Settles once it is known who is signed in: a hub that did not answer is asked again when somebody says so. */
function known(): Promise<void> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      if (account.value === undefined) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
}

/** Gives who is signed in. Nobody: the sign-in page comes first, and leads back here. Not known: `trouble` says why. */
export async function requireSignIn(): Promise<Account | null> {
  await recognize();
  await known();
  if (account.value === null) location.replace(`/?next=${encodeURIComponent(location.pathname)}`);
  return account.value ?? null;
}

/** Sends somebody whose login has ended to the sign-in page, and back here; what stands in an open dialog is not lost. */
export function signInAgain(): void {
  if (document.querySelector("dialog[open]") !== null) return;
  mark(false);
  location.replace(`/?next=${encodeURIComponent(location.pathname)}`);
}

/** Gives the page to go to after the sign-in, or null: `?next=` names one of ours, or the number of a room. */
export function nextPage(search: string = location.search): string | null {
  const next = new URLSearchParams(search).get("next") ?? "";
  if (/^\d{1,16}$/.test(next)) return `/invigilate/${next}`;
  return OWN_PAGE.test(next) ? next : null;
}

/** Gives the page on which a role starts to work. */
export function landingPage(role: Role): string {
  if (role === "jury") return "/jury";
  return role === "operator" ? "/people" : "/";
}

/** Signs out and goes to the first page; a hub that does not answer leaves everything as it is, and says so. */
export async function signOut(): Promise<void> {
  const answer = await call("POST", "/logout");
  if (!answer.ok && answer.status !== 401) {
    trouble.value = answer.error.code;
    return;
  }
  mark(false);
  location.assign("/");
}
