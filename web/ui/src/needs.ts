// What needs a person: the À traiter list, by severity then age, and who goes. Pure; hub/needs.py holds the same rule.
import type { Alert, ClaimView, HelpView, Row, Thresholds } from "./wire.ts";

/** What holds until the hub has said its own. */
export const USUAL_THRESHOLDS: Thresholds = {
  offline_after_seconds: 60,
  lapse_warning_seconds: 180,
  call_again_after_seconds: 30,
  call_others_after_seconds: 60,
  call_admin_after_seconds: 120,
  claim_seconds: 60,
  unattended_after_seconds: 60,
};
/** Losses this close together have one cause. */
const TOGETHER_MS = 30_000;
/** So many lost together, and at least half of those in the test, are one event. */
const TOGETHER_AT_LEAST = 3;
/** So is what the hub recorded as the room's loss, until only one is still away. */
const OUTAGE_AT_LEAST = 2;

export type NeedKind = Alert["need"];

const BY_SEVERITY: readonly NeedKind[] = ["outage", "help", "asking", "offline", "over_time", "end_screen", "lapsing"];

export interface Need {
  kind: NeedKind;
  /** One, or all those of an outage. */
  candidates: readonly number[];
  /** Since when what it is about has been so: the age that is shown. */
  sinceMs: number;
  /** When it became a need: what its calls are counted from. */
  raisedMs: number;
  takenBy: string | null;
  help: HelpView | null;
}

interface Claim {
  by: string;
  atMs: number;
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
  const asked = instant(row.entry_refused?.at);
  const back = row.attempt === "running" && row.waiting.clients > 0 ? instant(row.interrupted_at) : null;
  // Who was back already loses no place by typing the code once more.
  return asked !== null && back !== null ? Math.min(asked, back) : (asked ?? back);
}

/** Tells since when the seated candidate is away; null when here, or not in the test. */
export function awaySince(row: Row): number | null {
  if (row.attempt !== "running") return null;
  const offline = row.link.state === "offline" ? instant(row.link.since) : null;
  return offline ?? instant(row.interrupted_at);
}

/** Tells since when a running candidate is over time. */
export function overTimeSince(row: Row, nowMs: number): number | null {
  if (row.attempt !== "running") return null;
  const end = instant(row.time.theoretical_end);
  return end !== null && nowMs >= end ? end : null;
}

/** Tells since when an unused authorization to resume is about to lapse. */
function lapsingSince(row: Row, nowMs: number, warningMs: number): number | null {
  if (row.authorization?.kind !== "resume") return null;
  const expires = instant(row.authorization.expires_at);
  return expires !== null && nowMs >= expires - warningMs ? expires - warningMs : null;
}

/** Finished or ended, and nobody has seen the end screen. */
export function endScreenMissing(row: Row): boolean {
  return (row.attempt === "finished" || row.attempt === "ended") && row.end_screen_seen === null;
}

/** The needs of one candidate, nobody going yet. */
function ownNeeds(row: Row, nowMs: number, thresholds: Thresholds, isInOutage: boolean): Need[] {
  const needs: Need[] = [];
  const add = (kind: NeedKind, sinceMs: number | null, afterMs = 0, help: HelpView | null = null): void => {
    if (sinceMs === null || nowMs < sinceMs + afterMs) return;
    needs.push({ kind, candidates: [row.id], sinceMs, raisedMs: sinceMs + afterMs, takenBy: null, help });
  };
  const help = openHelp(row);
  add("help", instant(help?.at), 0, help);
  const asking = askingSince(row);
  // Being away, asking and being allowed to come back are inside the one event; everything else stays a line.
  if (!isInOutage) {
    add("asking", asking);
    // Who asks to come back is no longer away for the person who reads; who was authorized is expected back.
    if (asking === null && row.authorization === null) add("offline", awaySince(row), thresholds.offline_after_seconds * 1000);
    add("lapsing", lapsingSince(row, nowMs, thresholds.lapse_warning_seconds * 1000));
  }
  add("over_time", overTimeSince(row, nowMs));
  // The last answer is the nearest known instant; who never answered was counted before.
  if (endScreenMissing(row)) add("end_screen", instant(row.progress?.at) ?? instant(row.presence.at) ?? nowMs);
  return needs;
}

