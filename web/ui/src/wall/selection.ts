// Which rooms are chosen, to be started together.
import { signal } from "@preact/signals";
import * as store from "./store.ts";
import { phaseOf } from "./summary.ts";

/** True while rooms are being chosen: cards and rows have a box to tick. */
export const isChoosing = signal(false);
export const chosen = signal<ReadonlySet<number>>(new Set());
/** The rooms whose start is being asked about; null while none is. */
export const asked = signal<readonly number[] | null>(null);

/** Begins to choose, or stops and lets all go. */
export function choose(isOn: boolean): void {
  isChoosing.value = isOn;
  chosen.value = new Set();
}

/** Ticks a room, or unticks it. */
export function tick(number: number, isTicked: boolean): void {
  const next = new Set(chosen.peek());
  if (isTicked) next.add(number);
  else next.delete(number);
  chosen.value = next;
}

/** Ticks every room that is shown and has not started. */
export function chooseAll(): void {
  const planned = store.shown.peek().filter((number) => {
    const room = store.roomOf(number)?.peek();
    return room !== undefined && phaseOf(room, store.now.peek()) === "planned";
  });
  chosen.value = new Set([...chosen.peek(), ...planned]);
}

/** Asks about the start of what is chosen, in the grid's order. */
export function ask(): void {
  const those = chosen.peek();
  asked.value = [...store.order.peek().filter((number) => those.has(number)), ...[...those].filter((number) => store.roomOf(number) === undefined)];
}
