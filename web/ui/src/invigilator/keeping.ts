// The room of this phone, written down while it is live, and shown read-only when the page comes back without network.
import { effect } from "@preact/signals";
import { OFFLINE_AFTER_MS } from "../clock.ts";
import { fromSnapshot } from "../fold.ts";
import { forgetPastRooms, forgetRoom, keepRoom, keptRoom } from "../kept_rooms.ts";
import * as state from "./state.ts";

const WRITE_EVERY_MS = 5_000;
/** A room in which nothing happens is verified each second all the same; its written time may be this much behind. */
const SAME_ROOM_EVERY_MS = 30_000;
const LOOK_FOR_PAST_MS = 60_000;
/** The name of the page's own script carries the hash of the whole build. */
const BUILD = document.querySelector<HTMLScriptElement>("script[type=module]")?.src ?? "";

let hasLeft = false;

/** Shows what was kept, unless the hub was faster. The line goes on asking, and its first snapshot takes the place. */
export function showKept(number: number): void {
  if (state.session.peek() !== null || state.line.peek().at === "closed") return;
  const kept = keptRoom(number, BUILD);
  if (kept === null) return;
  const { session, rows, trueAt } = kept;
  // Shown and no more: the feed never hears of it, so no position is taken from it and nothing is folded onto it.
  state.show(fromSnapshot({ type: "snapshot", session, candidates: [...rows], live: true, epoch: "", seq: 0, server_time: "" }), trueAt);
}

/** Keeps the room from now on, for as long as it is live. */
export function keep(number: number): void {
  let isChanged = true;
  let writtenMs = -Infinity;
  effect(() => {
    state.allRows.value;
    isChanged = true;
  });
  const write = (): void => {
    const now = performance.now();
    if (!isChanged && now - writtenMs < SAME_ROOM_EVERY_MS) return;
    if (!writeNow(number)) return;
    isChanged = false;
    writtenMs = now;
  };
  setInterval(write, WRITE_EVERY_MS);
  setInterval(() => lookForPast(number), LOOK_FOR_PAST_MS);
  // A phone put into a pocket may never come back to this page.
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && write());
  addEventListener("pageshow", (event) => event.persisted && (hasLeft = false));
  write();
}

/** Writes only what is open and live: a page that slept or was left must not bring back what was forgotten. */
function writeNow(number: number): boolean {
  const session = state.session.peek();
  const ageMs = state.clock.ageMs();
  const isLive = state.line.peek().at === "open" && ageMs !== null && ageMs < OFFLINE_AFTER_MS;
  if (hasLeft || !isLive || session?.status !== "open" || state.keptFrom.peek() !== null) return false;
  // The names are what this is for; the code that opens the test is not.
  const kept = { ...session, access_code: "" };
  keepRoom(number, { session: kept, rows: state.allRows.peek(), trueAt: state.clock.now() - ageMs, writtenAt: Date.now(), build: BUILD });
  return true;
}

/** What was forgotten, here or by another page, is not shown either. */
function lookForPast(number: number): void {
  forgetPastRooms();
  if (state.keptFrom.peek() !== null && keptRoom(number, BUILD) === null) state.clear();
}

/** Forgets the room because its person leaves it; nothing is written while the next page is on its way. */
export function leave(number: number): void {
  hasLeft = true;
  forgetRoom(number);
}
