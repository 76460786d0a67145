// The room that is open beside the wall, kept in the address: back closes it, a reload shows it again.
import { signal, type ReadonlySignal } from "@preact/signals";

/** Said in the history of a step that this page made: the step before it is the wall alone. */
interface Step {
  isFromWall: boolean;
}

function fromAddress(): number | null {
  const given = new URLSearchParams(location.search).get("room") ?? "";
  return /^[1-9]\d{0,15}$/.test(given) ? Number(given) : null;
}

const room = signal(fromAddress());

/** The number of the open room, or null. */
export const openRoom: ReadonlySignal<number | null> = room;

/** The address of a room on the wall. */
export function addressOf(number: number): string {
  return `/wall?room=${number}`;
}

/** Opens a room; one room after another is still one step back to the wall. */
export function openTheRoom(number: number): void {
  const before = room.peek();
  if (before === number) return;
  if (before === null) history.pushState({ isFromWall: true } satisfies Step, "", addressOf(number));
  else history.replaceState(history.state, "", addressOf(number));
  room.value = number;
}

/** Closes it: goes back where that leads to the wall, so that the history does not grow. */
export function closeTheRoom(): void {
  if ((history.state as Step | null)?.isFromWall) {
    history.back();
    return;
  }
  history.replaceState(null, "", "/wall");
  room.value = null;
}

addEventListener("popstate", () => (room.value = fromAddress()));
