// Rules of the fold: no hole, last value wins, the fold is `row |= set`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, fromSnapshot, isBehind } from "../src/fold.ts";
import { AT, events, row, snapshot } from "./rows.ts";

const start = () => fromSnapshot(snapshot([row(1), row(2)])).room;

test("an event changes the keys it names and no other", () => {
  const result = fold(start(), events(11, 11, [{ type: "candidate.disconnected", at: AT, candidate: 1, set: { link: { state: "offline", since: AT } } }]));
  assert.equal(result.room.rows.get(1)?.link.state, "offline");
  assert.equal(result.room.rows.get(1)?.progress?.answered, 3);
  assert.deepEqual([...result.touched], [1]);
  assert.deepEqual(result.room.position, { epoch: "e1", seq: 11 });
});

test("a hole leaves the room as it was and says so", () => {
  const room = start();
  const result = fold(room, events(12, 13, []));
  assert.equal(result.isHole, true);
  assert.equal(result.room, room);
});

test("another epoch is a hole", () => {
  assert.equal(fold(start(), events(11, 11, [], "e2")).isHole, true);
});

test("a frame seen before changes nothing", () => {
  const room = start();
  const result = fold(room, events(9, 10, [{ type: "candidate.finished", at: AT, candidate: 1, set: { attempt: "finished" } }]));
  assert.equal(result.room, room);
  assert.equal(result.isHole, false);
});

test("a frame whose older progress was left out still moves the position to its end", () => {
  assert.equal(fold(start(), events(11, 19, [])).room.position.seq, 19);
});

test("roster.changed with null removes the row, with a whole row adds it", () => {
  const gone = fold(start(), events(11, 11, [{ type: "roster.changed", at: AT, candidate: 2, set: null, decision: 5 }]));
  assert.deepEqual([...gone.room.rows.keys()], [1]);
  assert.equal(gone.isRosterChanged, true);
  const whole = { ...row(3) } as Record<string, unknown>;
  const back = fold(gone.room, events(12, 12, [{ type: "roster.changed", at: AT, candidate: 3, set: whole }]));
  assert.deepEqual([...back.room.rows.keys()], [1, 3]);
  assert.equal(back.room.decision, 5);
});

test("a session event changes the session", () => {
  const result = fold(start(), events(11, 11, [{ type: "session.started", at: AT, set: { started_at: AT }, decision: 8 }]));
  assert.equal(result.room.session.started_at, AT);
  assert.equal(result.room.decision, 8);
});

test("the room before is never changed by a fold", () => {
  const room = start();
  fold(room, events(11, 11, [{ type: "candidate.finished", at: AT, candidate: 1, set: { attempt: "finished" }, decision: 9 }]));
  assert.equal(room.rows.get(1)?.attempt, "running");
  assert.equal(room.decision, 0);
});

test("a beat ahead of the position, or of another epoch, says that something is missing", () => {
  assert.equal(isBehind({ epoch: "e1", seq: 4 }, { epoch: "e1", seq: 4 }), false);
  assert.equal(isBehind({ epoch: "e1", seq: 4 }, { epoch: "e1", seq: 5 }), true);
  assert.equal(isBehind({ epoch: "e1", seq: 4 }, { epoch: "e2", seq: 1 }), true);
});
