// The invigilator's dashboard: the page of one room.
import { render } from "preact";
import { effect, untracked } from "@preact/signals";
import { lastKept } from "../kept_rooms.ts";
import { ready } from "../locale.ts";
import { common } from "../parts/controls.tsx";
import { say, words } from "./announce.ts";
import { follow } from "./following.ts";
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
  const isThere = state.session.value !== null && state.line.value.at !== "closed";
  const isLost = isThere && state.freshness.value === "offline" && !state.isHubBehind.value;
  if (isLost === wasLost) return;
  wasLost = isLost;
  // A line that was closed for good did not come back.
  if (isThere) untracked(() => say(isLost ? (state.isTurnedAway.value ? words().hub_not_open : words().phone_lost) : words().say_phone_back, isLost ? "quiet" : "info"));
});

/** The rest is fetched once the room is on the page: a phone that loses its line opens all of it the same. */
const LATER_MS = 500;
let isFetchPlanned = false;
effect(() => {
  // Without the hub, what this phone kept is shown instead: its worker has the files that do it.
  const isAlone = state.line.value.at === "waiting" && Boolean(navigator.serviceWorker?.controller);
  if (isFetchPlanned || (state.session.value === null && !isAlone)) return;
  isFetchPlanned = true;
  setTimeout(fetchLater, isAlone ? 0 : LATER_MS);
});

function fetchLater(): void {
  void load();
  // Over plain http on a LAN there is none of it.
  if (navigator.serviceWorker) void import("./phone.ts").then((phone) => phone.start(number), () => {});
}

/** Nobody is called without it: what could not be fetched is asked for again. */
effect(() => {
  state.slowNow.value;
  if (isFetchPlanned) untracked(() => void load());
});

/** The icon on the home screen leads to no room in particular: to the last one this phone kept, else to the first page. */
function leadOn(): void {
  const last = lastKept();
  if (last !== null) location.replace(`/invigilate/${last}`);
  else if (navigator.onLine) location.replace("/");
  else addEventListener("online", () => location.replace("/"), { once: true });
}

if (number > 0) follow(number);
else leadOn();
await ready;
const root = document.getElementById("page");
if (root) render(<Room number={number} />, root);