/** The same, with who goes: a claim holds while a need stands that had begun when it was made. */
function takenNeeds(needs: readonly Need[], claim: Claim | undefined): Need[] {
  const first = Math.min(...needs.map((need) => need.sinceMs));
  const goer = claim !== undefined && claim.atMs >= first ? claim.by : null;
  return needs.map((need) => ({ ...need, takenBy: need.help?.taken_by ?? goer }));
}

function latestClaims(claims: readonly ClaimView[]): Map<number, Claim> {
  const latest = new Map<number, Claim>();
  for (const { candidate, by, at } of claims) {
    const atMs = Date.parse(at);
    if (atMs > (latest.get(candidate)?.atMs ?? -Infinity)) latest.set(candidate, { by, atMs });
  }
  return latest;
}

/** The interruption that lasts, when the hub found it to be the whole room's. */
function isLostWithRoom(row: Row): boolean {
  const last = row.time.interruptions.at(-1);
  return row.interrupted_at !== null && last?.to === null && last.cause === "room";
}

/** Who was lost together and is not back, and since when each: nobody is needed once each of them may come back. */
function lostTogether(rows: readonly Row[]): Map<number, number> {
  const running = rows.filter((row) => row.attempt === "running");
  const away = running.flatMap((row) => {
    const ms = awaySince(row);
    return ms === null ? [] : [{ row, ms }];
  });
  const newest = Math.max(...away.map(({ ms }) => ms));
  const close = away.filter(({ ms }) => newest - ms <= TOGETHER_MS);
  const isMost = close.length >= TOGETHER_AT_LEAST && close.length * 2 >= running.length;
  const recorded = running.filter(isLostWithRoom).map((row) => ({ row, ms: instant(row.interrupted_at) ?? newest }));
  const lost = new Map([...(isMost ? close : []), ...recorded].map(({ row, ms }) => [row, ms]));
  const isDone = [...lost.keys()].every((row) => row.authorization !== null);
  return new Map(lost.size < OUTAGE_AT_LEAST || isDone ? [] : [...lost].map(([row, ms]) => [row.id, ms]));
}

/** One need for all of them, taken by who goes to each; by the first, where several share them. */
function outageOf(lost: ReadonlyMap<number, number>, claims: ReadonlyMap<number, Claim>): Need {
  const candidates = [...lost.keys()].sort((a, b) => a - b);
  const sinceMs = Math.min(...lost.values());
  const isTaken = candidates.every((id) => (claims.get(id)?.atMs ?? -Infinity) >= sinceMs);
  const takenBy = isTaken ? (claims.get(candidates[0] ?? 0)?.by ?? null) : null;
  return { kind: "outage", candidates, sinceMs, raisedMs: sinceMs, takenBy, help: null };
}

/** Everything that needs a person now, most severe first, then oldest. */
export function needsOfRoom(
  rows: readonly Row[],
  nowMs: number,
  { thresholds, claims }: { thresholds: Thresholds; claims: readonly ClaimView[] },
): Need[] {
  const lost = lostTogether(rows);
  const latest = latestClaims(claims);
  const needs = rows.flatMap((row) => takenNeeds(ownNeeds(row, nowMs, thresholds, lost.has(row.id)), latest.get(row.id)));
  if (lost.size > 0) needs.push(outageOf(lost, latest));
  return needs.sort((a, b) => severity(a) - severity(b) || a.sinceMs - b.sinceMs || (a.candidates[0] ?? 0) - (b.candidates[0] ?? 0));
}

const severity = (need: Need): number => BY_SEVERITY.indexOf(need.kind);

/** The same, with what somebody goes to below what nobody goes to, among what is as severe. */
export function untakenFirst(needs: readonly Need[]): Need[] {
  return [...needs].sort((a, b) => severity(a) - severity(b) || Number(a.takenBy !== null) - Number(b.takenBy !== null));
}
