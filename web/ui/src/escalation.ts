// How far a need that nobody goes to has come. Pure.
import type { Need, NeedKind } from "./needs.ts";
import type { Thresholds } from "./wire.ts";

/** What waits until somebody is free: neither hurts a candidate by waiting. */
const NEVER_CALL: ReadonlySet<NeedKind> = new Set(["over_time", "end_screen"]);

/** From `others` on everybody is called, from `admin` on the center's wall shows it too. */
export type Stage = "first" | "again" | "others" | "admin";

/** How far an untaken need has come; null for one that somebody goes to, and for one that never calls. */
export function stageOf(need: Need, nowMs: number, thresholds: Thresholds): Stage | null {
  if (need.takenBy !== null || NEVER_CALL.has(need.kind)) return null;
  const seconds = (nowMs - need.raisedMs) / 1000;
  if (seconds >= thresholds.call_admin_after_seconds) return "admin";
  if (seconds >= thresholds.call_others_after_seconds) return "others";
  return seconds >= thresholds.call_again_after_seconds ? "again" : "first";
}

/** The one name by which a need is remembered while it stands; an outage stays itself while its members change. */
export function keyOf(need: Need): string {
  return need.kind === "outage" ? need.kind : `${need.kind}-${need.candidates[0]}-${need.help?.id ?? need.sinceMs}`;
}
