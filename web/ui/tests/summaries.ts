// Builders of rooms and frames as a wall hears them.
import type { RoomsFrame, RoomSummary } from "../src/wire.ts";
import { AT } from "./rows.ts";

export function summary(session: number, changed: Partial<RoomSummary> = {}): RoomSummary {
  return {
    session,
    epoch: "e1",
    seq: 1,
    site: "Lycée",
    room: `Salle ${session}`,
    date: "2026-11-21",
    start_time: "14:00",
    time_zone: "Europe/Paris",
    duration_minutes: 105,
    status: "open",
    started_at: null,
    ends_at: null,
    candidates: 20,
    expected: 20,
    absent: 0,
    confirmed: 0,
    running: 0,
    finished: 0,
    ended: 0,
    waiting: 0,
    offline: 0,
    asking: 0,
    help_open: 0,
    over_time: 0,
    lost_together: 0,
    answered: 0,
    total: 0,
    needs: 0,
    untaken: 0,
    worst_need: null,
    oldest_need_at: null,
    escalated_at: null,
    invigilators: 1,
    unattended_since: null,
    taken_over: [],
    is_live: true,
    as_of: AT,
    ...changed,
  };
}

export function list(rooms: RoomSummary[], gone: number[] = []): RoomsFrame {
  return { type: "rooms", rooms, gone };
}
