// Who goes to a need, and "J'y vais": the button by which one says so to every colleague.
import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useComputed } from "@preact/signals";
import { monotonicMs } from "../clock.ts";
import { stageOf } from "../escalation.ts";
import { shortAge } from "../locale.ts";
import type { Need } from "../needs.ts";
import { Glyph } from "../parts/controls.tsx";
import { words } from "./announce.ts";
import { run, underWay, waits } from "./commands.ts";
import { claim } from "./feed.ts";
import * as state from "./state.ts";

/** Who goes; and when nobody does for long, who has been called for it. */
export function Goers({ need }: { need: Need }): VNode | null {
  const w = words();
  const stage = useComputed(() => stageOf(need, state.now.value, state.thresholds.value)).value;
  if (need.takenBy !== null) {
    const isMine = need.takenBy === state.you.value.name;
    return <p class="goes info"><Glyph shape="right" />{isMine ? w.goes_me : w.goes(need.takenBy)}</p>;
  }
  if (stage !== "others" && stage !== "admin") return null;
  const nobody = w.goes_nobody(shortAge(state.slowNow.value - need.raisedMs));
  return <p class="goes warn"><Glyph shape="alert" />{stage === "admin" ? `${nobody} – ${w.goes_admin}` : nobody}</p>;
}

/** A second tap must not take back what the first one said, nor fall on the card that took its place. */
const SETTLE_MS = 700;
let pressedMs = -Infinity;

/** Goes there, or no longer does; a call is taken by a decision. */
function go({ help, candidates }: Need, isMine: boolean): void {
  if (help !== null) return void run({ type: "help.take", candidates: [...candidates], help: help.id }, words().go);
  const own = state.claims.value.filter((one) => one.by === state.you.value.name && candidates.includes(one.candidate));
  // A claim keeps its age: one that was for something else is made anew.
  if (own.length > 0) claim(own.map((one) => one.candidate), false);
  if (!isMine) claim(candidates, true);
}

interface GoProps {
  need: Need;
  /** Whom the button names to who listens; an outage is named by its card. */
  name?: string;
  /** Where focus goes when a call was taken and nothing is left to press here. */
  next?: string;
}

/** The button; none where a colleague has taken a call, which nobody takes over. */
export function GoButton({ need, name, next }: GoProps): VNode | null {
  const button = useRef<HTMLButtonElement>(null);
  const hadFocus = button.current !== null && document.activeElement === button.current;
  const [candidate] = need.candidates;
  const pending = useComputed(() => (need.kind === "help" && candidate !== undefined ? underWay(candidate) : null)).value;
  const isOver = need.help?.taken_by != null;
  useLayoutEffect(() => {
    if (isOver && hadFocus) document.getElementById(next ?? "")?.focus();
  });
  if (isOver) return null;
  const isMine = need.kind !== "help" && need.takenBy === state.you.value.name;
  const text = pending ?? (isMine ? words().go_not : words().go);
  // Without the live store nobody would hear of a claim.
  const why = waits.value ?? (need.help === null && state.degraded.value.includes("live") ? words().why_no_decisions : undefined);
  const press = (): void => {
    if (pending !== null || why !== undefined || monotonicMs() - pressedMs < SETTLE_MS) return;
    pressedMs = monotonicMs();
    go(need, isMine);
  };
  return (
    <button
      ref={button}
      type="button"
      class="soft go"
      aria-label={name && words().for_candidate(text, name)}
      aria-disabled={pending !== null || why !== undefined}
      title={why}
      onClick={press}
    >
      {text}
    </button>
  );
}
