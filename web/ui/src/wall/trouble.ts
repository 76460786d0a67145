// What an admin must look at: rooms in trouble, the gravest first; and what of it is new. Pure.
import { OFFLINE_AFTER_MS } from "../clock.ts";
import type { RoomSummary } from "../wire.ts";

/** In order of gravity. */
export const KINDS = ["outage", "escalated", "unattended", "stale"] as const;
export type TroubleKind = (typeof KINDS)[number];

export interface Trouble {
  is: TroubleKind;
  /** Null where the room does not say since when. */
  sinceMs: number | null;
}

/** A room with everything that is wrong in it, the gravest first. */
export interface TroubledRoom {
  session: number;
  troubles: readonly Trouble[];
}

function instant(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

/** Lists what is wrong in a room. `lagMs`: how much longer ago than the others it was verified. */
export function troublesOf(room: RoomSummary, lagMs: number, nowMs: number, unattendedAfterMs: number): Trouble[] {
  const troubles: Trouble[] = [];
  if (room.lost_together > 0) troubles.push({ is: "outage", sinceMs: room.worst_need === "outage" ? instant(room.oldest_need_at) : null });
  if (room.escalated_at !== null) troubles.push({ is: "escalated", sinceMs: instant(room.escalated_at) });
  const alone = instant(room.unattended_since);
  if (alone !== null && nowMs - alone >= unattendedAfterMs) troubles.push({ is: "unattended", sinceMs: alone });
  if (lagMs >= OFFLINE_AFTER_MS) troubles.push({ is: "stale", sinceMs: nowMs - lagMs });
  return troubles;
}

function gravity(room: TroubledRoom): number {
  return Math.min(...room.troubles.map((trouble) => KINDS.indexOf(trouble.is)));
}

/** Sorts by gravity; rooms in the same trouble keep their number's order, so that nothing jumps while ages grow. */
export function byGravity(rooms: readonly TroubledRoom[]): TroubledRoom[] {
  return [...rooms].sort((a, b) => gravity(a) - gravity(b) || a.session - b.session);
}

/** One name for each trouble, to know it again. */
export function keysOf(rooms: readonly TroubledRoom[]): Set<string> {
  return new Set(rooms.flatMap((room) => room.troubles.map((trouble) => `${trouble.is} ${room.session}`)));
}

/** A moment told again may differ by the time between two beats. */
const SAME_WITHIN_MS = 5_000;

function isSameTrouble(a: Trouble, b: Trouble | undefined): boolean {
  return b !== undefined && a.is === b.is && Math.abs((a.sinceMs ?? 0) - (b.sinceMs ?? 0)) < SAME_WITHIN_MS;
}

/** Tells whether two lists say the same, so that what shows them stays as it is. */
export function isSame(a: readonly TroubledRoom[], b: readonly TroubledRoom[]): boolean {
  const isSameRoom = (one: TroubledRoom, other: TroubledRoom | undefined): boolean =>
    one.session === other?.session &&
    one.troubles.length === other.troubles.length &&
    one.troubles.every((trouble, index) => isSameTrouble(trouble, other.troubles[index]));
  return a.length === b.length && a.every((room, index) => isSameRoom(room, b[index]));
}
