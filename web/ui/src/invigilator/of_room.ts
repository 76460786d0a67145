// State that belongs to the one room a page follows: on a wall, a page leaves one room and follows another.
import { signal, type Signal } from "@preact/signals";

const forgetting: (() => void)[] = [];

/** Does something when the page leaves its room. */
export function onLeaving(forget: () => void): void {
  forgetting.push(forget);
}

/** A signal that has its first value again once the page has left its room. */
export function ofRoom<T>(first: T): Signal<T> {
  const one = signal(first);
  onLeaving(() => (one.value = first));
  return one;
}

/** Gives everything about the room its first value again. */
export function beginAnew(): void {
  for (const forget of forgetting) forget();
}
