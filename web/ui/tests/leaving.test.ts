// A page that leaves a room for another keeps nothing of the first one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromSnapshot } from "../src/fold.ts";
import { beginAnew } from "../src/invigilator/of_room.ts";
import * as state from "../src/invigilator/state.ts";
import { row, snapshot } from "./rows.ts";

test("leaving a room forgets its rows, its people, its filters and its clock", () => {
  state.show(fromSnapshot(snapshot([row(1), row(2)])));
  state.people.value = [{ name: "A. Petit", connection: "c1", look: 1, role: "invigilator" }];
  state.you.value = { role: "center_admin", name: "A. Castel", may_command: false };
  state.typed.value = "durand";
  state.choose("running");
  state.held.value = new Set([1]);
  state.clock.heard({ type: "beat", server_time: "2026-11-21T14:00:00Z" });
  assert.equal(state.shown.value.length, 2);
  beginAnew();
  assert.equal(state.session.value, null);
  assert.deepEqual([state.shown.value, state.allRows.value, state.people.value], [[], [], []]);
  assert.equal(state.rowOf(1), undefined);
  assert.deepEqual([state.filter.value, state.typed.value, state.held.value.size, state.you.value], ["all", "", 0, { role: "invigilator" }]);
  assert.equal(state.clock.ageMs(), null);
  state.show(fromSnapshot(snapshot([row(3)])));
  assert.deepEqual([state.shown.value, state.counts.value.all], [[3], 1]);
});
