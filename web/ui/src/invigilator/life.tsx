// The life of a command in its row: sent without an answer yet, done, on the candidate's own screen.
import type { VNode } from "preact";
import { useComputed } from "@preact/signals";
import type { Delivery } from "../delivery.ts";
import { shortAge } from "../locale.ts";
import { Glyph } from "../parts/controls.tsx";
import type { Shape } from "../parts/icons.tsx";
import { words } from "./announce.ts";
import { isUnanswered } from "./commands.ts";
import * as state from "./state.ts";
import { delivery, onItsWaySince } from "./ways.ts";

const LOOKS: Record<Delivery, [Shape, string]> = {
  seen: ["eye", "good"],
  waiting: ["clock", "info"],
  away: ["screens", "calm"],
  never: ["screens", "calm"],
};

const UNANSWERED: [Shape, string] = ["bolt", "warn"];

/** From here on it matters for how long. */
const LONG_MS = 10_000;

/** Says where a decision stands, in words. */
export function wayText(one: Delivery, id: number): string {
  const since = one === "waiting" ? onItsWaySince(id) : null;
  const waitedMs = since === null ? 0 : state.slowNow.value - since;
  return waitedMs < LONG_MS ? words()[`way_${one}`] : words().way_waiting_since(shortAge(waitedMs));
}

/** The mark of a row: sent without an answer, or how far what was done has come; nothing while all is as usual. */
export function Life({ id }: { id: number }): VNode | null {
  const isSent = useComputed(() => isUnanswered(id)).value;
  const one = useComputed(() => delivery(id)).value;
  if (!isSent && one === null) return null;
  const [shape, tone] = one === null || isSent ? UNANSWERED : LOOKS[one];
  return (
    <li class={`fact ${tone}`}>
      <Glyph shape={shape} />
      <span>{one === null || isSent ? words().unanswered : wayText(one, id)}</span>
    </li>
  );
}
