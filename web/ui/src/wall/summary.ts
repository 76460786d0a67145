// What the numbers of a room say: how far it is, its clock, its parts. Pure.
import type { RoomSummary } from "../wire.ts";

export const PHASES = ["planned", "running", "over"] as const;
export type Phase = (typeof PHASES)[number];

const MINUTE_MS = 60_000;

/** Tells how far a room is. Nobody in the test after somebody was is the end, unless those still awaited have time. */
export function phaseOf(room: RoomSummary, nowMs: number): Phase {
  if (room.status !== "open") return "over";
  if (room.running > 0) return "running";
  const begun = room.finished + room.ended;
  if (room.started_at === null && begun === 0) return "planned";
  const isAwaited = room.confirmed > 0 || room.expected > 0;
  const isPast = room.started_at !== null && nowMs >= plannedEnd(room, room.started_at);
  return isPast || (begun > 0 && !isAwaited) ? "over" : "running";
}

function plannedEnd(room: RoomSummary, startedAt: string): number {
  return Date.parse(startedAt) + room.duration_minutes * MINUTE_MS;
}

export interface RoomClock {
  elapsedMs: number;
  /** Below zero once the planned end is past. */
  leftMs: number;
}

/** The clock of a started room, in whole minutes on both sides, so that they always add up to the duration. */
export function clockOf(room: RoomSummary, nowMs: number): RoomClock | null {
  if (room.started_at === null) return null;
  const minutes = Math.max(0, Math.floor((nowMs - Date.parse(room.started_at)) / MINUTE_MS));
  return { elapsedMs: minutes * MINUTE_MS, leftMs: (room.duration_minutes - minutes) * MINUTE_MS };
}

export const PARTS = ["expected", "confirmed", "running", "over", "absent"] as const;
export type Part = (typeof PARTS)[number];

/** How many candidates stand where; together they are all of them. */
export function partsOf(room: RoomSummary): Record<Part, number> {
  return { expected: room.expected, confirmed: room.confirmed, running: room.running, over: room.finished + room.ended, absent: room.absent };
}

/** The parts side by side on a line of a given width; what is empty takes none of it. */
export function barOf(room: RoomSummary, width: number): { part: Part; from: number; width: number }[] {
  const parts = partsOf(room);
  const all = PARTS.reduce((sum, part) => sum + parts[part], 0);
  let before = 0;
  return PARTS.filter((part) => parts[part] > 0).map((part) => {
    const piece = { part, from: (before / all) * width, width: (parts[part] / all) * width };
    before += parts[part];
    return piece;
  });
}
