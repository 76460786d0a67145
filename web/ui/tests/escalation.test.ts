// Who is called for what nobody goes to, and when.
import assert from "node:assert/strict";
import { test } from "node:test";
import { callsFor, isFree, type Called } from "../src/calling.ts";
import { stageOf } from "../src/escalation.ts";
import { USUAL_THRESHOLDS, type Need, type NeedKind } from "../src/needs.ts";
import { NOW } from "./rows.ts";

const THRESHOLDS = { ...USUAL_THRESHOLDS, call_again_after_seconds: 30, call_others_after_seconds: 60, call_admin_after_seconds: 120 };
const need = (kind: NeedKind, seconds: number, changed: Partial<Need> = {}): Need => ({
  kind, candidates: [1], sinceMs: NOW - seconds * 1000, raisedMs: NOW - seconds * 1000, takenBy: null, help: null, ...changed,
});
const stage = (one: Need): string | null => stageOf(one, NOW, THRESHOLDS);
const ALL: NeedKind[] = ["outage", "help", "asking", "offline", "over_time", "end_screen", "lapsing"];

/** Plays one console through the ages of one need; gives at what age, in seconds, it was called. */
function heard(kind: NeedKind, isFreeAt: (seconds: number) => boolean, takenByAt: (seconds: number) => string | null = () => null): number[] {
  const raisedMs = NOW;
  const ages: number[] = [];
  let called: Called = new Map();
  for (let seconds = 0; seconds <= 300; seconds += 1) {
    const one = need(kind, 0, { sinceMs: raisedMs, raisedMs, takenBy: takenByAt(seconds) });
    const next = callsFor([one], raisedMs + seconds * 1000, THRESHOLDS, called, isFreeAt(seconds));
    if (next.calls.length > 0) ages.push(seconds);
    called = next.called;
  }
  return ages;
}

test("an untaken need comes from stage to stage as it ages since it was raised", () => {
  assert.deepEqual([0, 29, 30, 59, 60, 119, 120].map((seconds) => stage(need("help", seconds))), ["first", "first", "again", "again", "others", "others", "admin"]);
  assert.equal(stage(need("offline", 90, { raisedMs: NOW - 30_000 })), "again", "the minute before it was a need does not count");
});

test("what can wait never calls, and what is taken calls nobody", () => {
  assert.deepEqual(ALL.filter((kind) => stage(need(kind, 500)) === null), ["over_time", "end_screen"]);
  assert.deepEqual(ALL.filter((kind) => stage(need(kind, 500, { takenBy: "A" })) !== null), []);
});

test("who goes nowhere is free; when everybody goes somewhere, everybody is", () => {
  const needs = [need("help", 5, { takenBy: "A" }), need("asking", 5)];
  assert.deepEqual(["A", "B"].map((name) => isFree(name, ["A", "B"], needs)), [false, true]);
  assert.equal(isFree("A", ["A"], needs), true, "alone in the room");
  assert.equal(isFree("A", ["A", "B"], [...needs, need("help", 5, { takenBy: "B" })]), true);
});

test("a free console is called when a need is raised, again, and with everybody", () => {
  assert.deepEqual(heard("help", () => true), [0, 30, 60]);
});

test("a busy console is called with everybody, or as soon as it is free", () => {
  assert.deepEqual(heard("offline", () => false), [60]);
  assert.deepEqual(heard("offline", (seconds) => seconds >= 10), [10, 30, 60]);
});

test("no call while somebody goes; who no longer goes leaves it as new", () => {
  assert.deepEqual(heard("asking", () => true, (seconds) => (seconds >= 5 ? "A" : null)), [0]);
  assert.deepEqual(heard("asking", () => true, (seconds) => (seconds >= 5 && seconds < 80 ? "A" : null)), [0, 80]);
});

test("a console that comes late is called once for what stands", () => {
  const next = callsFor([need("help", 500), need("offline", 500)], NOW, THRESHOLDS, new Map(), true);
  assert.deepEqual(next.calls.map((call) => call.isFirst), [true, true]);
  assert.deepEqual(callsFor([need("help", 501)], NOW + 1000, THRESHOLDS, next.called, true).calls.length, 1, "another call of the same person");
});

test("an outage is announced once while its members come and go", () => {
  const first = callsFor([need("outage", 1, { candidates: [1, 2, 3] })], NOW, THRESHOLDS, new Map(), true);
  const grown = callsFor([need("outage", 3, { candidates: [2, 3, 4, 5] })], NOW, THRESHOLDS, first.called, true);
  assert.deepEqual([first.calls.length, grown.calls.length], [1, 0]);
});

test("a need that came back is another one", () => {
  const first = callsFor([need("offline", 5)], NOW, THRESHOLDS, new Map(), true);
  const none = callsFor([], NOW, THRESHOLDS, first.called, true);
  assert.equal(callsFor([need("offline", 1)], NOW, THRESHOLDS, none.called, true).calls.length, 1);
});
