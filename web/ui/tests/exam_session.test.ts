// Where a session stands: planned, running, to finalize within 48 hours, late, and what the jury makes of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { extraMinutes, invigilatorNames, phaseOf, type ExamSession } from "../src/exam_session.ts";

const HOUR_MS = 3_600_000;
const START = Date.parse("2027-01-15T08:30:00Z");
const DUE = START + 2 * HOUR_MS + 48 * HOUR_MS;
const PLANNED: ExamSession = {
  number: 296,
  center: 1,
  center_name: "Lycée",
  site: "Lycée",
  room: "12",
  date: "2027-01-15",
  start_time: "09:30",
  time_zone: "Europe/Paris",
  duration_minutes: 120,
  invigilators: "",
  started_at: null,
  status: "open",
  candidates: 3,
};
const STARTED: ExamSession = { ...PLANNED, started_at: new Date(START).toISOString(), finalization_due_at: new Date(DUE).toISOString() };

test("a session is planned on its day and not held the day after the next", () => {
  assert.equal(phaseOf(PLANNED, START - 100 * HOUR_MS), "planned");
  assert.equal(phaseOf(PLANNED, START + 12 * HOUR_MS), "planned");
  assert.equal(phaseOf(PLANNED, START + 48 * HOUR_MS), "missed");
});

test("a started session runs until the last end, then is to be finalized within 48 hours, then is late", () => {
  assert.equal(phaseOf(STARTED, START), "running");
  assert.equal(phaseOf(STARTED, DUE - 48 * HOUR_MS - 1), "running");
  assert.equal(phaseOf(STARTED, DUE - 48 * HOUR_MS), "to_finalize");
  assert.equal(phaseOf(STARTED, DUE), "to_finalize");
  assert.equal(phaseOf(STARTED, DUE + 1), "late");
});

test("a session that was started while nobody has entered has nothing to finalize yet", () => {
  assert.equal(phaseOf({ ...STARTED, finalization_due_at: null }, DUE + HOUR_MS), "running");
});

test("what the jury knows counts before the clock", () => {
  for (const status of ["finalized", "in_review", "published"] as const) assert.equal(phaseOf({ ...STARTED, status }, DUE + 1), status);
});

test("extra time is rounded up to whole minutes", () => {
  assert.equal(extraMinutes(105, 33), 35);
  assert.equal(extraMinutes(105, 0), 0);
  assert.equal(extraMinutes(60, 25), 15);
});

test("invigilators are told apart by commas, semicolons and lines", () => {
  assert.deepEqual(invigilatorNames("A. Durand, B. Martin;C. Roux\n\nD. Petit "), ["A. Durand", "B. Martin", "C. Roux", "D. Petit"]);
  assert.deepEqual(invigilatorNames("  "), []);
});
