// Rules of the wall: frames put together, what a room's numbers say, trouble, order, filters.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lagsOf, merged } from "../src/wall/merge.ts";
import { belongs, EVERYTHING, haystackOf, isNarrowed, type Narrowing } from "../src/wall/narrowing.ts";
import { inGridOrder, kept, sorted, type Column } from "../src/wall/order.ts";
import { barOf, clockOf, phaseOf } from "../src/wall/summary.ts";
import { byGravity, isSame, keysOf, troublesOf, type TroubledRoom } from "../src/wall/trouble.ts";
import type { RoomSummary } from "../src/wire.ts";
import { AT, NOW, ago } from "./rows.ts";
import { list, summary } from "./summaries.ts";

const MINUTE_MS = 60_000;
const running = (session: number, changed: Partial<RoomSummary> = {}): RoomSummary =>
  summary(session, { started_at: ago(600), expected: 0, running: 20, ...changed });

test("of several frames the newest of each room counts, in the order they came", () => {
  const change = merged([list([summary(1, { seq: 1 }), summary(2)]), list([summary(1, { seq: 2 })], [2]), list([summary(3)])]);
  assert.deepEqual([...change.rooms.values()].map((room) => [room.session, room.seq]), [[1, 2], [3, 1]]);
  assert.deepEqual([...change.gone], [2]);
});

test("a room that left and came back between two paints is there", () => {
  const change = merged([list([], [1]), list([summary(1)])]);
  assert.deepEqual([[...change.rooms.keys()], [...change.gone]], [[1], []]);
});

test("after a hello, what the list does not show is gone", () => {
  const change = merged([list([summary(2)])], [1, 2]);
  assert.deepEqual([[...change.rooms.keys()], [...change.gone]], [[2], [1]]);
});

test("only rooms behind the beat have an age of their own", () => {
  const beat = { type: "beat" as const, server_time: AT, as_of: ago(1), behind: [{ session: 4, as_of: ago(9) }], degraded: [] };
  assert.deepEqual([...lagsOf(beat)], [[4, 9_000]]);
});

test("a room runs from its start until nobody works in it any more", () => {
  assert.equal(phaseOf(summary(1), NOW), "planned");
  assert.equal(phaseOf(summary(1, { started_at: ago(5) }), NOW), "running");
  assert.equal(phaseOf(running(1), NOW), "running");
  assert.equal(phaseOf(running(1, { running: 0, finished: 18, confirmed: 2 }), NOW), "running");
  assert.equal(phaseOf(running(1, { running: 0, finished: 18, absent: 2 }), NOW), "over");
  assert.equal(phaseOf(running(1, { status: "finalized" }), NOW), "over");
});

test("a room nobody came back to is over after its planned end, one in which somebody works never is", () => {
  const late = { started_at: ago(106 * 60) };
  assert.equal(phaseOf(running(1, { ...late, running: 0, expected: 20 }), NOW), "over");
  assert.equal(phaseOf(running(1, { ...late, running: 1 }), NOW), "running");
});

test("elapsed and left add up to the duration, in whole minutes", () => {
  assert.equal(clockOf(summary(1), NOW), null);
  assert.deepEqual(clockOf(running(1, { started_at: ago(605) }), NOW), { elapsedMs: 10 * MINUTE_MS, leftMs: 95 * MINUTE_MS });
  assert.equal(clockOf(running(1, { started_at: ago(110 * 60) }), NOW)?.leftMs, -5 * MINUTE_MS);
});

test("the bar divides its width among those there are", () => {
  const pieces = barOf(summary(1, { candidates: 4, expected: 1, running: 2, finished: 0, ended: 1 }), 100);
  assert.deepEqual(pieces, [
    { part: "expected", from: 0, width: 25 },
    { part: "running", from: 25, width: 50 },
    { part: "over", from: 75, width: 25 },
  ]);
  assert.deepEqual(barOf(summary(1, { candidates: 0, expected: 0 }), 100), []);
});

const THRESHOLD_MS = 60_000;
const trouble = (room: RoomSummary, lagMs = 0): string[] => troublesOf(room, lagMs, NOW, THRESHOLD_MS).map((one) => one.is);

test("a room is unattended after the threshold, not before, and not without a threshold", () => {
  const alone = { invigilators: 0, unattended_since: ago(60) };
  assert.deepEqual(trouble(running(1, alone)), ["unattended"]);
  assert.deepEqual(trouble(running(1, { ...alone, unattended_since: ago(59) })), []);
  assert.deepEqual(troublesOf(running(1, alone), 0, NOW, Infinity), []);
});

test("every trouble of a room is told, the gravest first", () => {
  const room = running(1, { lost_together: 12, escalated_at: ago(30), worst_need: "help", invigilators: 0, unattended_since: ago(90) });
  assert.deepEqual(trouble(room, 8_000), ["outage", "escalated", "unattended", "stale"]);
});

