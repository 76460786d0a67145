// Interruptions of a room, and the minutes proposed for them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { backWithRoom } from "../src/compensation.ts";
import { batchesOf, interrupted, offersOf } from "../src/ledger.ts";
import type { InterruptionView, Row } from "../src/wire.ts";
import { ago, row } from "./rows.ts";

const loss = (seconds: number, cause: InterruptionView["cause"] = "room"): InterruptionView => ({ from: ago(1000), to: ago(1000 - seconds), cause });
const lost = (id: number, list: InterruptionView[], given = 0, changed: Partial<Row> = {}): Row =>
  row(id, { time: { theoretical_end: ago(-600), minutes_added: given, interruptions: list }, ...changed });

test("a minute begun is proposed whole, less what was given, and never after the end", () => {
  const rows = [lost(1, [loss(61)]), lost(2, [loss(300)], 5), lost(3, [loss(90)], 1), lost(4, [loss(90)], 0, { attempt: "finished" }), row(5)];
  assert.deepEqual(offersOf(rows).map((offer) => [offer.candidate, offer.minutes]), [[1, 2], [3, 1]]);
  assert.deepEqual(interrupted(rows).map((one) => one.id), [1, 2, 3, 4], "all of them are on the ledger");
});

test("an interruption that lasts proposes nothing yet", () => {
  assert.deepEqual(offersOf([lost(1, [{ from: ago(500), to: null, cause: "room" }])]), []);
});

test("the same minutes are one decision, with every cause it is for", () => {
  const rows = [lost(1, [loss(100)]), lost(2, [loss(200)]), lost(3, [loss(110, "hub"), loss(5, "candidate")])];
  assert.deepEqual(batchesOf(offersOf(rows)), [
    { minutes: 2, candidates: [1, 3], causes: ["candidate", "hub", "room"] },
    { minutes: 4, candidates: [2], causes: ["room"] },
  ]);
});

test("who is back after the room's own loss is offered minutes, others are not reminded", () => {
  const away = { from: ago(50), to: null, cause: "room" as const };
  const rows = [lost(1, [loss(100)]), lost(2, [loss(100, "candidate")]), lost(3, [loss(100), away]), lost(4, [loss(100)], 2), lost(5, [loss(100)], 0, { attempt: "ended" })];
  assert.deepEqual(backWithRoom(rows).map((one) => one.id), [1]);
});
