// In which order rooms stand: on the grid by start, site and room; in the table by the column somebody chose. Pure.
import type { RoomSummary } from "../wire.ts";
import { partsOf, phaseOf, PHASES } from "./summary.ts";

/** Numbers in names count as numbers: room 9 comes before room 10. */
export const collator = new Intl.Collator("fr", { sensitivity: "base", numeric: true });

/** The grid's order, which nothing that happens in a room changes. */
export function inGridOrder(a: RoomSummary, b: RoomSummary): number {
  const start = (room: RoomSummary): string => `${room.date} ${room.start_time}`;
  return (
    collator.compare(start(a), start(b)) || collator.compare(a.site, b.site) || collator.compare(a.room, b.room) || a.session - b.session
  );
}

export const COLUMNS = [
  "room", "site", "session", "start", "phase", "expected", "confirmed", "running", "over", "absent", "progress", "needs", "invigilators", "trouble",
] as const;
export type Column = (typeof COLUMNS)[number];

export interface Sorting {
  column: Column;
  isDescending: boolean;
}

/** What more is known of a room than its numbers. */
export interface Beside {
  nowMs: number;
  troubles: (session: number) => number;
}

function figure(room: RoomSummary, column: Exclude<Column, "room" | "site" | "start">, beside: Beside): number {
  switch (column) {
    case "session":
      return room.session;
    case "phase":
      return PHASES.indexOf(phaseOf(room, beside.nowMs));
    case "progress":
      return room.total === 0 ? -1 : room.answered / room.total;
    case "needs":
      return room.needs;
    case "invigilators":
      return room.invigilators;
    case "trouble":
      return beside.troubles(room.session);
    default:
      return partsOf(room)[column];
  }
}

function compared(a: RoomSummary, b: RoomSummary, column: Column, beside: Beside): number {
  if (column === "start") return inGridOrder(a, b);
  if (column === "room" || column === "site") return collator.compare(a[column], b[column]);
  return figure(a, column, beside) - figure(b, column, beside);
}

/** Sorts by a column; what is equal there stands in the grid's order. */
export function sorted(rooms: readonly RoomSummary[], { column, isDescending }: Sorting, beside: Beside): RoomSummary[] {
  const sign = isDescending ? -1 : 1;
  return [...rooms].sort((a, b) => sign * compared(a, b, column, beside) || inGridOrder(a, b));
}

/** Keeps an order once made: rooms that came since stand at its end, rooms that left are out. */
export function kept(before: readonly number[], now: readonly number[]): number[] {
  const here = new Set(now);
  const known = new Set(before);
  return [...before.filter((number) => here.has(number)), ...now.filter((number) => !known.has(number))];
}
