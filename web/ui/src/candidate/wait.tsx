// Outside the test: the waiting room, the access code, and the card of somebody who comes back after an interruption.
import type { ComponentChildren, VNode } from "preact";
import { useSignal } from "@preact/signals";
import type { CandidateView } from "../candidate-client.ts";
import { timeOfDay } from "../locale.ts";
import { Field, Glyph, Problem, refusalText } from "../parts/controls.tsx";
import type { State } from "../wire.ts";
import { CallForHelp } from "./help.tsx";
import { useLanding } from "./landing.ts";
import { identity, theClient, words } from "./store.ts";
import { Turn } from "./turn.tsx";

/** Refusals after which there is nothing to type again: it is the invigilator's turn. */
const NOT_A_FAULT = new Set([null, "presence_not_confirmed", "resume_not_authorized"]);

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
      <Problem text={now.refusal === null || NOT_A_FAULT.has(now.refusal) ? null : refusalText(now.refusal) + delay} />
      <button type="submit" class="main wide" aria-disabled={isEmpty || now.isEntering || !isLive}>
        {now.isEntering ? w.starting : action}
      </button>
    </form>
  );
}

/** Tells whether the code was found right here and nothing is left to the candidate but to wait. */
function isAsking(now: CandidateView, state: State): boolean {
  const isHeard = state.attempt === "not_started" || state.suspended_since !== null || state.queue_place !== null;
  return now.isCodeRight && NOT_A_FAULT.has(now.refusal) && (isHeard || now.refusal !== null);
}

/** What became of the code. The region stands before its text comes: one born with its text is not always read. */
function CodeSaid({ now, state }: { now: CandidateView; state: State }): VNode {
  const w = words();
  const is = isAsking(now, state);
  return (
    <div role="status" class={is ? "presence info" : ""}>
      {is && <Glyph shape="key" />}
      {is && <span>{now.refusal === null ? w.code_known : `${w.code_right} ${refusalText(now.refusal)}`}</span>}
    </div>
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
  const title = useLanding(isAsking(now, state));
  return (
    <section class="card narrow">
      <h1 ref={title} tabIndex={-1}>{w.waiting_title}</h1>
      <p class="lead">{w.waiting_lead}</p>
      <PresenceLine state={state} />
      <CodeSaid now={now} state={state} />
      <Turn now={now} />
      {!isAsking(now, state) && <CodeForm now={now} action={w.start} />}
      <CallForHelp now={now} state={state} question={null} />
    </section>
  );
}

/** One sentence on what happens next. */
function nextStep(now: CandidateView, state: State): string {
  const w = words();
  const isHere = state.suspended_since !== null;
  if (isAsking(now, state)) return isHere ? w.next_here : w.next_from_elsewhere;
  if (state.authorization !== null) return w.next_code_only;
  return isHere ? w.next_code_here : w.next_code_from_elsewhere;
}

/** The place in the queue, then the way in. It speaks when one of them changes, and not with every frame. */
function Queue({ now, state }: { now: CandidateView; state: State }): VNode {
  const w = words();
  // Who waits for their turn among many is told so by that.
  const text = now.entersAtMs !== null ? null : now.isEntering ? w.entering_alone : state.queue_place === null ? null : w.queue_place(state.queue_place);
  return (
    <div role="status" class={text === null ? "" : `presence ${now.isEntering ? "good" : "calm"}`}>
      {text !== null && <Glyph shape={now.isEntering ? "check" : "people"} />}
      {text !== null && <span>{text}</span>}
    </div>
  );
}

function Fact({ shape, children }: { shape: "check" | "clock"; children: ComponentChildren }): VNode {
  return <li><Glyph shape={shape} /><span>{children}</span></li>;
}

/** After an interruption, or beside a test that goes on at another computer. */
export function Interrupted({ now, state }: { now: CandidateView; state: State }): VNode {
  const w = words();
  const title = useLanding(isAsking(now, state));
  const { answered, total, suspended_since: since } = state;
  return (
    <section class="card narrow">
      <h1 ref={title} tabIndex={-1}>{since === null ? w.interrupted_elsewhere : w.interrupted_title}</h1>
      <p class="lead">{nextStep(now, state)}</p>
      <Queue now={now} state={state} />
      <Turn now={now} />
      <ul class="what-holds">
        <Fact shape="check">{answered !== null && total !== null ? w.interrupted_saved(answered, total) : w.interrupted_nothing}</Fact>
        {since !== null && <Fact shape="clock">{w.interrupted_since(timeOfDay(Date.parse(since), identity.value?.timeZone))}</Fact>}
      </ul>
      <CodeSaid now={now} state={state} />
      {!isAsking(now, state) && <CodeForm now={now} action={w.resume} />}
      <CallForHelp now={now} state={state} question={null} />
    </section>
  );
}
