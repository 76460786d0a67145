// The wait for one's turn while many enter at once: one sentence that is spoken, and a number that is only seen.
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { CandidateView } from "../candidate-client.ts";
import { monotonicMs } from "../clock.ts";
import { Glyph } from "../parts/controls.tsx";
import { words } from "./store.ts";

const TICK_MS = 250;

function secondsUntil(atMs: number): number {
  return Math.max(1, Math.ceil((atMs - monotonicMs()) / 1000));
}

function Countdown({ atMs }: { atMs: number }): VNode {
  const left = useSignal(secondsUntil(atMs));
  useEffect(() => {
    const ticking = setInterval(() => (left.value = secondsUntil(atMs)), TICK_MS);
    return () => clearInterval(ticking);
  }, [atMs]);
  // In no live region: nobody wants to hear sixty numbers.
  return <p class="countdown" role="timer">{words().enters_in(left.value)}</p>;
}

/** Says that there is nothing to do, and for how long. The region stands before its text comes. */
export function Turn({ now }: { now: CandidateView }): VNode {
  const { entersAtMs } = now;
  const waits = entersAtMs !== null;
  return (
    <>
      <div role="status" class={waits ? "presence good" : ""}>
        {waits && <Glyph shape="people" />}
        {waits && <span>{words().enters_in_turn}</span>}
      </div>
      {waits && <Countdown atMs={entersAtMs} />}
    </>
  );
}
