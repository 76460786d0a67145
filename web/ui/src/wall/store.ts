// What the wall knows, as signals: one per room, so that news of a room repaint its card and no more.
import { batch, computed, signal, type Signal } from "@preact/signals";
import { freshness as freshnessOf, HubClock, type Freshness } from "../clock.ts";
import type { LineState } from "../socket.ts";
import type { RoomSummary, Thresholds } from "../wire.ts";
import type { Change } from "./merge.ts";
import { belongs, EVERYTHING, haystackOf, isNarrowed, type Narrowing } from "./narrowing.ts";
import { inGridOrder } from "./order.ts";
import { phaseOf } from "./summary.ts";
import { byGravity, isSame, troublesOf, type Trouble, type TroubledRoom } from "./trouble.ts";

export const clock = new HubClock();
export const line = signal<LineState>({ at: "connecting" });
export const freshness = signal<Freshness>("offline");
export const ageMs = signal<number | null>(null);
/** Frames come, but the hub says that it could not verify them for a while. */
export const isHubBehind = signal(false);
export const degraded = signal<readonly string[]>([]);
/** The hub's time, each second. */
export const now = signal(Date.now());
/** False until the rooms have come once. */
export const isLoaded = signal(false);
/** The rooms, in the grid's order: another array only when rooms come or go. */
export const order = signal<readonly number[]>([]);
export const unattendedAfterMs = signal(Infinity);
/** Which rooms were verified longer ago than the others, and by how many milliseconds. */
export const lags = signal<ReadonlyMap<number, number>>(new Map());
/** The center of each session, where there are several. */
export const centers = signal<ReadonlyMap<number, string>>(new Map());
export const narrowing = signal<Narrowing>(EVERYTHING);

const rooms = new Map<number, Signal<RoomSummary>>();
const haystacks = new Map<number, string>();
const revision = signal(0);

/** The signal of one room; undefined for one that left, or has not come yet: whoever asks hears when it comes. */
export function roomOf(number: number): Signal<RoomSummary> | undefined {
  if (!rooms.has(number)) order.value;
  return rooms.get(number);
}

/** Every room, in the grid's order. */
export const allRooms = computed<readonly RoomSummary[]>(() => {
  revision.value;
  return order.value.flatMap((number) => rooms.get(number)?.peek() ?? []);
});

/** The numbers of all rooms, to forget those that a whole list does not show. */
export function known(): Iterable<number> {
  return rooms.keys();
}

/** Takes what the hub said when the line was made. */
export function greet(thresholds: Thresholds | undefined): void {
  unattendedAfterMs.value = thresholds ? thresholds.unattended_after_seconds * 1000 : Infinity;
}

/** Puts news on the wall. */
export function show(change: Change): void {
  batch(() => {
    let isOther = false;
    for (const number of change.gone) isOther = rooms.delete(number) || isOther;
    for (const [number, room] of change.rooms) isOther = put(number, room) || isOther;
    if (isOther) order.value = [...rooms.values()].map((room) => room.peek()).sort(inGridOrder).map((room) => room.session);
    isLoaded.value = true;
    revision.value += 1;
  });
}

/** Puts one room; tells whether it is new. */
function put(number: number, room: RoomSummary): boolean {
  const before = rooms.get(number);
  haystacks.set(number, haystackOf(room));
  if (before) before.value = room;
  else rooms.set(number, signal(room));
  return before === undefined;
}

/** Lets time pass. */
export function tick(): void {
  batch(() => {
    const age = clock.ageMs();
    freshness.value = freshnessOf(age);
    ageMs.value = age;
    isHubBehind.value = clock.isHubBehind;
    now.value = Math.floor(clock.now() / 1000) * 1000;
  });
}

/** How fresh one room is, as far as the wall itself is. */
export function freshnessOfRoom(number: number): Freshness {
  return freshnessOf(lags.value.get(number) ?? 0);
}

let lastTroubled: readonly TroubledRoom[] = [];

/** The rooms in trouble, the gravest first; the very same array while nothing in it changed. */
export const troubled = computed<readonly TroubledRoom[]>(() => {
  const found = allRooms.value
    .map((room) => ({ session: room.session, troubles: troublesOf(room, lags.value.get(room.session) ?? 0, now.value, unattendedAfterMs.value) }))
    .filter((room) => room.troubles.length > 0);
  const ordered = byGravity(found);
  if (!isSame(ordered, lastTroubled)) lastTroubled = ordered;
  return lastTroubled;
});

const troubles = computed<ReadonlyMap<number, readonly Trouble[]>>(() => new Map(troubled.value.map((room) => [room.session, room.troubles])));
const NONE: readonly Trouble[] = [];

/** What is wrong in one room. */
export function troublesIn(number: number): readonly Trouble[] {
  return troubles.value.get(number) ?? NONE;
}

let lastShown: readonly number[] = [];

/** The rooms to show, in the grid's order; the very same array while nothing in it changed. */
export const shown = computed<readonly number[]>(() => {
  const by = narrowing.value;
  const found = isNarrowed(by) ? allRooms.value.filter((room) => isShown(room, by)).map((room) => room.session) : order.value;
  const isUnchanged = found.length === lastShown.length && found.every((number, index) => number === lastShown[index]);
  if (!isUnchanged) lastShown = found;
  return lastShown;
});

function isShown(room: RoomSummary, by: Narrowing): boolean {
  const number = room.session;
  return belongs(room, by, {
    center: centers.value.get(number) ?? "",
    phase: phaseOf(room, now.value),
    isTroubled: troublesIn(number).length > 0,
    haystack: haystacks.get(number) ?? "",
  });
}

/** Narrows the wall. */
export function narrow(change: Partial<Narrowing>): void {
  narrowing.value = { ...narrowing.value, ...change };
}
