// What this phone forgets by itself: a room that is over, or that its person may not see any more.
import { effect } from "@preact/signals";
import { forgetRoom, forgetRooms } from "../kept_rooms.ts";
import * as state from "./state.ts";

const SIGNED_OUT = 4001;
const OVER = 4011;
/** Signed out, right missing, unknown number, session over. The other codes say nothing about the person. */
const LEFT: readonly number[] = [SIGNED_OUT, 4003, 4004, OVER];

/** Forgets the room as soon as there is a reason; without the right to it, its names leave the screen too. Gives what ends it. */
export function forgetOnLeaving(number: number): () => void {
  return effect(() => {
    const line = state.line.value;
    if (state.session.value?.status === "finalized") forgetRoom(number);
    if (line.at !== "closed" || !LEFT.includes(line.code)) return;
    if (line.code === SIGNED_OUT) forgetRooms();
    else forgetRoom(number);
    if (line.code !== OVER || state.keptFrom.peek() !== null) state.clear();
  });
}
