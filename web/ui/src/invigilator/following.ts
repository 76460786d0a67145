// A room followed from here: its line, what is heard of it, whom it calls, what is forgotten without the right to it.
import { effect, untracked } from "@preact/signals";
import { leave, watch } from "./feed.ts";
import { dialogs } from "./later.tsx";
import { forgetOnLeaving } from "./leaving.ts";
import * as state from "./state.ts";

/** Follows a room; gives what leaves it, so that another one can be followed. */
export function follow(number: number): () => void {
  const stops = [
    forgetOnLeaving(number),
    effect(() => {
      state.now.value;
      untracked(() => dialogs.value?.attend());
    }),
  ];
  watch(number, (...news) => dialogs.peek()?.hear(...news));
  return () => {
    for (const stop of stops) stop();
    leave();
  };
}
