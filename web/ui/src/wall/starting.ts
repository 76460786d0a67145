// The start of several rooms at once: which can, and how it goes with each. The calls themselves are given from outside.
import type { Answer } from "../http.ts";
import { newKey } from "../keys.ts";
import type { Reply, RoomSummary } from "../wire.ts";
import { phaseOf } from "./summary.ts";

/** So many rooms are under way at once: the hub counts what one person asks for. */
export const AT_ONCE = 6;
/** A hub that is busy is asked again by itself this many times, not more. */
const TRIES = 6;
const DEFAULT_WAIT_MS = 1_000;
const PASSING: ReadonlySet<string> = new Set(["rate_limited", "busy"]);

export type WhyNot = "gone" | "closed" | "over" | "started";

/** Why a room cannot be started; null when it can. */
export function whyNot(room: RoomSummary | undefined, nowMs: number): WhyNot | null {
  if (room === undefined) return "gone";
  if (room.status !== "open") return "closed";
  if (room.started_at === null) return null;
  return phaseOf(room, nowMs) === "over" ? "over" : "started";
}

export type Course =
  | { is: "waiting" }
  | { is: "taking_over" }
  | { is: "starting" }
  | { is: "started"; isAlready: boolean; code: string | null }
  /** `isHeld`: the take-over was accepted, only the start was not. */
  | { is: "failed"; error: string; isHeld: boolean };

/** One room to start; its keys stay the same when it is tried again, so that nothing is done twice. */
export interface Attempt {
  readonly number: number;
  readonly takeOverKey: string;
  readonly startKey: string;
}

export function attemptOf(number: number): Attempt {
  return { number, takeOverKey: newKey(), startKey: newKey() };
}

/** What is asked of the hub, and of time. */
export interface Hub {
  command: (number: number, body: { type: "room.take_over" | "session.start"; key: string }) => Promise<Answer<Reply>>;
  accessCode: (number: number) => Promise<string | null>;
  wait: (ms: number) => Promise<void>;
}

async function patiently(hub: Hub, number: number, body: Parameters<Hub["command"]>[1]): Promise<Answer<Reply>> {
  for (let tries = 1; ; tries++) {
    const answer = await hub.command(number, body);
    if (answer.ok || !PASSING.has(answer.error.code) || tries >= TRIES) return answer;
    await hub.wait(answer.error.after_ms ?? DEFAULT_WAIT_MS);
  }
}

async function startOne(hub: Hub, one: Attempt, tell: (course: Course) => void): Promise<void> {
  tell({ is: "taking_over" });
  const taken = await patiently(hub, one.number, { type: "room.take_over", key: one.takeOverKey });
  if (!taken.ok) return tell({ is: "failed", error: taken.error.code, isHeld: false });
  tell({ is: "starting" });
  const started = await patiently(hub, one.number, { type: "session.start", key: one.startKey });
  if (!started.ok) return tell({ is: "failed", error: started.error.code, isHeld: true });
  tell({ is: "started", isAlready: started.body.already === true, code: await hub.accessCode(one.number) });
}

/** Starts the rooms, a few at a time; tells how each of them goes. Never throws. */
export async function startAll(hub: Hub, attempts: readonly Attempt[], tell: (number: number, course: Course) => void): Promise<void> {
  const left = [...attempts];
  const work = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      const { number } = one;
      await startOne(hub, one, (course) => tell(number, course));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, attempts.length) }, work));
}