test("a room is stale from eight seconds of its own age on", () => {
  assert.deepEqual(trouble(running(1), 7_999), []);
  assert.deepEqual(troublesOf(running(1), 8_000, NOW, THRESHOLD_MS), [{ is: "stale", sinceMs: NOW - 8_000 }]);
});

test("an outage is as old as the oldest need only when it is the worst one", () => {
  const since = (worst_need: "outage" | "help"): unknown =>
    troublesOf(running(1, { lost_together: 3, worst_need, oldest_need_at: ago(70) }), 0, NOW, THRESHOLD_MS)[0]?.sinceMs;
  assert.deepEqual([since("outage"), since("help")], [NOW - 70_000, null]);
});

const troubled = (session: number, ...kinds: TroubledRoom["troubles"][number]["is"][]): TroubledRoom => ({
  session,
  troubles: kinds.map((is) => ({ is, sinceMs: NOW })),
});

test("the strip is sorted by gravity, and keeps its order while ages grow", () => {
  const rooms = [troubled(1, "stale"), troubled(2, "unattended", "stale"), troubled(4, "outage"), troubled(3, "unattended")];
  assert.deepEqual(byGravity(rooms).map((room) => room.session), [4, 2, 3, 1]);
});

test("a trouble is known again by its kind and its room", () => {
  assert.deepEqual([...keysOf([troubled(1, "stale", "outage"), troubled(2, "stale")])], ["stale 1", "outage 1", "stale 2"]);
});

test("the strip repaints when something in it is another, not when the clock of a beat differs", () => {
  const later = (ms: number): TroubledRoom => ({ session: 1, troubles: [{ is: "stale", sinceMs: NOW + ms }] });
  assert.ok(isSame([later(0)], [later(1_000)]));
  assert.ok(!isSame([later(0)], [later(6_000)]));
  assert.ok(!isSame([later(0)], [troubled(2, "stale")]));
  assert.ok(!isSame([later(0)], [troubled(1, "stale", "outage")]));
  assert.ok(!isSame([later(0)], []));
});

const numbers = (rooms: RoomSummary[]): number[] => rooms.map((room) => room.session);

test("the grid is sorted by start, site and room, and numbers in names count as numbers", () => {
  const rooms = [
    summary(1, { room: "Salle 10" }),
    summary(2, { room: "Salle 9" }),
    summary(3, { site: "Annexe" }),
    summary(4, { start_time: "08:00" }),
    summary(5, { date: "2026-11-20", start_time: "18:00" }),
  ];
  assert.deepEqual(numbers(rooms.sort(inGridOrder)), [5, 4, 3, 2, 1]);
});

test("the table sorts by a column both ways, equals in the grid's order", () => {
  const rooms = [summary(1, { running: 3 }), summary(2, { running: 9 }), summary(3, { running: 3 })];
  const beside = { nowMs: NOW, troubles: (number: number) => (number === 3 ? 1 : 0) };
  const by = (column: Column, isDescending = false): number[] => numbers(sorted(rooms, { column, isDescending }, beside));
  assert.deepEqual(by("running"), [1, 3, 2]);
  assert.deepEqual(by("running", true), [2, 1, 3]);
  assert.deepEqual(by("trouble", true), [3, 1, 2]);
  assert.deepEqual(by("start", true), [3, 2, 1]);
});

test("an order once made stays: newcomers stand at its end", () => {
  assert.deepEqual(kept([3, 1, 2], [1, 2, 4, 3]), [3, 1, 2, 4]);
  assert.deepEqual(kept([3, 1, 2], [1, 2]), [1, 2]);
});

const is = (room: RoomSummary, by: Partial<Narrowing>, known: { center?: string; isTroubled?: boolean } = {}): boolean =>
  belongs(room, { ...EVERYTHING, ...by }, { center: "7", isTroubled: false, ...known, phase: phaseOf(room, NOW), haystack: haystackOf(room) });

test("rooms are found without accents or case, by room, site or number, in any order", () => {
  const room = summary(296, { room: "Amphithéâtre", site: "Lycée Évariste-Galois" });
  for (const typed of ["amphitheatre", "galois amphi", "296", "ÉVARISTE", ""]) assert.ok(is(room, { typed }), typed);
  assert.ok(!is(room, { typed: "salle" }));
});

test("each filter leaves out what is not asked for", () => {
  const room = running(1);
  assert.ok(is(room, { center: "7", site: "Lycée", phase: "running" }));
  assert.ok(!is(room, { center: "8" }));
  assert.ok(!is(room, { site: "Annexe" }));
  assert.ok(!is(room, { phase: "planned" }));
  assert.ok(!is(room, { isTroubledOnly: true }));
  assert.ok(is(room, { isTroubledOnly: true }, { isTroubled: true }));
});

test("blanks typed into the search narrow nothing", () => {
  assert.ok(!isNarrowed({ ...EVERYTHING, typed: "  " }));
  assert.ok(isNarrowed({ ...EVERYTHING, typed: "a" }));
});
