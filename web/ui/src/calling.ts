// Whom what nobody goes to calls, further and further. Pure.
import { keyOf, stageOf, type Stage } from "./escalation.ts";
import type { Need } from "./needs.ts";
import type { Thresholds } from "./wire.ts";

const STAGES: readonly Stage[] = ["first", "again", "others", "admin"];

/** Tells whether somebody is called at the first stages: who goes nowhere, or everybody when nobody is free. */
export function isFree(name: string, invigilators: readonly string[], needs: readonly Need[]): boolean {
  const busy = new Set(needs.map((need) => need.takenBy));
  return !busy.has(name) || invigilators.every((one) => busy.has(one));
}

export interface Call {
  need: Need;
  /** False when this console was called for it before. */
  isFirst: boolean;
}

/** What one console was called for, and how far each need had come then. */
export type Called = ReadonlyMap<string, Stage>;

/** Tells what one console is called for now, and what to remember; a need that came to nobody's notice here is called late. */
export function callsFor(
  needs: readonly Need[],
  nowMs: number,
  thresholds: Thresholds,
  called: Called,
  isFreeHere: boolean,
): { calls: Call[]; called: Called } {
  const calls: Call[] = [];
  const next = new Map<string, Stage>();
  for (const need of needs) {
    const key = keyOf(need);
    // Who went and no longer does leaves it as new as it was at first.
    const before = need.takenBy === null ? called.get(key) : undefined;
    const stage = stageOf(need, nowMs, thresholds);
    const isForAll = stage === "others" || stage === "admin";
    // The admin's own stage calls nobody in the room again.
    const isNew = before === undefined || (stage !== "admin" && STAGES.indexOf(stage ?? "first") > STAGES.indexOf(before));
    const isCalled = stage !== null && isNew && (isFreeHere || isForAll);
    if (isCalled) calls.push({ need, isFirst: before === undefined });
    const kept = isCalled ? stage : before;
    if (kept !== undefined) next.set(key, kept);
  }
  return { calls, called: next };
}
