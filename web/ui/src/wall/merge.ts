// The frames of one paint, put together: what each room is now, and which are gone. Pure.
import type { AdminBeat, RoomSummary, RoomsFrame } from "../wire.ts";

export interface Change {
  rooms: Map<number, RoomSummary>;
  gone: Set<number>;
}

/** Puts frames together in the order they came. Rooms in `unless` are gone unless a frame shows them. */
export function merged(frames: readonly RoomsFrame[], unless: Iterable<number> = []): Change {
  const change: Change = { rooms: new Map(), gone: new Set(unless) };
  for (const frame of frames) {
    for (const number of frame.gone) {
      change.rooms.delete(number);
      change.gone.add(number);
    }
    for (const room of frame.rooms) {
      change.gone.delete(room.session);
      change.rooms.set(room.session, room);
    }
  }
  return change;
}

/** How long before this beat those rooms were verified that are behind the others; in milliseconds. */
export function lagsOf(beat: AdminBeat): Map<number, number> {
  const said = Date.parse(beat.server_time);
  return new Map(beat.behind.map((room) => [room.session, Math.max(0, said - Date.parse(room.as_of))]));
}
