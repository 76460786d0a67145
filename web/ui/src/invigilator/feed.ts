// The feed of the dashboard: the line, the fold, one paint per animation frame, and `sync` when something is missing.
import { batch } from "@preact/signals";
import { freshness as freshnessOf, monotonicMs } from "../clock.ts";
import { noteDeeds, type Deeds } from "../deeds.ts";
import { fold, fromSnapshot, isBehind, type FoldResult, type Room } from "../fold.ts";
import { painterOf } from "../painter.ts";
import { Line, type LineState } from "../socket.ts";
import type { Events, InvigilatorHears, RoomEventView, Row } from "../wire.ts";
import { beginAnew, onLeaving } from "./of_room.ts";
import * as state from "./state.ts";
import { note } from "./ways.ts";

/** A dashboard drops a line that said nothing for this long (PROTOCOL: beats). */
const SILENT_AFTER_MS = 5_000;
/** Half a second keeps countdowns honest without repainting more than they need. */
const TICK_MS = 500;
const SLOW_TICK_MS = 10_000;
/** An unanswered sync is asked again after this long. */
const SYNC_AGAIN_MS = 2_000;
/** A decision acknowledged but not folded by then is no longer waited for: the row shows the truth anyway. */
const FOLD_WAIT_MS = 5_000;

/** Who did what while this page was looking. */
export const deeds: Deeds = new Map();
onLeaving(() => deeds.clear());

let line: Line<InvigilatorHears> | null = null;
let room: Room | null = null;
let ticking: ReturnType<typeof setInterval> | undefined;
let syncAskedMs = -Infinity;
let waiters: { decision: number; done: () => void }[] = [];
const painter = painterOf<InvigilatorHears>(paint);

/** Hears of what happened in the room, as it was before and is after. */
export type Hear = (events: readonly RoomEventView[], before: Map<number, Row>, after: Map<number, Row>) => void;

let hear: Hear = () => {};

/** Opens the line of a session and keeps it. */
export function watch(number: number, onEvents: Hear): void {
  hear = onEvents;
  line = new Line<InvigilatorHears>({
    path: "/ws/invigilator",
    hello: () => ({ session: number, ...(room ? { position: room.position } : {}) }),
    silentAfterMs: SILENT_AFTER_MS,
    onFrame: receive,
    onState: onLine,
  });
  ticking = setInterval(tick, TICK_MS);
}

/** Leaves the room: its line ends, and nothing of it stays on the page or in the way of another room. */
export function leave(): void {
  clearInterval(ticking);
  line?.close();
  line = room = null;
  syncAskedMs = -Infinity;
  painter.drop();
  for (const waiter of waiters.splice(0)) waiter.done();
  batch(beginAnew);
}

/** The line itself, for commands. */
export function theLine(): Line<InvigilatorHears> | null {
  return line;
}

function onLine(next: LineState): void {
  batch(() => {
    state.line.value = next;
    if (next.at === "waiting") state.lastCode.value = next.code ?? null;
    else if (next.at === "open") state.lastCode.value = null;
  });
}

function receive(frame: InvigilatorHears): void {
  state.clock.heard(frame);
  if (frame.type === "reply") return;
  painter.add(frame);
}

function paint(frames: readonly InvigilatorHears[]): void {
  batch(() => {
    for (const frame of frames) apply(frame);
    tick();
  });
  const decision = room?.decision ?? 0;
  waiters = waiters.filter((waiter) => {
    if (waiter.decision > decision) return true;
    waiter.done();
    return false;
  });
}

function apply(frame: InvigilatorHears): void {
  switch (frame.type) {
    case "welcome":
      state.you.value = frame.you;
      state.ownConnection.value = frame.connection;
      if (frame.thresholds) state.thresholds.value = frame.thresholds;
      break;
    case "snapshot":
      take(fromSnapshot(frame, room?.decision), []);
      for (const waiter of waiters.splice(0)) waiter.done();
      break;
    case "events":
      applyEvents(frame);
      break;
    case "beat":
      state.degraded.value = frame.degraded;
      if (room && isBehind(room.position, frame)) sync(room);
      break;
    case "colleagues":
      state.people.value = frame.people;
      state.claims.value = frame.claims;
      break;
    default:
      // Frames of a later version are ignored, as the protocol asks.
      break;
  }
}

function take(result: FoldResult, events: readonly RoomEventView[]): void {
  room = result.room;
  syncAskedMs = -Infinity;
  note(result, events);
  noteDeeds(deeds, events);
  state.show(result);
}

function applyEvents(frame: Events): void {
  if (room === null) return;
  const before = room;
  const result = fold(room, frame);
  if (result.isHole) return sync(room);
  take(result, frame.events);
  hear(frame.events, before.rows, result.room.rows);
}

function sync(held: Room): void {
  if (monotonicMs() - syncAskedMs < SYNC_AGAIN_MS) return;
  if (line?.sendWithRef({ type: "sync", position: held.position })) syncAskedMs = monotonicMs();
}

function tick(): void {
  const age = state.clock.ageMs();
  const now = state.clock.now();
  batch(() => {
    // A beat says how fresh this page's room is: without one, what a phone kept for itself is not made live by it.
    state.freshness.value = freshnessOf(room === null ? null : age);
    state.ageMs.value = age;
    state.isHubBehind.value = state.clock.isHubBehind;
    state.now.value = now;
    if (Math.abs(now - state.slowNow.peek()) >= SLOW_TICK_MS) state.slowNow.value = now;
  });
}

/** Waits until this page has folded a decision, or has every reason not to wait any longer. */
export function folded(decision: number, withinMs = FOLD_WAIT_MS): Promise<void> {
  if (room !== null && room.decision >= decision) return Promise.resolve();
  return new Promise((done) => {
    waiters.push({ decision, done });
    setTimeout(done, withinMs);
  });
}

/** Tells the colleagues which candidate this person looks at. */
export function look(candidate: number | null): void {
  line?.send({ type: "look", candidate });
}

/** Tells the colleagues to whom this person goes, or no longer goes. */
export function claim(candidates: readonly number[], isTaken: boolean): void {
  line?.send({ type: "claim", candidates, is_taken: isTaken });
}
