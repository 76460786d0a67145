// Outside the test: the waiting room, the access code, and the wait after an interruption.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import type { CandidateView } from "../candidate-client.ts";
import { timeOfDay } from "../locale.ts";
import { Field, Glyph, Problem, refusalText } from "../parts/controls.tsx";
import type { State } from "../wire.ts";
import { CallForHelp } from "./help.tsx";
import { identity, theClient, words } from "./store.ts";

/** The access code; typing is forgiving about case and spaces. */
function CodeForm({ now, action }: { now: CandidateView; action: string }): VNode {
  const w = words();
  const code = useSignal("");
  const isLive = now.line.at === "open";
  const isEmpty = code.value.trim() === "";
  const go = (event: Event): void => {
    event.preventDefault();
    if (isEmpty || now.isEntering || !isLive) return;
    void theClient()?.enter(code.value.trim().toUpperCase());
  };
  const delay = now.retryAfterMs >= 1000 ? ` ${w.wait_seconds(Math.ceil(now.retryAfterMs / 1000))}` : "";
  return (
    <form class="code-form" onSubmit={go}>
      <Field label={w.access_code} hint={w.access_code_hint} value={code.value} onInput={(text) => (code.value = text)}
        input={{ class: "code-input", autocomplete: "off", autocapitalize: "characters", spellcheck: false, maxLength: 12 }} />
      <Problem text={now.refusal === null ? null : refusalText(now.refusal) + delay} />
      <button type="submit" class="main wide" aria-disabled={isEmpty || now.isEntering || !isLive}>
        {now.isEntering ? w.starting : action}
      </button>
    </form>
  );
}

function PresenceLine({ state }: { state: State }): VNode {
  const w = words();
  const isConfirmed = state.presence === "confirmed";
  return (
    <p class={`presence ${isConfirmed ? "good" : state.presence === "absent" ? "bad" : "calm"}`} role="status">
      <Glyph shape={isConfirmed ? "check" : state.presence === "absent" ? "cross" : "ring"} />
      <span>{w[`presence_${state.presence}`]}</span>
    </p>
  );
}

/** Before the test. */
export function WaitingRoom({ now, state }: { now: CandidateView; state: State }): VNode {
  const w = words();
  return (
    <section class="card narrow">
      <h1>{w.waiting_title}</h1>
      <p class="lead">{w.waiting_lead}</p>
      <PresenceLine state={state} />
      <CodeForm now={now} action={w.start} />
      <CallForHelp now={now} state={state} question={null} />
    </section>
  );
}

/** After an interruption, or beside a test that goes on at another computer. */
export function Interrupted({ now, state }: { now: CandidateView; state: State }): VNode {
  const w = words();
  const isInterrupted = state.suspended_since !== null;
  return (
    <section class="card narrow">
      <h1>{isInterrupted ? w.interrupted_title : w.interrupted_elsewhere}</h1>
      <p class="lead">{isInterrupted ? w.interrupted_lead : w.interrupted_elsewhere_lead}</p>
      <ul class="what-holds">
        <li>
          <Glyph shape="check" />
          <span>{state.answered !== null && state.total !== null ? w.interrupted_saved(state.answered, state.total) : w.interrupted_nothing}</span>
        </li>
        {state.suspended_since && <li><Glyph shape="clock" /><span>{w.interrupted_since(timeOfDay(Date.parse(state.suspended_since), identity.value?.timeZone))}</span></li>}
        {state.queue_place !== null && <li><Glyph shape="people" /><span role="status">{w.queue_place(state.queue_place)}</span></li>}
      </ul>
      {now.isEntering && <p class="presence good" role="status"><Glyph shape="key" /><span>{w.entering_alone}</span></p>}
      <CodeForm now={now} action={w.resume} />
      <CallForHelp now={now} state={state} question={null} />
    </section>
  );
}
