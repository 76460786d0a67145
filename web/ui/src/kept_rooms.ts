// The rooms this phone was last given, kept to be read without network. Why so and at which price: docs/adr/0013.
import type { Row, SessionView } from "./wire.ts";

/** The mark of a browser that signed in: the cookie itself is hidden from the page. */
export const SIGNED_IN = "vigie.signed_in";
const PREFIX = "vigie.room.";
/** No longer than the hub keeps its own live view. */
const KEPT_FOR_MS = 24 * 3_600_000;

export interface KeptRoom {
  session: SessionView;
  rows: readonly Row[];
  /** The hub's time at which all this was true. */
  trueAt: number;
  /** This phone's time when it was written: its age is measured by the clock that will read it. */
  writtenAt: number;
  /** The build that wrote it: another one may show what these rows do not have. */
  build: string;
}

// The local storage, because taking something out of it is done when the call returns: nothing is under way any more
// when the page of somebody who leaves goes, and no write comes after.

/** Keeps a room, unless nobody is signed in any more: another tab may have signed out while this one still wrote. */
export function keepRoom(number: number, room: KeptRoom): void {
  try {
    if (localStorage.getItem(SIGNED_IN) !== null) localStorage.setItem(PREFIX + number, JSON.stringify(room));
  } catch {
    // A full or forbidden storage keeps nothing: the page works as one that is never offline.
  }
}

function read(number: number): KeptRoom | null {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + number) ?? "null") as KeptRoom | null;
  } catch {
    return null;
  }
}

function isPast(room: KeptRoom | null): boolean {
  const ageMs = Date.now() - (room?.writtenAt ?? NaN);
  return !(ageMs >= 0 && ageMs < KEPT_FOR_MS);
}

function numbers(): number[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).map((key) => Number(key.slice(PREFIX.length)));
  } catch {
    return [];
  }
}

/** Forgets one room. */
export function forgetRoom(number: number): void {
  try {
    localStorage.removeItem(PREFIX + number);
  } catch {
    // Then nothing was ever kept here.
  }
}

/** Forgets all rooms: whoever used this browser leaves it, or somebody else comes. */
export function forgetRooms(): void {
  numbers().forEach(forgetRoom);
}

/** Forgets the rooms that have been here for a day. */
export function forgetPastRooms(): void {
  for (const number of numbers()) if (isPast(read(number))) forgetRoom(number);
}

/** Gives the room kept under a number, if this build wrote it. */
export function keptRoom(number: number, build: string): KeptRoom | null {
  forgetPastRooms();
  const room = read(number);
  return room?.build === build ? room : null;
}

/** Gives the number of the room that was kept last, or null. */
export function lastKept(): number | null {
  const times = new Map(numbers().map((number) => [number, read(number)?.writtenAt ?? 0]));
  return [...times.keys()].sort((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0))[0] ?? null;
}
