// What the page of people knows: who has an account, which links wait, which centers there are.
import { computed, signal } from "@preact/signals";
import { call, type Answer } from "../http.ts";
import { dateAndTime } from "../dates.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { account, signInAgain, trouble, type Role } from "../office.ts";

export const words = catalogue(fr.people, (en) => en.people);
const roles = catalogue(fr.roles, (en) => en.roles);

export interface CenterName {
  id: number;
  name: string;
}

export interface Center extends CenterName {
  time_zone: string;
}

export interface Member {
  id: number;
  name: string;
  email: string;
  role: Role;
  centers: CenterName[];
  is_disabled: boolean;
  last_access_at: string | null;
  may_reset: boolean;
}

export interface Invitation {
  id: string;
  email: string;
  role: Role;
  centers: CenterName[];
  invited_by: { id: number; name: string };
  invited_at: string;
  expires_at: string;
  used_at: string | null;
  is_reset: boolean;
}

/** A link just made: it is shown while the page is open, and never read again. */
export interface NewLink extends Invitation {
  url: string;
  qr: string;
}

/** null: not read yet. */
export const members = signal<readonly Member[] | null>(null);
export const invitations = signal<readonly Invitation[] | null>(null);
export const centers = signal<readonly Center[] | null>(null);
export const newLink = signal<NewLink | null>(null);
/** What was just done; a text that is asked for, so that it follows the language. */
export const told = signal<(() => string) | null>(null);

export const isOperator = computed(() => account.value?.role === "operator");

/** Names a role. */
export function roleName(role: Role): string {
  return roles()[role];
}

/** Writes an instant for this reader, who is where the browser is. */
export function written(instant: string): string {
  return dateAndTime(Date.parse(instant), Intl.DateTimeFormat().resolvedOptions().timeZone);
}

/** Takes the body of an answer; a login that has ended leads to the sign-in, another fault stands on the page. */
function taken<T>(answer: Answer<T>): T | null {
  if (answer.ok) return answer.body;
  if (answer.status === 401) signInAgain();
  else trouble.value = answer.error.code;
  return null;
}

/** Reads everything again. */
export async function refresh(): Promise<void> {
  const [people, links, places] = await Promise.all([
    call<{ accounts: Member[] }>("GET", "/accounts"),
    call<{ invitations: Invitation[] }>("GET", "/invitations"),
    call<{ centers: Center[] }>("GET", "/centers"),
  ]);
  members.value = taken(people)?.accounts ?? members.value;
  invitations.value = taken(links)?.invitations ?? invitations.value;
  centers.value = taken(places)?.centers ?? centers.value;
}

/** Makes a link and shows it; gives the answer so that a form can name its faults. */
export async function makeLink(body: object): Promise<Answer<NewLink>> {
  const answer = await call<NewLink>("POST", "/invitations", body);
  if (answer.ok) {
    newLink.value = answer.body;
    told.value = null;
    void refresh();
  } else if (answer.status === 401) {
    signInAgain();
  }
  return answer;
}

/** Voids a link. One that is gone already was used or withdrawn meanwhile: the list says which. */
export async function withdraw(link: Invitation): Promise<void> {
  trouble.value = null;
  const answer = await call<object>("DELETE", `/invitations/${link.id}`);
  if (answer.ok || answer.status === 404) {
    if (newLink.value?.id === link.id) newLink.value = null;
    told.value = answer.ok ? () => words().withdrawn(link.email) : null;
  } else {
    taken(answer);
  }
  await refresh();
}

/** Keeps an account out, or lets it in again; gives the code of the error, or null. */
export async function setDisabled(member: Member, isDisabled: boolean): Promise<string | null> {
  const answer = await call<Member>("POST", `/accounts/${member.id}/${isDisabled ? "disable" : "enable"}`);
  if (!answer.ok) {
    if (answer.status === 401) signInAgain();
    return answer.error.code;
  }
  const changed = answer.body;
  members.value = (members.value ?? []).map((one) => (one.id === changed.id ? changed : one));
  told.value = () => (isDisabled ? words().done_disabled(member.name) : words().done_enabled(member.name));
  void refresh();
  return null;
}
