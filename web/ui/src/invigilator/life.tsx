// The life of a command after it was done: whether the candidate's own screen shows it.
import type { VNode } from "preact";
import { useComputed } from "@preact/signals";
import type { Delivery } from "../delivery.ts";
import { shortAge } from "../locale.ts";
import { Glyph } from "../parts/controls.tsx";
import type { Shape } from "../parts/icons.tsx";
import { words } from "./announce.ts";
import * as state from "./state.ts";
import { delivery, onItsWaySince } from "./ways.ts";

const LOOKS: Record<Delivery, [Shape, string]> = {
  seen: ["eye", "good"],
  waiting: ["clock", "info"],
  away: ["screens", "calm"],
  never: ["screens", "calm"],
};

/** From here on it matters for how long. */
const LONG_MS = 10_000;

/** Says where a decision stands, in words. */
export function wayText(one: Delivery, id: number): string {
  const since = one === "waiting" ? onItsWaySince(id) : null;
  const waitedMs = since === null ? 0 : state.slowNow.value - since;
  return waitedMs < LONG_MS ? words()[`way_${one}`] : words().way_waiting_since(shortAge(waitedMs));
}

/** The mark of a row; nothing while there is nothing to say. */
export function Life({ id }: { id: number }): VNode | null {
  const one = useComputed(() => delivery(id)).value;
  if (one === null) return null;
  const [shape, tone] = LOOKS[one];
  return (
    <li class={`fact ${tone}`}>
      <Glyph shape={shape} />
      <span>{wayText(one, id)}</span>
    </li>
  );
}
