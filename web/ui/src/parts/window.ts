// What the page knows of its window and of the time of day.
import { signal, type ReadonlySignal } from "@preact/signals";

const MINUTE_MS = 60_000;
const wide = matchMedia("(min-width: 860px)");
const width = signal(wide.matches);
wide.addEventListener("change", () => (width.value = wide.matches));

/** Whether a table fits; under it the same lines are cards. */
export const isWide: ReadonlySignal<boolean> = width;

const minute = signal(Date.now());
setInterval(() => (minute.value = Date.now()), MINUTE_MS);

/** The time, to the minute: for what is left of hours and days. */
export const nowMs: ReadonlySignal<number> = minute;

/** Calls when the page comes back into sight: what it shows may be hours old. Gives what ends it. */
export function whenSeenAgain(call: () => void): () => void {
  const look = (): void => {
    if (document.visibilityState === "visible") call();
  };
  document.addEventListener("visibilitychange", look);
  return () => document.removeEventListener("visibilitychange", look);
}
