// Rules of what is said about a decision on its way to a candidate's screen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { QUIET_MS, SEEN_MS, advance, deliveryOf, follow, reachOf, type Way } from "../src/delivery.ts";
import type { Row } from "../src/wire.ts";
import { NOW, ago, row } from "./rows.ts";

const LATE = NOW + QUIET_MS + 500;
const online = (changed: Partial<Row> = {}): Row => row(1, { version: 7, told_version: 7, ...changed });
const offline = { link: { state: "offline" as const, since: ago(60) } };
const settled = advance(undefined, online(), NOW - 60_000);
/** A decision that this page saw being taken, at NOW. */
const decided = (changed: Partial<Row> = {}, cause = "time.added"): [Way, Row] => {
  const after = online({ version: 9, ...changed });
  return [advance(settled, after, NOW, cause), after];
};

test("nothing is said of a screen that has shown everything", () => {
  assert.equal(deliveryOf(settled, online(), LATE), null);
});

test("the usual way of a decision is too short to be told", () => {
  const [way, after] = decided();
  assert.equal(deliveryOf(way, after, NOW + 50), null);
  assert.equal(deliveryOf(way, after, LATE), "waiting");
});

test("who gave the command sees it arrive, for a while; a colleague sees only what was late", () => {
  const [way, after] = decided();
  const told = { ...after, told_version: 9 };
  const quick = advance(way, told, NOW + 40);
  assert.equal(deliveryOf(quick, told, NOW + 50), null);
  const mine = follow(quick, NOW + 60);
  assert.equal(deliveryOf(mine, told, NOW + 100), "seen");
  assert.equal(deliveryOf(mine, told, NOW + 60 + SEEN_MS), null);
  const late = advance(way, told, LATE);
  assert.equal(deliveryOf(late, told, LATE), "seen");
});

test("a command that is followed before it arrives is seen when it does", () => {
  const [way, after] = decided();
  const mine = follow(way, NOW + 10);
  assert.equal(deliveryOf(mine, after, NOW + 20), null);
  const told = { ...after, told_version: 9 };
  assert.equal(deliveryOf(advance(mine, told, NOW + 40), told, NOW + 50), "seen");
});

test("who is not connected is told apart from who does not answer", () => {
  assert.equal(deliveryOf(...decided(offline), LATE), "away");
  assert.equal(deliveryOf(...decided({ ...offline, waiting: { clients: 1 } }), LATE), "waiting");
  assert.equal(deliveryOf(...decided({ link: { state: "suspect", since: ago(2) } }), LATE), "waiting");
});

test("somebody confirmed before sitting down has not seen it yet; an expected or absent one is not waited for", () => {
  const before = { attempt: "not_started" as const, entry_no: 0, told_version: 0, link: { state: "never" as const, since: null } };
  const known = (changed: Partial<Row>): [Way, Row] => {
    const one = online({ ...before, ...changed });
    return [advance(undefined, one, NOW), one];
  };
  assert.equal(deliveryOf(...known({}), LATE), "never");
  for (const state of ["expected", "absent"] as const) {
    assert.equal(deliveryOf(...known({ presence: { state, by: null, at: null } }), LATE), null);
  }
});

test("after a reload the row alone says that something is still on its way", () => {
  const one = online({ version: 9 });
  assert.equal(deliveryOf(advance(undefined, one, NOW), one, LATE), "waiting");
});

test("what was once shown stays shown when the live store forgets it", () => {
  const forgot = online({ told_version: 0 });
  assert.equal(deliveryOf(advance(settled, forgot, NOW), forgot, LATE), null);
  const next = { ...forgot, version: 9 };
  assert.equal(deliveryOf(advance(settled, next, NOW, "time.added"), next, LATE), "waiting");
});

test("a page that never knew says nothing of who entered, when the live store has forgotten or is away", () => {
  const forgot = online({ told_version: 0 });
  assert.equal(deliveryOf(advance(undefined, forgot, NOW), forgot, LATE), null);
  const unknown = online({ version: 9, link: { state: "unknown", since: null } });
  assert.equal(deliveryOf(advance(settled, unknown, NOW, "time.added"), unknown, LATE), null);
});

test("an interruption alone is nothing to wait for; what somebody does about it is", () => {
  const interrupted = { ...offline, interrupted_at: ago(20) };
  assert.equal(deliveryOf(...decided(interrupted, "candidate.interrupted"), LATE), null);
  assert.equal(deliveryOf(...decided(interrupted, "time.added"), LATE), "away");
  const authorization = { kind: "resume" as const, by: "A", at: ago(5), expires_at: null };
  const reloaded = online({ ...interrupted, authorization, version: 9 });
  assert.equal(deliveryOf(advance(undefined, reloaded, NOW), reloaded, LATE), "away");
});

test("who is over is waited for only while a screen is there that still shows a test", () => {
  for (const attempt of ["finished", "ended"] as const) {
    assert.equal(deliveryOf(...decided({ ...offline, attempt }), LATE), null);
    assert.equal(deliveryOf(...decided({ attempt }), LATE), "waiting");
  }
  assert.equal(deliveryOf(...decided({ attempt: "closed" }), LATE), null);
});

test("what became of a decision is still told after a newer one was taken", () => {
  const [way, after] = decided();
  const newer = advance(follow(way, NOW), { ...after, version: 11, told_version: 9 }, NOW + 100, "presence.confirmed");
  assert.equal(reachOf(newer, after, 9, LATE), "seen");
  assert.equal(reachOf(newer, after, 11, NOW + 500), null);
  assert.equal(reachOf(newer, after, 11, LATE), "waiting");
});

test("a room restored from an older state begins anew", () => {
  const restored = online({ version: 5, told_version: 0 });
  const way = advance(settled, restored, NOW);
  assert.deepEqual([way.version, way.told], [5, 0]);
});
