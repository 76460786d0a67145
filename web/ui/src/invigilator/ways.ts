// Where the decisions of the room stand on their way to the candidates' screens: noted with each frame, asked by rows.
import { isAboutCandidate, type FoldResult } from "../fold.ts";
import { advance, deliveryOf, follow, isSettled, reachOf, type Delivery, type Way } from "../delivery.ts";
import type { RoomEventView } from "../wire.ts";
import { ofRoom, onLeaving } from "./of_room.ts";
import * as state from "./state.ts";

const ways = new Map<number, Way>();
const revision = ofRoom(0);
onLeaving(() => ways.clear());

/** Takes notice of a folded frame and of what happened in it; before the rows are shown. */
export function note(result: FoldResult, events: readonly RoomEventView[]): void {
  const causes = new Map<number, string>();
  for (const event of events) if (isAboutCandidate(event) && event.set && "version" in event.set) causes.set(event.candidate, event.type);
  const now = state.clock.now();
  for (const id of result.touched) {
    const row = result.room.rows.get(id);
    if (row) ways.set(id, advance(ways.get(id), row, now, causes.get(id)));
    else ways.delete(id);
  }
  revision.value += 1;
}

/** Follows those whose screens have something new to show since these versions; gives what each has to show. */
export function followSince(versions: ReadonlyMap<number, number>): Map<number, number> {
  const followed = new Map<number, number>();
  for (const [id, version] of versions) {
    const way = ways.get(id);
    if (way === undefined || way.version <= version) continue;
    ways.set(id, follow(way, state.clock.now()));
    followed.set(id, way.version);
  }
  revision.value += 1;
  return followed;
}

/** The version of each row as this page holds it. */
export function versionsOf(ids: readonly number[]): Map<number, number> {
  return new Map(ids.map((id) => [id, ways.get(id)?.version ?? 0]));
}

/** Where the last decision about a candidate stands; the time is read only while it matters. */
export function delivery(id: number): Delivery | null {
  revision.value;
  const [way, row] = [ways.get(id), state.rowOf(id)?.value];
  if (way === undefined || row === undefined || isSettled(way, state.now.peek())) return null;
  return deliveryOf(way, row, state.now.value);
}

/** What became of one followed decision. */
export function reach(id: number, version: number): Delivery | null {
  revision.value;
  const [way, row] = [ways.get(id), state.rowOf(id)?.value];
  return way && row ? reachOf(way, row, version, state.now.value) : null;
}

/** Since when a decision is on its way, where this page saw it being taken. */
export function onItsWaySince(id: number): number | null {
  const way = ways.get(id);
  return way === undefined || way.cause === null ? null : way.sinceMs;
}
