// Whether the replay of what dashboards could see is open, and the instant that was asked for.
import { signal } from "@preact/signals";

export const isReplayOpen = signal(false);
/** null: none yet. */
export const replayed = signal<number | null>(null);

/** Shows what could be seen at the instant of a decision, and goes there. */
export function replay(at: string): void {
  replayed.value = Date.parse(at);
  isReplayOpen.value = true;
  const heading = document.getElementById("replay");
  heading?.focus({ preventScroll: true });
  heading?.scrollIntoView({ block: "start" });
}
