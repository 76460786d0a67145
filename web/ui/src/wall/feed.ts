// The feed of the wall: the line, one paint per animation frame, the data's age.
import { batch } from "@preact/signals";
import { signInAgain } from "../office.ts";
import { painterOf } from "../painter.ts";
import { Line } from "../socket.ts";
import type { AdminHears, RoomsFrame } from "../wire.ts";
import { lagsOf, merged } from "./merge.ts";
import * as store from "./store.ts";

/** A wall drops a line that said nothing for this long, as a dashboard does. */
const SILENT_AFTER_MS = 5_000;
const TICK_MS = 500;
const SIGNED_OUT = 4001;

/** After a hello the first list is whole: what it does not show is gone. */
let isWholeNext = false;
const painter = painterOf<AdminHears>(paint);

/** Opens the line and keeps it. */
export function watch(): void {
  new Line<AdminHears>({ path: "/ws/admin", hello: () => ({}), silentAfterMs: SILENT_AFTER_MS, onFrame: receive, onState: onLine });
  setInterval(store.tick, TICK_MS);
}

function onLine(state: typeof store.line.value): void {
  store.line.value = state;
  if (state.at === "closed" && state.code === SIGNED_OUT) signInAgain();
}

function receive(frame: AdminHears): void {
  store.clock.heard(frame);
  painter.add(frame);
}

function paint(frames: readonly AdminHears[]): void {
  batch(() => {
    let lists: RoomsFrame[] = [];
    for (const frame of frames) {
      if (frame.type === "welcome") {
        store.greet(frame.thresholds);
        isWholeNext = true;
        lists = [];
      } else if (frame.type === "rooms") {
        lists.push(frame);
      } else if (frame.type === "beat") {
        store.degraded.value = frame.degraded;
        store.lags.value = lagsOf(frame);
      }
    }
    if (lists.length > 0) showLists(lists);
    store.tick();
  });
}

function showLists(lists: readonly RoomsFrame[]): void {
  store.show(merged(lists, isWholeNext ? store.known() : []));
  isWholeNext = false;
}
