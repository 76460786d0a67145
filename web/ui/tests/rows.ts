// Builders of rows and frames for the tests of the pure parts.
import type { Events, RoomEventView, Row, Snapshot } from "../src/wire.ts";

export const AT = "2026-11-21T14:00:00Z";
export const NOW = Date.parse(AT);

/** An instant some seconds before NOW. */
export function ago(seconds: number): string {
  return new Date(NOW - seconds * 1000).toISOString();
}

export function row(id: number, changed: Partial<Row> = {}): Row {
  return {
    id,
    last_name: "Durand",
    first_name: "Émilie",
    birthdate: "2007-04-09",
    extra_time_percentage: 0,
    presence: { state: "confirmed", by: "A. Petit", at: AT },
    identity: "unchecked",
    authorization: null,
    attempt: "running",
    certification_number: 7,
    entry_no: 1,
    interrupted_at: null,
    ending_at: null,
    link: { state: "online", since: AT },
    waiting: { clients: 0 },
    entry_refused: null,
    progress: { answered: 3, total: 32, question: 4, at: AT },
    help: [],
    reports: [],
    end_screen_seen: null,
    time: { theoretical_end: new Date(NOW + 3_600_000).toISOString(), minutes_added: 0, interruptions: [] },
    version: 0,
    told_version: 0,
    ...changed,
  };
}

export function snapshot(rows: Row[], seq = 10): Snapshot {
  return {
    type: "snapshot",
    session: {
      number: 296, site: "S", room: "R", date: "2026-11-21", start_time: "14:00", time_zone: "Europe/Paris", duration_minutes: 105,
      invigilators: "", access_code: "XGDZ45", started_at: null, status: "open", taken_over: [], handed_over: [],
    },
    epoch: "e1",
    seq,
    server_time: AT,
    live: true,
    candidates: rows,
  };
}

export function events(from: number, to: number, list: RoomEventView[], epoch = "e1"): Events {
  return { type: "events", session: 296, epoch, from, to, events: list };
}

export const call = { id: 1, kind: "question" as const, question: 12, text: null, at: ago(95), taken_by: null, outcome: null, word: null };
