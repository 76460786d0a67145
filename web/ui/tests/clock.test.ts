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

test("a snapshot and events are fresh data once a beat of this line has said how old they are", () => {
  for (const type of ["snapshot", "events", "rooms"]) {
    const clock = new HubClock();
    clock.heard({ type: "welcome", server_time: AT });
    clock.heard({ type });
    assert.equal(freshness(clock.ageMs()), "offline", type);
    clock.heard({ type: "beat", server_time: AT, as_of: AT });
    clock.heard({ type });
    assert.equal(freshness(clock.ageMs()), "live", type);
  }
});

test("what is no data makes nothing younger", (context) => {
  const { clock, beat, pass } = listening(context);
  beat(0);
  pass(5_000);
  for (const type of ["reply", "colleagues"]) clock.heard({ type });
  assert.equal(clock.ageMs(), 5_000);
});

test("a new line makes nothing younger before its first beat", (context) => {
  const { clock, beat, pass } = listening(context);
  beat(0);
  pass(5_000);
  clock.heard({ type: "welcome", server_time: new Date(NOW + 5_000).toISOString() });
  clock.heard({ type: "events" });
  assert.equal(clock.ageMs(), 5_000);
  beat(0);
  assert.equal(clock.ageMs(), 0);
});

test("data is as old as the hub says it is, however young the frame", () => {
  const clock = new HubClock();
  clock.heard({ type: "beat", server_time: AT, as_of: new Date(NOW - 5_000).toISOString() });
  assert.equal(freshness(clock.ageMs()), "slow");
  assert.equal(clock.isHubBehind, true);
});

/** A clock that has heard a welcome and a beat, and what moves the page's time and brings beats after that. */
function listening(context: TestContext) {
  let page = 0;
  context.mock.method(performance, "now", () => page);
  context.mock.method(Date, "now", () => page);
  const clock = new HubClock();
  const beat = (lateMs: number, lagMs = 0, setMs = 0): void => {
    const server = NOW + setMs + page - lateMs;
    clock.heard({ type: "beat", server_time: new Date(server).toISOString(), as_of: new Date(server - lagMs).toISOString() });
  };
  clock.heard({ type: "welcome", server_time: AT });
  return { clock, beat, pass: (ms: number) => (page += ms) };
}

test("what a line brings late is old, though it comes each second", (context) => {
  const { clock, beat, pass } = listening(context);
  beat(0);
  assert.equal(clock.ageMs(), 0);
  pass(4_000);
  for (let second = 0; second < 5; second += 1) {
    pass(1_000);
    beat(4_000);
    assert.equal(clock.ageMs(), 4_000);
  }
  assert.equal(freshness(clock.ageMs()), "slow");
  assert.equal(clock.isHubBehind, false, "the hub is not to blame");
  assert.equal(clock.now(), NOW + 9_000, "the hub's time is right all the same");
  pass(1_000);
  beat(0);
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
  for (const set of [-4_000, -64_000, -600_000, 600_000]) {
    pass(1_000);
    beat(0, 0, set);
    pass(1_000);
    beat(0, 0, set);
    assert.equal(clock.ageMs(), 0, String(set));
  }
});
