// Time on a page: a monotonic clock that also counts sleep, the hub's time, and the age of the data.

/** Below this age the data is live (PROTOCOL: the chip). */
export const SLOW_AFTER_MS = 3_000;
/** From this age on the page says it is offline. */
export const OFFLINE_AFTER_MS = 8_000;

/** A welcome or a reply proves that the hub is there, and says nothing about rows received a minute ago. */
const CARRIES_DATA: ReadonlySet<string> = new Set(["snapshot", "events", "rooms", "beat"]);

const BEAT_MS = 1_000;
/** The hub's time never goes back so far from frame to frame, snapshots kept for others included: its clock was set. */
const CLOCK_SET_MS = 2_000;

export type Freshness = "live" | "slow" | "offline";

let sleptMs = 0;
let lastMonotonic = performance.now();
let lastWall = Date.now();

/** Milliseconds that never go back; unlike performance.now alone they go on while a phone sleeps. */
export function monotonicMs(): number {
  const monotonic = performance.now();
  const wall = Date.now();
  const drift = wall - lastWall - (monotonic - lastMonotonic);
  // A wall clock that jumps ahead of the monotonic one means sleep; adjustments below 2 s are the system's time service.
  if (drift > 2_000) sleptMs += drift;
  lastMonotonic = monotonic;
  lastWall = wall;
  return monotonic + sleptMs;
}

/** What the page knows about the hub's time and the freshness of what it shows. */
export class HubClock {
  /** This page's time minus the hub's, by the quickest frame of this line; not the clock that somebody may set. */
  private gapMs = Infinity;
  /** False until the first beat of a line: a hub that has just woken gives what it held, and does not know better. */
  private isVerified = false;
  private lastFrameMs: number | null = null;
  private serverMs = 0;
  private lagMs = 0;
  private delayMs = 0;

  /** Takes notice of a frame: what it says of the hub's time, and whether it carries or verifies data. */
  heard(frame: { type: string; server_time?: string; as_of?: string }): void {
    const isWelcome = frame.type === "welcome";
    this.isVerified = frame.type === "beat" || (this.isVerified && !isWelcome);
    if (this.isVerified && CARRIES_DATA.has(frame.type)) this.lastFrameMs = monotonicMs();
    const server = Date.parse(frame.server_time ?? "");
    if (Number.isNaN(server)) return;
    const gap = performance.now() - server;
    if (isWelcome || server < this.serverMs - CLOCK_SET_MS) this.gapMs = gap;
    this.gapMs = Math.min(this.gapMs, gap);
    this.serverMs = server;
    if (frame.as_of === undefined) return;
    this.delayMs = gap - this.gapMs;
    this.lagMs = Math.max(0, server - Date.parse(frame.as_of));
  }

  /** The hub's time now, in milliseconds since 1970; this machine's own until the hub has spoken. */
  now(): number {
    return this.gapMs === Infinity ? Date.now() : performance.now() - this.gapMs;
  }

  /** True when frames come, but what they carry is old: the hub's trouble, not this line's. */
  get isHubBehind(): boolean {
    return this.lastFrameMs !== null && this.lagMs >= SLOW_AFTER_MS && monotonicMs() - this.lastFrameMs < SLOW_AFTER_MS;
  }

  /**
   * Age of the data; null before the first. They were `server_time − as_of` old when the last beat left, the line
   * brought it late, and time has gone since the last frame. One beat of that is how it always is.
   */
  ageMs(): number | null {
    if (this.lastFrameMs === null) return null;
    const since = monotonicMs() - this.lastFrameMs;
    const then = this.lagMs + this.delayMs;
    return Math.max(since, then, since + then - BEAT_MS);
  }
}

/** Names an age. */
export function freshness(ageMs: number | null): Freshness {
  if (ageMs === null || ageMs >= OFFLINE_AFTER_MS) return "offline";
  return ageMs >= SLOW_AFTER_MS ? "slow" : "live";
}
