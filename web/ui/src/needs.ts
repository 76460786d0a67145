// What needs a person: the À traiter list, by severity then age. Pure.
import type { HelpView, Row } from "./wire.ts";

/** A candidate offline for less than this is perhaps only changing networks. */
export const OFFLINE_NEED_AFTER_MS = 60_000;
/** Losses this close together have one cause. */
const OUTAGE_WINDOW_MS = 30_000;
/** Fewer than this many lost candidates are told one by one. */
const OUTAGE_AT_LEAST = 4;

/** In order of severity. */
export type NeedKind = "help" | "asking" | "offline" | "over_time" | "end_screen";

const SEVERITY: Record<NeedKind, number> = { help: 0, asking: 1, offline: 2, over_time: 3, end_screen: 4 };

export interface Need {
  kind: NeedKind;
  candidate: number;
  sinceMs: number;
  help: HelpView | null;
}

export interface Outage {
  candidates: number[];
  sinceMs: number;
  /** How many were in the test, the lost ones included. */
  of: number;
}

export interface NeedsOfRoom {
  needs: Need[];
  outage: Outage | null;
}

const instant = (text: string | null | undefined): number | null => {
  const ms = text ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? null : ms;
};

/** The help request nobody has closed yet. */
export function openHelp(row: Row): HelpView | null {
  return row.help.find((help) => help.outcome === null) ?? null;
}

/** Tells since when somebody connected for this candidate waits for an authorization; null when nobody does. */
export function askingSince(row: Row): number | null {
  if (row.attempt !== "not_started" && row.attempt !== "running") return null;
  if (row.authorization !== null) return null;
  if (row.entry_refused !== null) return instant(row.entry_refused.at);
  const isBack = row.attempt === "running" && row.interrupted_at !== null && row.waiting.clients > 0;
  return isBack ? instant(row.interrupted_at) : null;
}

/** Tells since when the seated candidate is away; null when here, or not in the test. */
export function awaySince(row: Row): number | null {
  if (row.attempt !== "running") return null;
  if (row.interrupted_at !== null) return instant(row.link.state === "offline" ? row.link.since : null) ?? instant(row.interrupted_at);
  return row.link.state === "offline" ? instant(row.link.since) : null;
}

/** Tells since when a running candidate is over time. */
export function overTimeSince(row: Row, nowMs: number): number | null {
  if (row.attempt !== "running") return null;
  const end = instant(row.time.theoretical_end);
  return end !== null && nowMs >= end ? end : null;
}

/** Finished or ended, and nobody has seen the end screen. */
export function endScreenMissing(row: Row): boolean {
  return (row.attempt === "finished" || row.attempt === "ended") && row.end_screen_seen === null;
}

function needsOf(row: Row, nowMs: number): Need[] {
  const needs: Need[] = [];
  const add = (kind: NeedKind, sinceMs: number | null, help: HelpView | null = null): void => {
    if (sinceMs !== null) needs.push({ kind, candidate: row.id, sinceMs, help });
  };
  const help = openHelp(row);
  if (help !== null) add("help", instant(help.at), help);
  const asking = askingSince(row);
  add("asking", asking);
  const away = awaySince(row);
  const isAwayLong = away !== null && nowMs - away >= OFFLINE_NEED_AFTER_MS;
  // Who asks to come back is no longer away for the person who reads; who was authorized is expected back.
  if (asking === null && row.authorization === null && row.waiting.clients === 0 && isAwayLong) add("offline", away);
  add("over_time", overTimeSince(row, nowMs));
  // Finished long ago or just now: the end screen's age is not known here, so alphabetical order decides among them.
  if (endScreenMissing(row)) add("end_screen", instant(row.progress?.at) ?? nowMs);
  return needs;
}

/** The group of candidates lost within half a minute of one another, when it is more than chance. */
export function findOutage(rows: readonly Row[]): Outage | null {
  const seated = rows.filter((row) => row.attempt === "running");
  const lost = seated
    .map((row) => ({ id: row.id, ms: row.waiting.clients > 0 || row.authorization ? null : awaySince(row) }))
    .filter((entry): entry is { id: number; ms: number } => entry.ms !== null)
    .sort((a, b) => a.ms - b.ms);
  const newest = lost.at(-1);
  if (newest === undefined) return null;
  const together = lost.filter((entry) => newest.ms - entry.ms <= OUTAGE_WINDOW_MS);
  if (together.length < OUTAGE_AT_LEAST || together.length * 2 < seated.length) return null;
  return { candidates: together.map((entry) => entry.id), sinceMs: together[0]?.ms ?? newest.ms, of: seated.length };
}

/** Everything that needs a person now, most severe then oldest first; an outage is one card instead of many lines. */
export function needsOfRoom(rows: readonly Row[], nowMs: number): NeedsOfRoom {
  const outage = findOutage(rows);
  const inOutage = new Set(outage?.candidates);
  const needs = rows
    .flatMap((row) => needsOf(row, nowMs))
    .filter((need) => !(need.kind === "offline" && inOutage.has(need.candidate)))
    .sort((a, b) => SEVERITY[a.kind] - SEVERITY[b.kind] || a.sinceMs - b.sinceMs || a.candidate - b.candidate);
  return { needs, outage };
}
