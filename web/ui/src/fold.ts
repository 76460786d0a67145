// The fold: a snapshot, then events, give the rows. `row |= set`, nothing else. Pure.
import type { Events, Position, RoomEventView, Row, SessionView, Snapshot } from "./wire.ts";

/** A room as this page knows it, at one position. */
export interface Room {
  session: SessionView;
  rows: Map<number, Row>;
  position: Position;
  /** Highest decision folded; a pending command is settled by it. */
  decision: number;
  isLive: boolean;
}

/** What a frame did to a room. */
export interface FoldResult {
  room: Room;
  /** Candidates whose row is another one now; a removed one is here too. */
  touched: Set<number>;
  /** True when people came or went, so the order must be made again. */
  isRosterChanged: boolean;
  /** True when something before this frame is missing: ask with `sync`. */
  isHole: boolean;
}

function nothing(room: Room, isHole: boolean): FoldResult {
  return { room, touched: new Set(), isRosterChanged: false, isHole };
}

/** Starts a room from a snapshot. */
export function fromSnapshot(frame: Snapshot, decision = 0): FoldResult {
  const rows = new Map(frame.candidates.map((row) => [row.id, row]));
  const room: Room = {
    session: frame.session,
    rows,
    position: { epoch: frame.epoch, seq: frame.seq },
    decision,
    isLive: frame.live,
  };
  return { room, touched: new Set(rows.keys()), isRosterChanged: true, isHole: false };
}

/** Tells whether an event is about one candidate. */
export function isAboutCandidate(event: RoomEventView): event is RoomEventView & { candidate: number } {
  return typeof event.candidate === "number";
}

/** Applies a frame of events; keeps the room as it was when there is a hole before it. */
export function fold(room: Room, frame: Events): FoldResult {
  if (frame.epoch !== room.position.epoch || frame.from > room.position.seq + 1) return nothing(room, true);
  if (frame.to <= room.position.seq) return nothing(room, false);
  const result: FoldResult = {
    room: { ...room, rows: new Map(room.rows), position: { epoch: frame.epoch, seq: frame.to } },
    touched: new Set(),
    isRosterChanged: false,
    isHole: false,
  };
  for (const event of frame.events) apply(result, event);
  return result;
}

function apply(result: FoldResult, event: RoomEventView): void {
  const { room } = result;
  if (event.decision !== undefined && event.decision > room.decision) room.decision = event.decision;
  if (!isAboutCandidate(event)) {
    if (event.set) room.session = { ...room.session, ...(event.set as Partial<SessionView>) };
    return;
  }
  result.touched.add(event.candidate);
  if (event.set === null) {
    result.isRosterChanged = room.rows.delete(event.candidate) || result.isRosterChanged;
    return;
  }
  const before = room.rows.get(event.candidate);
  // A row unknown here can only be born whole, by roster.changed; the cast says so.
  const after = { ...before, ...event.set } as Row;
  if (before === undefined && event.type !== "roster.changed") return;
  if (before === undefined || event.type === "roster.changed") result.isRosterChanged = true;
  room.rows.set(event.candidate, after);
}

/** Tells whether a beat says that this page was given more than it holds. */
export function isBehind(position: Position, beat: Position): boolean {
  return beat.epoch !== position.epoch || beat.seq > position.seq;
}
