// Interruptions as lengths of time, and the minutes they propose to give back. Pure; a person decides.
import type { InterruptionView, Row } from "./wire.ts";

const MINUTE_MS = 60_000;
export const MINUTES_AT_MOST = 600;

/** How long an interruption lasted; one that still lasts is measured up to now. */
export function lengthMs(interruption: InterruptionView, nowMs: number): number {
  const until = interruption.to === null ? nowMs : Date.parse(interruption.to);
  return Math.max(0, until - Date.parse(interruption.from));
}

/** How long the interruptions of a candidate that are over lasted together. */
export function lostMs(row: Row): number {
  const closed = row.time.interruptions.filter((one) => one.to !== null);
  return closed.reduce((sum, one) => sum + lengthMs(one, 0), 0);
}

/** The minutes to propose: what was lost and not given back yet, a minute begun counting whole; 0 proposes nothing. */
export function proposedMinutes(row: Row): number {
  return Math.min(MINUTES_AT_MOST, Math.max(0, Math.ceil(lostMs(row) / MINUTE_MS) - row.time.minutes_added));
}
