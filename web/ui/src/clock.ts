// Time on a page: a monotonic clock that also counts sleep, the hub's time, and the age of the data.

/** Below this age the data is live (PROTOCOL: the chip). */
export const SLOW_AFTER_MS = 3_000;
/** From this age on the page says it is offline. */
export const OFFLINE_AFTER_MS = 8_000;

/** A welcome or a reply proves that the hub is there, and says nothing about rows received a minute ago. */
const CARRIES_DATA: ReadonlySet<string> = new Set(["snapshot", "events", "rooms", "beat"]);

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
  private serverMs: number | null = null;
  private receivedMs = 0;
  private lastFrameMs: number | null = null;
  private lagMs = 0;

  /** Takes notice of a frame: what it says of the hub's time, and whether it carries or verifies data. */
  heard(frame: { type: string; server_time?: string; as_of?: string }): void {
    if (CARRIES_DATA.has(frame.type)) this.lastFrameMs = monotonicMs();
    const server = Date.parse(frame.server_time ?? "");
    if (Number.isNaN(server)) return;
    this.serverMs = server;
    this.receivedMs = monotonicMs();
    if (frame.as_of !== undefined) {
      const verified = Date.parse(frame.as_of);
      this.lagMs = Number.isNaN(verified) ? 0 : Math.max(0, server - verified);
    }
  }

  /** The hub's time now, in milliseconds since 1970; this machine's own until the hub has spoken. */
  now(): number {
    return this.serverMs === null ? Date.now() : this.serverMs + (monotonicMs() - this.receivedMs);
  }

  /** True when frames come, but what they carry is old: the hub's trouble, not this line's. */
  get isHubBehind(): boolean {
    return this.lastFrameMs !== null && this.lagMs >= SLOW_AFTER_MS && monotonicMs() - this.lastFrameMs < SLOW_AFTER_MS;
  }

  /** Age of the data = max(time since the last frame that carried some, server_time − as_of); null before the first. */
  ageMs(): number | null {
    return this.lastFrameMs === null ? null : Math.max(monotonicMs() - this.lastFrameMs, this.lagMs);
  }
}

/** Names an age. */
export function freshness(ageMs: number | null): Freshness {
  if (ageMs === null || ageMs >= OFFLINE_AFTER_MS) return "offline";
  return ageMs >= SLOW_AFTER_MS ? "slow" : "live";
}
