// The invigilator's dashboard: the page of one room.
import { render } from "preact";
import { effect, untracked } from "@preact/signals";
import { ready } from "../locale.ts";
import { common } from "../parts/controls.tsx";
import { say, words } from "./announce.ts";
import { watch } from "./feed.ts";
import { load } from "./later.tsx";
import { Room } from "./room.tsx";
import * as state from "./state.ts";

const number = Number(/\/invigilate\/(\d+)/.exec(location.pathname)?.[1] ?? 0);

/** The title says how much waits; the tab is often behind another one. */
effect(() => {
  const waiting = state.counts.value.needs;
  const title = `${words().title(state.session.value?.number ?? number)} – ${common().product}`;
  document.title = waiting > 0 ? `(${waiting}) ${title}` : title;
});

let wasLost = false;
effect(() => {
  const isLost = state.session.value !== null && state.line.value.at !== "closed" && state.freshness.value === "offline" && !state.isHubBehind.value;
  if (isLost === wasLost) return;
  wasLost = isLost;
  untracked(() => say(isLost ? words().say_phone_lost : words().say_phone_back, isLost ? "quiet" : "info"));
});

/** The dialogs are fetched beforehand: a phone that loses its line opens them all the same. */
const DIALOGS_AFTER_MS = 1_500;
let isFetchPlanned = false;
effect(() => {
  if (isFetchPlanned || state.session.value === null) return;
  isFetchPlanned = true;
  setTimeout(() => void load(), DIALOGS_AFTER_MS);
});

/** Keeps the screen on where the browser can: over TLS or on localhost only. */
async function keepAwake(): Promise<void> {
  try {
    if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen");
  } catch {
    // Low battery or no right: the screen may go dark, nothing is lost.
  }
}
document.addEventListener("visibilitychange", () => void keepAwake());
void keepAwake();

watch(number);
await ready;
const root = document.getElementById("page");
if (root) render(<Room number={number} />, root);
