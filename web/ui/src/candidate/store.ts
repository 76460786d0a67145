// What the candidate's page knows: who was identified in this tab, and what the client tells.
import { signal } from "@preact/signals";
import { CandidateClient, forget, type CandidateView } from "../candidate-client.ts";
import { call } from "../http.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";

export const words = catalogue(fr.candidate, (en) => en.candidate);

/** The placeholder questions of the reference client. */
export const TOTAL = 32;
const STORED_AS = "vigie.candidate";

export interface Identity {
  token: string;
  number: number;
  name: string;
  timeZone?: string;
}

export const identity = signal<Identity | null>(read());
export const view = signal<CandidateView | null>(null);
export const transmitted = signal(0);
let client: CandidateClient | null = null;

function read(): Identity | null {
  try {
    return JSON.parse(sessionStorage.getItem(STORED_AS) ?? "null") as Identity | null;
  } catch {
    return null;
  }
}

function keep(next: Identity | null): void {
  identity.value = next;
  try {
    if (next === null) sessionStorage.removeItem(STORED_AS);
    else sessionStorage.setItem(STORED_AS, JSON.stringify(next));
  } catch {
    // Without storage a reload asks who this is again.
  }
}

interface Identified {
  token: string;
  candidate: { id: number; last_name: string; first_name: string };
  session: { number: number; time_zone?: string };
}

/** Identifies the candidate; gives the code of the error, or null. */
export async function identify(number: number, lastName: string, firstName: string, birthdate: string): Promise<string | null> {
  const body = { session_number: number, last_name: lastName, first_name: firstName, birthdate };
  const answer = await call<Identified>("POST", "/candidate/identity", body);
  if (!answer.ok) return answer.error.code;
  const { token, candidate, session } = answer.body;
  forget();
  const name = `${candidate.first_name} ${candidate.last_name.toUpperCase()}`;
  keep({ token, number: session.number, name, ...(session.time_zone ? { timeZone: session.time_zone } : {}) });
  start();
  return null;
}

/** Opens the line for who was identified in this tab. */
export function start(): void {
  const who = identity.value;
  if (who === null) return;
  client?.close();
  client = new CandidateClient({
    token: who.token,
    total: TOTAL,
    onView: (next) => {
      view.value = next;
      transmitted.value = client?.transmitted ?? 0;
    },
  });
}

/** Goes back to the first page. */
export function leave(): void {
  client?.close();
  client = null;
  forget();
  keep(null);
  view.value = null;
}

/** The client, once somebody is identified. */
export function theClient(): CandidateClient | null {
  return client;
}
