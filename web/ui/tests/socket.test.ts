// What becomes of a command while the line breaks: it waits in no queue, goes again under the same key, and not for ever.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Line, RESEND_FOR_MS, type LineState, type Outcome } from "../src/socket.ts";
import type { CandidateHears } from "../src/wire.ts";

type Sent = Record<string, unknown>;

/** The hub's end of each socket that was opened, the newest last. */
const opened: Socket[] = [];

class Socket {
  static readonly OPEN = 1;
  readonly readyState = Socket.OPEN;
  readonly said: Sent[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((close: { code: number; reason: string }) => void) | null = null;
  constructor() {
    opened.push(this);
  }
  send(text: string): void {
    this.said.push(JSON.parse(text) as Sent);
  }
  close(): void {}
  tell(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  welcome(): void {
    this.onopen?.();
    this.tell({ type: "welcome" });
  }
  breaks(code = 1006): void {
    this.onclose?.({ code, reason: "" });
  }
  get commands(): Sent[] {
    return this.said.filter((frame) => frame.type === "finish");
  }
}

const nothing = (): void => {};
Object.assign(globalThis, {
  WebSocket: Socket,
  location: { protocol: "https:", host: "hub" },
  document: { addEventListener: nothing, removeEventListener: nothing },
  addEventListener: nothing,
  removeEventListener: nothing,
});

let at: LineState["at"];
let line: Line<CandidateHears>;

function newest(): Socket {
  const last = opened.at(-1);
  assert.ok(last);
  return last;
}

function pass(ms: number): void {
  for (let left = ms; left > 0; left -= 500) mock.timers.tick(Math.min(left, 500));
}

/** Sends a command; gives what became of it, once something did. */
function asked(): Outcome[] {
  const heard: Outcome[] = [];
  void line.request({ type: "finish" }).then((outcome) => heard.push(outcome));
  return heard;
}

const settled = (): Promise<void> => new Promise((go) => setImmediate(go));

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  mock.method(performance, "now", () => Date.now());
  mock.method(Math, "random", () => 0);
  line = new Line<CandidateHears>({ path: "/ws", hello: () => ({}), silentAfterMs: Infinity, onFrame: nothing, onState: (state) => (at = state.at) });
});

afterEach(() => {
  line.close();
  mock.timers.reset();
  mock.restoreAll();
});

test("a command waits in no queue while the line is not open", async () => {
  const outcomes = asked();
  await settled();
  assert.deepEqual(outcomes, [{ kind: "not_live" }]);
  newest().welcome();
  assert.deepEqual(newest().commands, []);
});

test("a command without an answer goes again on the next line, once, under the same key and number", async () => {
  newest().welcome();
  const outcomes = asked();
  const [first] = newest().commands;
  newest().breaks();
  pass(1_000);
  newest().welcome();
  pass(5_000);
  assert.deepEqual(newest().commands, [first]);
  newest().tell({ type: "reply", ref: first?.ref, ok: true });
  await settled();
  assert.deepEqual(outcomes.map((one) => one.kind), ["ok"]);
  newest().breaks();
  pass(1_000);
  newest().welcome();
  assert.deepEqual(newest().commands, [], "what was answered is over");
});

test("after thirty seconds nobody can say what became of it, and it does not go again", async () => {
  newest().welcome();
  const outcomes = asked();
  newest().breaks();
  pass(RESEND_FOR_MS - 500);
  await settled();
  assert.deepEqual(outcomes, []);
  pass(500);
  newest().welcome();
  await settled();
  assert.deepEqual(outcomes, [{ kind: "lost" }]);
  assert.deepEqual(newest().commands, []);
});

test("a hub that is busy is asked again when it said, and a refusal that is final is told", async () => {
  newest().welcome();
  const outcomes = asked();
  const [first] = newest().commands;
  newest().tell({ type: "reply", ref: first?.ref, ok: false, error: { code: "busy", retry: true, after_ms: 2_000 } });
  pass(1_500);
  assert.equal(newest().commands.length, 1);
  pass(500);
  assert.deepEqual(newest().commands, [first, first]);
  newest().tell({ type: "reply", ref: first?.ref, ok: false, error: { code: "attempt_over" } });
  await settled();
  assert.deepEqual(outcomes, [{ kind: "refused", error: { code: "attempt_over" } }]);
});

test("a line that must not come back tells that its commands are lost", async () => {
  newest().welcome();
  const outcomes = asked();
  const lines = opened.length;
  newest().breaks(4010);
  await settled();
  assert.deepEqual([outcomes, at], [[{ kind: "lost" }], "closed"]);
  pass(60_000);
  assert.equal(opened.length, lines);
});
