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

/** Who is back after the whole room's loss and may be given minutes for it. */
export function backWithRoom(rows: readonly Row[]): Row[] {
  const isBack = (row: Row): boolean => row.attempt === "running" && row.time.interruptions.at(-1)?.to !== null;
  const isOfRoom = (row: Row): boolean => row.time.interruptions.some((one) => one.cause === "room");
  return rows.filter((row) => isBack(row) && isOfRoom(row) && proposedMinutes(row) > 0);
}
