// The last screens: the end to show to the invigilator, the seat taken elsewhere, the line refused.
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { SEAT_TAKEN } from "../candidate-client.ts";
import { Button, Glyph } from "../parts/controls.tsx";
import type { State } from "../wire.ts";
import { identity, leave, theClient, words } from "./store.ts";

/** The end screen, with the number the invigilator notes. */
export function EndScreen({ state }: { state: State }): VNode {
  const w = words();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const titles = { finished: w.end_title, ended_by_invigilator: w.ended_title, closed: w.closed_title };
  const reason = state.end_reason ?? "closed";
  return (
    <section class={`card narrow end ${reason}`}>
      <p class="end-mark"><Glyph shape={reason === "finished" ? "flag" : "stop"} /></p>
      <h1 ref={heading} tabIndex={-1}>{titles[reason]}</h1>
      <p class="who-am-i">{identity.value?.name}</p>
      {state.certification_number !== null && (
        <p class="certification">
          <span>{w.certification_number}</span>
          <b>{state.certification_number}</b>
        </p>
      )}
      {state.answered !== null && state.total !== null && <p>{w.end_progress(state.answered, state.total)}</p>}
      <p class="lead">{reason === "closed" ? w.closed_lead : w.end_lead}</p>
    </section>
  );
}

/** Why the hub does not want this client back, in words. */
function why(code: number, isTaken: boolean): { title: string; text: string } {
  const w = words();
  if (isTaken) return { title: w.taken_title, text: w.taken_lead };
  if (code === 4010) return { title: w.replaced_title, text: w.replaced_lead };
  if (code === 4011) return { title: w.session_over_title, text: w.closed_lead };
  return { title: w.refused_title, text: w.refused_lead(code) };
}

/**
 * The hub does not want this client back: why, and what to do.
 *
 * From here nothing is taken back: a doubled tab would push the other one out at once, so it is given no button, and a
 * computer whose test was moved may only ask, with the code typed again.
 */
export function LineClosed({ code, reason }: { code: number; reason: string }): VNode {
  const w = words();
  const isTaken = code === 4010 && reason === SEAT_TAKEN;
  const { title, text } = why(code, isTaken);
  return (
    <section class="card narrow" role="alert">
      <p class="end-mark"><Glyph shape={code === 4010 ? "screens" : "lock"} /></p>
      <h1>{title}</h1>
      <p class="lead">{text}</p>
      {isTaken && <Button onPress={() => theClient()?.comeBack()}>{w.taken_back}</Button>}
      {code !== 4010 && <Button onPress={leave}>{w.join_again}</Button>}
    </section>
  );
}
