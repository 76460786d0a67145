// How far the last decision about a candidate has come on its way to their own screen. Pure.
import type { Row } from "./wire.ts";

/** The usual way takes some 50 ms: nothing is said of a shorter one, so that nothing flickers. */
export const QUIET_MS = 3_000;
/** How long "seen on the screen" stays. */
export const SEEN_MS = 6_000;

/** What a page remembers of one candidate beside the row. */
export interface Way {
  /** The last decision that the screen has shown: what was once true stays so when the live store forgets it. */
  told: number;
  version: number;
  /** Since when this page knows of the decision. */
  sinceMs: number;
  /** The event that brought the decision; null when this page did not see it happen. */
  cause: string | null;
  /** Somebody on this page gave the command, and wants to see it arrive. */
  isFollowed: boolean;
  seenMs: number | null;
}

/** `waiting`: connected and not yet shown it. `away`, `never`: nobody is connected (any more, yet). */
export type Delivery = "waiting" | "away" | "never" | "seen";

/** Takes notice of a row as it is now, and of the event that raised its version. */
export function advance(way: Way | undefined, row: Row, nowMs: number, cause: string | null = null): Way {
  const told = way !== undefined && row.version >= way.version ? way.told : 0;
  const isNew = way === undefined || row.version !== way.version;
  const next = isNew ? { told, version: row.version, sinceMs: nowMs, cause, isFollowed: false, seenMs: null } : { ...way };
  const wasOwed = next.version > told;
  next.told = Math.max(told, row.told_version);
  const isAwaited = next.isFollowed || nowMs - next.sinceMs > QUIET_MS;
  return wasOwed && isAwaited ? arrived(next, nowMs) : next;
}

/** Follows the last decision, once the command that this page gave is answered and folded. */
export function follow(way: Way, nowMs: number): Way {
  return arrived({ ...way, isFollowed: true }, nowMs);
}

function arrived(way: Way, nowMs: number): Way {
  return way.told >= way.version ? { ...way, seenMs: nowMs } : way;
}

/** Tells whether time changes nothing any more in what is said. */
export function isSettled(way: Way, nowMs: number): boolean {
  return way.told >= way.version && (way.seenMs === null || nowMs - way.seenMs >= SEEN_MS);
}

/** Says where the last decision stands; null when there is nothing to say, or nothing that is known to be true. */
export function deliveryOf(way: Way, row: Row, nowMs: number): Delivery | null {
  if (way.told >= way.version) return isSettled(way, nowMs) ? null : "seen";
  if (nowMs - way.sinceMs < QUIET_MS || !isKnown(way, row) || row.attempt === "closed") return null;
  if (row.link.state === "online" || row.link.state === "suspect" || row.waiting.clients > 0) return "waiting";
  if (!isExpected(way, row)) return null;
  return row.link.state === "never" ? "never" : "away";
}

/** What became of one decision that this page followed, whatever was decided since. */
export function reachOf(way: Way, row: Row, version: number, nowMs: number): Delivery | null {
  return way.told >= version ? "seen" : deliveryOf(way, row, nowMs);
}

/** Without the live store, and after it forgot, nobody knows what a screen showed; who entered was shown a lot. */
function isKnown(way: Way, row: Row): boolean {
  return row.link.state !== "unknown" && (way.cause !== null || way.told > 0 || row.entry_no === 0);
}

/** Tells whether somebody who is not connected still has something to see that matters. */
function isExpected(way: Way, row: Row): boolean {
  if (row.attempt === "not_started") return row.presence.state === "confirmed";
  if (row.attempt !== "running") return false;
  // An interruption is news to the candidate too, but nothing that an invigilator waits to see arrive.
  const isByStaff = way.cause !== null && way.cause !== "candidate.interrupted";
  return row.interrupted_at === null || row.authorization !== null || isByStaff;
}
