// Rules of the age of the data: only what carries or verifies data makes it younger.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { HubClock, freshness } from "../src/clock.ts";
import { AT, NOW } from "./rows.ts";

test("a welcome and a reply tell the time and make nothing fresh", () => {
  const clock = new HubClock();
  clock.heard({ type: "welcome", server_time: AT });
  clock.heard({ type: "reply" });
  assert.equal(clock.ageMs(), null);
  assert.equal(freshness(clock.ageMs()), "offline");
  assert.ok(Math.abs(clock.now() - NOW) < 1_000);
});

test("a snapshot, events and a beat are fresh data", () => {
  for (const type of ["snapshot", "events", "beat"]) {
    const clock = new HubClock();
    clock.heard({ type });
    assert.equal(freshness(clock.ageMs()), "live", type);
  }
});

test("data is as old as the hub says it is, however young the frame", () => {
  const clock = new HubClock();
  clock.heard({ type: "beat", server_time: AT, as_of: new Date(NOW - 5_000).toISOString() });
  assert.equal(freshness(clock.ageMs()), "slow");
  assert.equal(clock.isHubBehind, true);
});

/** A clock that has heard a welcome and a beat, and what moves the page's time and brings beats after that. */
function listening(context: TestContext, openingMs = 0) {
  let page = 0;
  context.mock.method(performance, "now", () => page);
  context.mock.method(Date, "now", () => page);
  const clock = new HubClock();
  const beat = (lateMs: number, lagMs = 0, setMs = 0): void => {
    const server = NOW + setMs + page - lateMs;
    clock.heard({ type: "beat", server_time: new Date(server).toISOString(), as_of: new Date(server - lagMs).toISOString() });
  };
  clock.heard({ type: "welcome", server_time: AT }, openingMs);
  return { clock, beat, pass: (ms: number) => (page += ms) };
}

test("what a line brings late is old, though it comes each second", (context) => {
  const { clock, beat, pass } = listening(context);
  beat(0);
  assert.equal(clock.ageMs(), 0);
  for (let second = 0; second < 5; second += 1) {
    pass(1_000);
    beat(4_000);
    assert.equal(clock.ageMs(), 4_000);
  }
  assert.equal(freshness(clock.ageMs()), "slow");
  assert.equal(clock.isHubBehind, false, "the hub is not to blame");
  assert.equal(clock.now(), NOW + 5_000, "the hub's time is right all the same");
  pass(1_000);
  beat(0);
  assert.equal(clock.ageMs(), 0);
});

test("a line that opened slowly may be slow from its first frame, until it is quicker", (context) => {
  const { clock, beat, pass } = listening(context, 8_000);
  beat(0);
  assert.equal(clock.ageMs(), 4_000);
  pass(1_000);
  beat(-4_000);
  assert.equal(clock.ageMs(), 0);
});

test("old when it left, late on its way, and then nothing more: the ages add up, but for one beat", (context) => {
  const { clock, beat, pass } = listening(context);
  beat(1_500, 1_000);
  assert.equal(clock.ageMs(), 2_500);
  pass(2_000);
  assert.equal(clock.ageMs(), 3_500);
});

test("a hub whose clock is set makes nothing old", (context) => {
  const { clock, beat, pass } = listening(context);
  beat(0);
  for (const set of [-600_000, 600_000]) {
    pass(1_000);
    beat(0, 0, set);
    pass(1_000);
    beat(0, 0, set);
    assert.equal(clock.ageMs(), 0, String(set));
  }
});
