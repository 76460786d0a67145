// What the page of finalization knows: the hub's last word, what is typed here, and how far it is saved.
import { computed, signal } from "@preact/signals";
import { call, type Answer } from "../http.ts";
import { newKey } from "../keys.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { Saver } from "./saver.ts";
import { lengthOf, listed, type AbortReason } from "../closing.ts";
import { COMMENT_AT_MOST, isSame, merge, problemsOf, typedOf, type Draft, type Finalization, type Receipt, type Typed } from "./view.ts";

export const words = catalogue(fr.finalize, (en) => en.finalize);

export const number = Number(/^\/sessions\/(\d+)\//.exec(location.pathname)?.[1] ?? 0);
const path = `/sessions/${number}`;

/** The hub's last word; null while nothing came yet. */
export const view = signal<Finalization | null>(null);
/** Why there is nothing to show. */
export const trouble = signal<string | null>(null);
/** What is filled in here, saved or not. */
export const typed = signal<Typed>({ abort_reasons: {}, incident: null, comment: "" });
/** The same as the hub has it, as far as this page knows. */
let known: Typed = typed.peek();
let version = 0;

/** How far the hub's clock is ahead of this machine's, in milliseconds. */
export let aheadMs = 0;

/** Somebody else saved first: who, when, what became of it here. */
export interface News {
  by: string;
  at: string;
  given_up: number[];
  /** Their comment, while a person has to choose between it and the one in the field. */
  comment: string | null;
}
export const news = signal<News | null>(null);

export const isReadOnly = computed(() => view.value?.finalized_at !== null);
export const isContested = computed(() => news.value !== null && news.value.comment !== null);
/** A text that was pasted is never cut: over the limit it waits to be shortened. */
export const isTooLong = computed(() => typed.value.incident === true && lengthOf(typed.value.comment) > COMMENT_AT_MOST);
/** What was sent last: it may have been saved although no answer came. */
let sent: Typed | null = null;

/** What goes to the hub: a comment that is contested or too long waits for a person, and only incidents have one. */
function toSave(): Typed {
  const { abort_reasons, incident, comment } = typed.peek();
  if (isContested.peek() || isTooLong.peek()) return { abort_reasons, incident: known.incident, comment: known.comment };
  return { abort_reasons, incident, comment: incident === true ? comment : "" };
}

function isDirty(): boolean {
  return view.peek() !== null && !isReadOnly.peek() && !isSame(toSave(), known);
}

/** Tells whether leaving the page now would lose something. */
export function wouldLose(): boolean {
  return isDirty() || (!isReadOnly.peek() && (isContested.peek() || isTooLong.peek()));
}

async function send(): Promise<Answer<{ draft: Draft }>> {
  const body = toSave();
  sent = body;
  const answer = await call<{ draft: Draft }>("PUT", `${path}/finalization`, { version, ...body });
  if (answer.ok) {
    // The hub may keep a text without its last spaces: what counts as saved is what was sent.
    known = body;
    version = answer.body.draft.version;
    const shown = view.peek();
    if (shown !== null) view.value = { ...shown, draft: answer.body.draft };
  }
  return answer;
}

export const saver = new Saver({ isDirty, send, reconcile: reload });

/** Changes what is typed. */
export function type(change: Partial<Typed>): void {
  typed.value = { ...typed.peek(), ...change };
  saver.touch();
}

/** Chooses why somebody's test stopped, or takes the choice back. */
export function chooseReason(candidate: number, reason: AbortReason | null): void {
  const { [candidate]: _gone, ...others } = typed.peek().abort_reasons as Record<string, AbortReason>;
  type({ abort_reasons: reason === null ? others : { ...others, [candidate]: reason } });
}

/** Settles which comment counts. */
export function chooseComment(isMine: boolean): void {
  const theirs = news.peek()?.comment;
  if (theirs === null || theirs === undefined) return;
  news.value = null;
  type(isMine ? { incident: true } : { incident: known.incident, comment: theirs });
}

function takeIn(fresh: Finalization): void {
  const isFirst = view.peek() === null;
  aheadMs = Date.parse(fresh.server_time) - Date.now() || 0;
  view.value = fresh;
  trouble.value = null;
  if (isFirst || fresh.finalized_at !== null) {
    known = typedOf(fresh.draft);
    typed.value = known;
    news.value = null;
  } else if (fresh.draft.version !== version) {
    mergeIn(fresh.draft);
  }
  version = fresh.draft.version;
}

function mergeIn(draft: Draft): void {
  const theirs = typedOf(draft);
  const isOurs = sent !== null && isSame(theirs, sent);
  const merged = merge(known, typed.peek(), theirs);
  known = theirs;
  if (isOurs) return;
  typed.value = merged.typed;
  const { saved_by, saved_at } = draft;
  news.value = {
    by: saved_by ?? "?",
    at: saved_at ?? "",
    given_up: merged.given_up,
    comment: merged.isCommentContested ? theirs.comment : null,
  };
}

/** Reads everything again; tells whether it worked. */
export async function reload(): Promise<boolean> {
  const answer = await call<Finalization>("GET", `${path}/finalization`);
  if (answer.ok) takeIn(answer.body);
  else trouble.value = answer.error.code;
  return answer.ok;
}

// ── the candidates: commands ────────────────────────────────────────────────────────────────────────────────────

/** Candidates a command is under way for. */
export const pending = signal<ReadonlySet<number>>(new Set());
/** What was refused in a row itself, by candidate: the code. A dialog shows its own refusals. */
export const refused = signal<ReadonlyMap<number, string>>(new Map());

interface CommandAnswer {
  results: { candidate: number; ok: boolean; code?: string }[];
}

/** One of the five commands that the finalization may send, whatever it carries besides. */
export interface Deed {
  type: "report.add" | "report.edit" | "report.remove" | "end_screen.see" | "end_screen.unsee";
  candidates: number[];
  report?: number;
  name?: string;
  question?: number;
  text?: string;
}

/** What was refused about everybody else. */
function others(ids: readonly number[]): [number, string][] {
  return [...refused.peek()].filter(([id]) => !ids.includes(id));
}

/** Sends one of the room's commands and shows what became of it; gives the code of its refusal, or null. */
export async function command(deed: Deed, key: string = newKey()): Promise<string | null> {
  const ids = deed.candidates;
  pending.value = new Set([...pending.peek(), ...ids]);
  const answer = await call<CommandAnswer>("POST", `${path}/commands`, { ...deed, key });
  const failed = new Map<number, string>();
  if (!answer.ok) for (const id of ids) failed.set(id, answer.error.code);
  else for (const one of answer.body.results) if (!one.ok) failed.set(one.candidate, one.code ?? "invalid");
  await reload();
  pending.value = new Set([...pending.peek()].filter((id) => !ids.includes(id)));
  if (deed.type.startsWith("end_screen.")) refused.value = new Map([...others(ids), ...failed]);
  return failed.get(ids[0] ?? 0) ?? null;
}

// ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** How often somebody asked to finalize and something stood in the way. */
export const asked = signal(0);
/** True on the page on which the session was finalized: its receipt takes the focus. */
export const justFinalized = signal(false);

/** What stands in the way now. */
export const problems = computed(() => (view.value === null ? [] : problemsOf(view.value.candidates, typed.value.abort_reasons)));

/** The name of a candidate, as lists write it. */
export function nameOf(candidate: number): string {
  const row = view.peek()?.candidates.find((one) => one.id === candidate);
  return row === undefined ? String(candidate) : listed(row);
}

/** Finalizes; gives the code of a refusal, or null. The hub's answer counts, so everything is read again. */
export async function confirm(): Promise<string | null> {
  if (!(await saver.flush())) return "unsaved";
  const answer = await call<{ receipt: Receipt }>("POST", `${path}/finalization/confirm`, { version });
  const shown = view.peek();
  if (answer.ok && shown !== null) {
    justFinalized.value = true;
    // The receipt is the proof: it shows even if reading again fails.
    view.value = { ...shown, finalized_at: answer.body.receipt.finalized_at, receipt: answer.body.receipt };
  }
  const hasRead = await reload();
  if (answer.ok) {
    trouble.value = hasRead ? null : trouble.peek();
    return null;
  }
  return answer.error.code === "already_finalized" ? null : answer.error.code;
}
