// One case: the hub's last word, what was asked of it, and who was faster.
import { signal } from "@preact/signals";
import { call, type Fault } from "../http.ts";
import { dateAndTime } from "../dates.ts";
import { timeOfDay } from "../locale.ts";
import { refusalText } from "../parts/controls.tsx";
import { listed } from "../closing.ts";
import { reportText } from "./entry_text.ts";
import type { Case, JudgedReport, JudgedRow, Narrowing, Shown, Verdict } from "./view.ts";
import { words } from "./words.ts";

/** The session of the page's address; null on the queue. */
export const number = ((found) => (found === null ? null : Number(found[1])))(/^\/jury\/(\d+)$/.exec(location.pathname));
const path = `/jury/sessions/${number}`;
/** Up to here the time of day says when something was. */
const RECENT_MS = 6 * 3_600_000;

export const shown = signal<Case | null>(null);
/** Why there is nothing to show, or nothing newer. */
export const trouble = signal<string | null>(null);
/** Told at the top of the page: somebody was faster, or the last thing asked was refused. */
export const notice = signal<{ tone: "info" | "bad"; text: string } | null>(null);
export const isBusy = signal(false);
export const list = signal<Shown>("all");
export const narrowing = signal<Narrowing>({ who: null, what: null });

/** Reads the case again; tells whether it worked. */
export async function reload(): Promise<boolean> {
  const answer = await call<Case>("GET", path);
  trouble.value = answer.ok ? null : answer.error.code;
  if (answer.ok) shown.value = answer.body;
  return answer.ok;
}

function zone(): string {
  return shown.peek()?.session.time_zone ?? "UTC";
}

/** Writes an instant of the case. */
export function instant(at: string): string {
  return dateAndTime(Date.parse(at), zone());
}

/** Says why something was refused; who was faster is named. */
export function faultText(fault: Fault): string {
  if (fault.code !== "changed_meanwhile") return refusalText(fault.code);
  const { by, at } = fault.fields ?? {};
  if (by === undefined || at === undefined) return words().changed_unknown;
  const isRecent = Date.now() - Date.parse(at) < RECENT_MS;
  return isRecent ? words().changed_today(by, timeOfDay(Date.parse(at), zone())) : words().changed(by, instant(at));
}

/** Asks something of the hub, then reads the case again; gives what was refused, or null. */
async function ask(what: string, body: object): Promise<Fault | null> {
  isBusy.value = true;
  notice.value = null;
  const answer = await call("POST", `${path}/${what}`, body);
  // The state shown is always the hub's: after a refusal most of all.
  await reload();
  isBusy.value = false;
  return answer.ok ? null : answer.error;
}

/** Asks from the page itself; a refusal shows at its top. */
async function askHere(what: string, body: object): Promise<boolean> {
  const fault = await ask(what, body);
  if (fault !== null) notice.value = { tone: fault.code === "changed_meanwhile" ? "info" : "bad", text: faultText(fault) };
  return fault === null;
}

/** Takes the case, from nobody or from the colleague whom the page shows. */
export function assign(): Promise<boolean> {
  return askHere("assign", { seen: shown.peek()?.session.assigned_to?.id ?? null });
}

/** Publishes the results. */
export const publish = (): Promise<Fault | null> => ask("publish", {});
/** Takes the publication back. */
export const unpublish = (): Promise<Fault | null> => ask("unpublish", {});

/** Decides about one candidate; `seen` is the decision that was on the screen. */
export function decide(candidate: number, verdict: Verdict, reason: string, seen: number): Promise<Fault | null> {
  return ask("decisions", { candidate, verdict, seen, ...(reason.trim() === "" ? {} : { reason: reason.trim() }) });
}

/** Says how a report was dealt with; `seen` is the word that was on the screen. */
export function resolve(report: number, word: string, seen: number): Promise<Fault | null> {
  return ask(`reports/${report}/resolve`, { word: word.trim(), seen });
}

/** Gives the session back to its center; the case is then no longer the jury's. */
export async function unfinalize(reason: string): Promise<Fault | null> {
  isBusy.value = true;
  const answer = await call("POST", `${path}/unfinalize`, { reason: reason.trim() });
  isBusy.value = false;
  if (answer.ok) location.assign(`/jury?returned=${number}`);
  return answer.ok ? null : answer.error;
}

// ── names ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** One candidate's row. */
export function rowOf(candidate: number): JudgedRow | undefined {
  return shown.value?.candidates.find((row) => row.id === candidate);
}

/** The name of a candidate, as lists write it. */
export function nameOf(candidate: number): string {
  const row = rowOf(candidate);
  return row === undefined ? words().timeline_person_gone(candidate) : listed(row);
}

/** One report of the case. */
export function reportOf(id: number): JudgedReport | undefined {
  return shown.value?.candidates.flatMap((row) => row.reports).find((report) => report.id === id);
}

/** A report of the case in words, if it still stands. */
export function reportName(id: number): string | null {
  const report = reportOf(id);
  return report === undefined ? null : reportText(report.name);
}

/** Shows one candidate's timeline and goes there. */
export function follow(candidate: number): void {
  narrowing.value = { who: candidate, what: null };
  const heading = document.getElementById("timeline");
  heading?.focus({ preventScroll: true });
  heading?.scrollIntoView({ block: "start" });
}
