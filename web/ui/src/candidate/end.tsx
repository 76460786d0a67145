// The last screens: the end to show to the invigilator, the seat taken elsewhere, the line refused.
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
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

/** The hub does not want this client back: why, and what to do. */
export function LineClosed({ code }: { code: number }): VNode {
  const w = words();
  const isReplaced = code === 4010;
  const title = isReplaced ? w.replaced_title : code === 4011 ? w.session_over_title : w.refused_title;
  const text = isReplaced ? w.replaced_lead : code === 4011 ? w.closed_lead : w.refused_lead(code);
  return (
    <section class="card narrow" role="alert">
      <p class="end-mark"><Glyph shape={isReplaced ? "screens" : "lock"} /></p>
      <h1>{title}</h1>
      <p class="lead">{text}</p>
      {isReplaced && <Button onPress={() => theClient()?.comeBack()}>{w.replaced_back}</Button>}
      {!isReplaced && <Button onPress={leave}>{w.join_again}</Button>}
    </section>
  );
}
