// Tells the hub what this screen can see, for the jury. Loaded with the dialogs: nobody who invigilates waits for it.
import { effect } from "@preact/signals";
import { monotonicMs } from "../clock.ts";
import { theLine } from "./feed.ts";
import { onLeaving } from "./of_room.ts";
import * as state from "./state.ts";
import { alertsOf, Telling } from "./telling.ts";

const LOOK_EVERY_MS = 500;

let telling = new Telling();
onLeaving(() => (telling = new Telling()));

function look(): void {
  const ageMs = state.ageMs.peek();
  // Before the first data there is nothing to see, and nothing to say of it.
  if (ageMs === null) return;
  const isHidden = document.visibilityState === "hidden";
  const sight = { freshness: state.freshness.peek(), ageMs, isHidden, alerts: alertsOf(state.needs.peek()) };
  telling.look(sight, monotonicMs(), (frame) => theLine()?.send(frame) ?? false);
}

/** Tells it from now on. */
export function tell(): void {
  effect(() => {
    if (state.line.value.at !== "open") telling.lineLost();
  });
  setInterval(look, LOOK_EVERY_MS);
  // A page that goes out of sight may be frozen before the next look.
  document.addEventListener("visibilitychange", look);
  look();
}
