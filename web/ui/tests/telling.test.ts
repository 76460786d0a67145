// Rules of what a dashboard says of itself: when, how often, and what a lost line leaves to be said.
import assert from "node:assert/strict";
import { test } from "node:test";
import { alertsOf, Telling, type Sight } from "../src/invigilator/telling.ts";
import type { Alert, Saw } from "../src/wire.ts";

const help: Alert = { candidate: 12, need: "help" };
const asking: Alert = { candidate: 13, need: "asking" };

/** A dashboard that looks each half second, on a line that may be down. */
class Desk {
  readonly said: Saw[] = [];
  readonly saidAt: number[] = [];
  isUp = true;
  now = 0;
  sight: Sight = { freshness: "live", ageMs: 200, isHidden: false, alerts: [] };
  private readonly telling = new Telling();

  passes(seconds: number, change: Partial<Sight> = {}): this {
    this.sight = { ...this.sight, ...change };
    for (let left = seconds * 2; left > 0; left -= 1) {
      this.now += 500;
      if (this.sight.freshness === "offline") this.sight = { ...this.sight, ageMs: this.sight.ageMs + 500 };
      this.telling.look(this.sight, this.now, (frame) => this.hears(frame));
    }
    return this;
  }

  drops(): this {
    this.isUp = false;
    this.telling.lineLost();
    return this;
  }

  private hears(frame: Saw): boolean {
    if (!this.isUp) return false;
    this.said.push(frame);
    this.saidAt.push(this.now);
    return true;
  }
}

test("the first look is said at once, and then nothing while nothing changes", () => {
  const desk = new Desk().passes(60);
  assert.deepEqual(desk.said, [{ type: "saw", freshness: "live", age_ms: 200, is_hidden: false, alerts: [] }]);
  assert.deepEqual(desk.saidAt, [500]);
});

test("what changes fast is gathered: one frame each two seconds, with what stands by then", () => {
  const desk = new Desk().passes(0.5).passes(0.5, { alerts: [help] }).passes(0.5, { alerts: [help, asking] }).passes(5, { isHidden: true });
  assert.deepEqual(desk.saidAt, [500, 2_500]);
  assert.deepEqual(desk.said[1]?.alerts, [help, asking]);
  assert.equal(desk.said[1]?.is_hidden, true);
});

test("what came and went between two frames is not said, and the order of a list is no change", () => {
  const desk = new Desk().passes(0.5, { alerts: [help, asking] }).passes(0.5, { alerts: [help] }).passes(60, { alerts: [asking, help] });
  assert.equal(desk.said.length, 1);
});

test("the age is the greatest one since the frame before", () => {
  const desk = new Desk().passes(3).passes(1, { ageMs: 2_700 }).passes(1, { ageMs: 900 }).passes(3, { alerts: [help] }).passes(1, { ageMs: 100, alerts: [] });
  assert.deepEqual(desk.said.map((frame) => frame.age_ms), [200, 2_700, 900]);
});

test("whoever comes back says what was, with its greatest age and what stood on it, and then what is", () => {
  const desk = new Desk().passes(3, { alerts: [help] }).drops().passes(5, { freshness: "slow", ageMs: 5_000 }).passes(40, { freshness: "offline", ageMs: 8_000 });
  assert.equal(desk.said.length, 1);
  desk.isUp = true;
  desk.passes(5, { freshness: "live", ageMs: 100, alerts: [asking] });
  assert.deepEqual(desk.said.slice(1), [
    { type: "saw", freshness: "offline", age_ms: 48_500, is_hidden: false, alerts: [help] },
    { type: "saw", freshness: "live", age_ms: 100, is_hidden: false, alerts: [asking] },
  ]);
});

test("what was said into a line that was dead already is said again on the next one", () => {
  const desk = new Desk().passes(3).passes(4, { freshness: "offline", ageMs: 8_000 });
  assert.deepEqual(desk.said.map((frame) => frame.freshness), ["live", "offline"]);
  desk.drops().passes(10);
  desk.isUp = true;
  desk.passes(5, { freshness: "live", ageMs: 100 });
  assert.deepEqual(desk.said.slice(2).map((frame) => [frame.freshness, frame.age_ms]), [["offline", 22_500], ["live", 100]]);
});

test("on a line that held, data that are fresh again are said once, with the age they had come to", () => {
  const desk = new Desk().passes(3).passes(30, { freshness: "offline", ageMs: 8_000 }).passes(10, { freshness: "live", ageMs: 100 });
  assert.deepEqual(desk.said.map((frame) => [frame.freshness, frame.age_ms]), [["live", 200], ["offline", 8_500], ["live", 38_000]]);
});

test("a new line hears what is, even when nothing has changed", () => {
  const desk = new Desk().passes(3).drops().passes(1);
  desk.isUp = true;
  desk.passes(3);
  assert.deepEqual(desk.said.map((frame) => frame.freshness), ["live", "live"]);
});

test("an outage is an alert for each of its members, after the others", () => {
  const expected = [help, { candidate: 4, need: "outage" }, { candidate: 5, need: "outage" }];
  assert.deepEqual(alertsOf([{ kind: "outage", candidates: [4, 5] }, { kind: "help", candidates: [12] }]), expected);
});

test("a frame never holds more alerts than the wire takes, nor an age beyond its bound", () => {
  assert.equal(alertsOf([{ kind: "outage", candidates: Array.from({ length: 90 }, (_, id) => id + 1) }, { kind: "help", candidates: [200] }]).length, 60);
  assert.deepEqual(alertsOf([{ kind: "outage", candidates: Array.from({ length: 90 }, (_, id) => id + 1) }, { kind: "help", candidates: [200] }])[0], { candidate: 200, need: "help" });
  const desk = new Desk().passes(1, { freshness: "offline", ageMs: 30 * 24 * 3_600_000 });
  assert.equal(desk.said[0]?.age_ms, 7 * 24 * 3_600_000);
});
