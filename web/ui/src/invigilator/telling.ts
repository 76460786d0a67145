// What this screen could see, gathered into frames that the hub keeps for the jury: at most one each two seconds. Pure.
import type { Freshness } from "../clock.ts";
import type { Need } from "../needs.ts";
import type { Alert, Saw } from "../wire.ts";

const EVERY_MS = 2_000;
/** The wire's own bounds. */
const MOST_ALERTS = 60;
const MOST_AGE_MS = 7 * 24 * 3_600_000;

/** What the page shows at one moment. */
export interface Sight {
  freshness: Freshness;
  ageMs: number;
  isHidden: boolean;
  alerts: readonly Alert[];
}

/** Spells the À traiter list as the wire does: one alert per candidate; those of an outage come last, where a room of hundreds is cut. */
export function alertsOf(needs: readonly Pick<Need, "kind" | "candidates">[]): Alert[] {
  const alerts = needs.flatMap(({ kind, candidates }) => candidates.map((candidate) => ({ candidate, need: kind })));
  return alerts.sort((a, b) => Number(a.need === "outage") - Number(b.need === "outage")).slice(0, MOST_ALERTS);
}

/** What makes two sights the same: the order of a list says nothing. */
function keyOf({ freshness, isHidden, alerts }: Sight): string {
  return [freshness, isHidden, ...alerts.map(({ candidate, need }) => `${candidate} ${need}`).sort()].join();
}

/** Decides what is said, and when. */
export class Telling {
  /** What was said last on this line. */
  private told = "";
  private toldMs = -Infinity;
  private oldestMs = 0;
  /** What was on the screen while its data were too old, and when they had been true, until that is said. */
  private lost: (Sight & { trueMs: number }) | null = null;

  /** The line is gone, perhaps with what was said last. */
  lineLost(): void {
    this.told = "";
  }

  /** Takes notice of what is shown, and says what is new of it; `send` tells whether it could. */
  look(sight: Sight, nowMs: number, send: (frame: Saw) => boolean): void {
    this.oldestMs = Math.max(this.oldestMs, sight.ageMs);
    if (sight.freshness === "offline") this.lost = { ...sight, trueMs: nowMs - sight.ageMs };
    else if (this.lost !== null && keyOf(this.lost) === this.told) this.lost = null;
    // Whoever comes back says first what was, then what is.
    const next = this.lost ?? sight;
    // Until this very moment, so that its beginning is found by counting back from the frame.
    if (this.lost !== null) this.oldestMs = Math.max(this.oldestMs, nowMs - this.lost.trueMs);
    if (keyOf(next) === this.told || nowMs - this.toldMs < EVERY_MS || !send(this.frame(next))) return;
    this.told = keyOf(next);
    this.toldMs = nowMs;
    this.oldestMs = sight.ageMs;
  }

  private frame({ freshness, isHidden, alerts }: Sight): Saw {
    return { type: "saw", freshness, age_ms: Math.min(Math.round(this.oldestMs), MOST_AGE_MS), is_hidden: isHidden, alerts: [...alerts] };
  }
}
