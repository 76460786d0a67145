// Rules of the age of the data: only what carries or verifies data makes it younger.
import assert from "node:assert/strict";
import { test } from "node:test";
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
