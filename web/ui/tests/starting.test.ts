// Rules of the start of several rooms at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../src/http.ts";
import { AT_ONCE, attemptOf, startAll, whyNot, type Course, type Hub } from "../src/wall/starting.ts";
import type { Reply } from "../src/wire.ts";
import { NOW, ago } from "./rows.ts";
import { summary } from "./summaries.ts";

const YES: Answer<Reply> = { ok: true, body: { type: "reply", ref: 0, ok: true } };
const no = (code: string, after_ms?: number): Answer<Reply> => ({ ok: false, status: 409, error: { code, ...(after_ms ? { after_ms } : {}) } });

interface Asked {
  number: number;
  type: string;
  key: string;
}

/** A hub that answers what the test says and remembers what it was asked. */
class Script implements Hub {
  readonly asked: Asked[] = [];
  readonly waited: number[] = [];
  mostAtOnce = 0;
  private atOnce = 0;
  private readonly answers: (asked: Asked, times: number) => Answer<Reply>;

  constructor(answers: (asked: Asked, times: number) => Answer<Reply>) {
    this.answers = answers;
  }

  async command(number: number, { type, key }: { type: string; key: string }): Promise<Answer<Reply>> {
    const asked = { number, type, key };
    const times = this.asked.filter((one) => one.number === number && one.type === type).length;
    this.asked.push(asked);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    await Promise.resolve();
    this.atOnce -= 1;
    return this.answers(asked, times);
  }

  accessCode(number: number): Promise<string> {
    return Promise.resolve(`CODE${number}`);
  }

  wait(ms: number): Promise<void> {
    this.waited.push(ms);
    return Promise.resolve();
  }
}

async function outcomes(hub: Hub, attempts: Parameters<typeof startAll>[1]): Promise<Map<number, Course>> {
  const courses = new Map<number, Course>();
  await startAll(hub, attempts, (number, course) => courses.set(number, course));
  return courses;
}

test("a room can start while it is open and has not started", () => {
  assert.equal(whyNot(summary(1), NOW), null);
  assert.equal(whyNot(undefined, NOW), "gone");
  assert.equal(whyNot(summary(1, { status: "finalized" }), NOW), "closed");
  assert.equal(whyNot(summary(1, { started_at: ago(5), running: 1 }), NOW), "started");
  assert.equal(whyNot(summary(1, { started_at: ago(5), expected: 0, finished: 20 }), NOW), "over");
});

test("each room is taken over, then started, and its code is told", async () => {
  const hub = new Script(() => YES);
  const courses = await outcomes(hub, [attemptOf(1)]);
  assert.deepEqual(hub.asked.map((one) => one.type), ["room.take_over", "session.start"]);
  assert.notEqual(hub.asked[0]?.key, hub.asked[1]?.key);
  assert.deepEqual(courses.get(1), { is: "started", isAlready: false, code: "CODE1" });
});

test("what could not be taken over is not started, and the others are", async () => {
  const hub = new Script((asked) => (asked.number === 2 ? no("session_closed") : YES));
  const courses = await outcomes(hub, [1, 2, 3].map(attemptOf));
  assert.deepEqual(courses.get(2), { is: "failed", error: "session_closed", isHeld: false });
  assert.deepEqual([courses.get(1)?.is, courses.get(3)?.is], ["started", "started"]);
  assert.ok(!hub.asked.some((one) => one.number === 2 && one.type === "session.start"));
});

test("a retry carries the same keys", async () => {
  const hub = new Script((asked, times) => (asked.type === "session.start" && times === 0 ? no("network") : YES));
  const attempt = attemptOf(1);
  assert.deepEqual((await outcomes(hub, [attempt])).get(1), { is: "failed", error: "network", isHeld: true });
  assert.equal((await outcomes(hub, [attempt])).get(1)?.is, "started");
  for (const type of ["room.take_over", "session.start"]) {
    assert.equal(new Set(hub.asked.filter((one) => one.type === type).map((one) => one.key)).size, 1, type);
  }
});

test("a hub that asks to wait is asked again after that time, with the same key, and not for ever", async () => {
  const patient = new Script((asked, times) => (asked.type === "room.take_over" && times < 2 ? no("rate_limited", 1_500) : YES));
  assert.equal((await outcomes(patient, [attemptOf(1)])).get(1)?.is, "started");
  assert.deepEqual(patient.waited, [1_500, 1_500]);
  const never = new Script(() => no("busy"));
  assert.deepEqual((await outcomes(never, [attemptOf(1)])).get(1), { is: "failed", error: "busy", isHeld: false });
  assert.equal(never.asked.length, 6);
});

test("no more than a few rooms are under way at once", async () => {
  const hub = new Script(() => YES);
  const courses = await outcomes(hub, Array.from({ length: 40 }, (_, index) => attemptOf(index + 1)));
  assert.equal(courses.size, 40);
  assert.equal(hub.mostAtOnce, AT_ONCE);
});
