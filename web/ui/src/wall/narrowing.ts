// What narrows the wall: a center, a site, a state, only rooms in trouble, words without accents. Pure.
import { matches, normalForm } from "../search.ts";
import type { RoomSummary } from "../wire.ts";
import { collator } from "./order.ts";
import type { Phase } from "./summary.ts";

export interface Narrowing {
  center: string;
  site: string;
  phase: Phase | "";
  isTroubledOnly: boolean;
  typed: string;
}

export const EVERYTHING: Narrowing = { center: "", site: "", phase: "", isTroubledOnly: false, typed: "" };

/** Tells whether anything is left out. */
export function isNarrowed(by: Narrowing): boolean {
  return by.center !== "" || by.site !== "" || by.phase !== "" || by.isTroubledOnly || normalForm(by.typed) !== "";
}

/** What is known of a room beside its summary. */
export interface Known {
  center: string;
  phase: Phase;
  isTroubled: boolean;
  /** What the room is found by, in normal form. */
  haystack: string;
}

/** Tells whether a room is to be shown. */
export function belongs(room: RoomSummary, by: Narrowing, known: Known): boolean {
  if (by.center !== "" && by.center !== known.center) return false;
  if (by.site !== "" && by.site !== room.site) return false;
  if (by.phase !== "" && by.phase !== known.phase) return false;
  if (by.isTroubledOnly && !known.isTroubled) return false;
  return matches(known.haystack, by.typed);
}

/** What a room is found by: its name, its site, its number. */
export function haystackOf(room: RoomSummary): string {
  return normalForm(`${room.room} ${room.site} ${room.session}`);
}

/** The sites there are, as a choice. */
export function sitesOf(rooms: readonly RoomSummary[]): string[] {
  return [...new Set(rooms.map((room) => room.site))].sort(collator.compare);
}
