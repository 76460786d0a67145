// The ledger of a room's interruptions: who lost time, and the minutes that may be given for it at once. Pure.
import { proposedMinutes } from "./compensation.ts";
import type { InterruptionView, Row } from "./wire.ts";

export interface Offer {
  candidate: number;
  minutes: number;
  causes: readonly InterruptionView["cause"][];
}

/** Tells whether minutes may still be given: never after the end of a test. */
export function mayBeGiven(row: Row): boolean {
  return row.attempt === "not_started" || row.attempt === "running";
}

/** Everybody who was interrupted. */
export function interrupted(rows: readonly Row[]): Row[] {
  return rows.filter((row) => row.time.interruptions.length > 0);
}

/** What is proposed, for each who may have it. */
export function offersOf(rows: readonly Row[]): Offer[] {
  return rows.flatMap((row) => {
    const minutes = proposedMinutes(row);
    const causes = row.time.interruptions.map((one) => one.cause);
    return minutes > 0 && mayBeGiven(row) ? [{ candidate: row.id, minutes, causes }] : [];
  });
}

export interface Batch {
  minutes: number;
  candidates: number[];
  causes: InterruptionView["cause"][];
}

/** One decision per amount, the smallest first; its causes are those of all it is for. */
export function batchesOf(offers: readonly Offer[]): Batch[] {
  const amounts = [...new Set(offers.map((offer) => offer.minutes))].sort((a, b) => a - b);
  return amounts.map((minutes) => {
    const alike = offers.filter((offer) => offer.minutes === minutes);
    const causes = [...new Set(alike.flatMap((offer) => offer.causes))].sort();
    return { minutes, candidates: alike.map((offer) => offer.candidate), causes };
  });
}
