// One instant of the replay: how it is chosen, and what could be seen then on each device.
import type { VNode } from "preact";
import { useId } from "preact/hooks";
import { Button, Glyph } from "../parts/controls.tsx";
import { nameOf } from "./case_store.ts";
import { at, record, span, tracks } from "./replay_store.ts";
import { replayed } from "./replay_open.ts";
import { deviceText, instantText, lasting, needText, SHAPE_OF, stateText, TONE_OF, words } from "./replay_text.ts";
import { ageAt, neighbour, sightAt, sortedNeeds, type Screen, type Sight, type Span, type Stretch, type WatchRecord } from "./sight.ts";

/** A key moves by a second; in a record of a few minutes by less. */
const STEP_MS = 1_000;
const FINE_STEP_MS = 100;
const SHORT_MS = 600_000;

interface ChooseProps {
  all: WatchRecord;
  over: Span;
}

/** The instant: on a line, or from event to event. */
export function Choose({ all, over }: ChooseProps): VNode {
  const w = words();
  const id = useId();
  const [before, after] = [neighbour(all, over, at.value, -1), neighbour(all, over, at.value, 1)];
  const go = (ms: number | null): void => {
    if (ms !== null) replayed.value = ms;
  };
  return (
    <div class="choose">
      <label for={id}>{w.instant}</label>
      <input
        id={id}
        type="range"
        min={over.fromMs}
        max={over.toMs}
        step={over.toMs - over.fromMs < SHORT_MS ? FINE_STEP_MS : STEP_MS}
        value={at.value}
        aria-valuetext={instantText(at.value)}
        onInput={(event) => go(event.currentTarget.valueAsNumber)}
      />
      <div class="ends" aria-hidden="true"><span>{instantText(over.fromMs)}</span><span>{instantText(over.toMs)}</span></div>
      <div class="buttons">
        <Button waits={before === null ? w.none_before : undefined} onPress={() => go(before)}>{w.before}</Button>
        <Button waits={after === null ? w.none_after : undefined} onPress={() => go(after)}>{w.after}</Button>
      </div>
    </div>
  );
}

function freshText(stretch: Stretch): string {
  const w = words();
  const age = ageAt(stretch, at.value);
  return age === null ? w[`fresh_${stretch.is as Exclude<Stretch["is"], "offline">}`] : w.fresh_offline(lasting(age));
}

function ScreenCard({ screen: { track, stretch } }: { screen: Screen }): VNode {
  const w = words();
  const state = stretch?.is ?? "none";
  const needs = sortedNeeds(stretch?.alerts ?? []);
  return (
    <li class={`screen ${TONE_OF[state]}`}>
      <p class="strong">{deviceText(track)}</p>
      <p>
        <span class={`status ${TONE_OF[state]}`}><Glyph shape={SHAPE_OF[state]} /> {stateText(state)}</span>{" "}
        {stretch !== null && <span>{freshText(stretch)}</span>}
      </p>
      {stretch?.isHidden && <p><Glyph shape="screens" /> {w.hidden}</p>}
      {needs.length > 0 && <ul class="shown-needs">{needs.map((alert) => <li key={`${alert.need} ${alert.candidate}`}>{needText(alert)}</li>)}</ul>}
      {needs.length === 0 && stretch !== null && stretch.is !== "unknown" && <p class="hint">{w.no_needs}</p>}
    </li>
  );
}

function summary({ screens }: Sight): string {
  const open = screens.filter(({ stretch }) => stretch !== null);
  const live = open.filter(({ stretch }) => stretch?.is === "live").length;
  const needs = new Set(open.flatMap(({ stretch }) => (stretch?.alerts ?? []).map((alert) => `${alert.need} ${alert.candidate}`)));
  return words().summary(open.length, live, needs.size);
}

function Going({ sight }: { sight: Sight }): VNode {
  const w = words();
  return (
    <div>
      <h4>{w.going}</h4>
      {sight.going.length === 0 && <p class="hint">{w.going_none}</p>}
      <ul>{sight.going.map(({ by, candidate }) => <li key={`${by} ${candidate}`}><Glyph shape="right" /> {w.goes(by, nameOf(candidate))}</li>)}</ul>
    </div>
  );
}

/** What could be seen at the chosen instant. */
export function SightNow(): VNode | null {
  if (record.value == null || span.value === null) return null;
  const whole = sightAt(record.value, at.value);
  const sight = { ...whole, screens: whole.screens.filter((screen) => tracks.value.includes(screen.track)) };
  return (
    <>
      <Choose all={record.value} over={span.value} />
      <h3>{words().sight(instantText(at.value))}</h3>
      <p role="status">{summary(sight)}</p>
      <ul class="screens">
        {sight.screens.map((screen) => <ScreenCard key={`${screen.track.by} ${screen.track.place}`} screen={screen} />)}
      </ul>
      <Going sight={sight} />
    </>
  );
}
