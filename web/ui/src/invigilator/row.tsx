// One candidate of the list: name, every fact, progress, one contextual button, options.
import type { VNode } from "preact";
import { useComputed } from "@preact/signals";
import { factsOf, nextStep, toneOf } from "../facts.ts";
import { timeOfDay } from "../locale.ts";
import { Glyph } from "../parts/controls.tsx";
import type { Row } from "../wire.ts";
import { words } from "./announce.ts";
import { FactTag } from "./facts_view.tsx";
import { Life } from "./life.tsx";
import { open } from "./open.ts";
import * as state from "./state.ts";
import { StepButton } from "./step.tsx";

/** Answered over total, as numbers and as a bar; nothing before the first progress. */
function ProgressOf({ row }: { row: Row }): VNode | null {
  if (row.progress === null) return null;
  const { answered, total } = row.progress;
  return (
    <li class="progress">
      <progress value={answered} max={total} aria-hidden="true" />
      <span aria-hidden="true">
        {answered}/{total}
      </span>
      <span class="only-heard">{words().progress(answered, total)}</span>
    </li>
  );
}

function Meta({ row }: { row: Row }): VNode {
  const end = row.time.theoretical_end;
  return (
    <>
      {row.extra_time_percentage ? <li class="meta extra">{words().extra(row.extra_time_percentage)}</li> : null}
      {row.attempt === "running" && end ? <li class="meta">{words().ends_at(timeOfDay(Date.parse(end), state.session.value?.time_zone))}</li> : null}
    </>
  );
}

/** Names of the colleagues who look at this candidate now. */
function Looking({ id }: { id: number }): VNode | null {
  const names = useComputed(() =>
    state.people.value
      .filter((person) => person.look === id && person.connection !== state.ownConnection.value)
      .map((person) => person.name)
      .join(", "),
  ).value;
  if (names === "") return null;
  return (
    <li class="fact calm">
      <Glyph shape="eye" />
      <span>{words().looked_at(names)}</span>
    </li>
  );
}

/** A row; it repaints only when its own candidate changes. */
export function RowView({ id }: { id: number }): VNode | null {
  const row = state.rowOf(id)?.value;
  if (row === undefined) return null;
  const facts = factsOf(row, state.slowNow.value);
  const name = state.nameOf(row);
  const headline = facts[0];
  return (
    <li class={`row ${headline ? toneOf(headline) : "calm"}`}>
      <div class="who">
        <h3>
          <span class="name">
            <b>{row.last_name.toUpperCase()}</b> {row.first_name}
          </span>
        </h3>
        <ul class="facts">
          {facts.map((fact) => (
            <FactTag key={fact.is} fact={fact} />
          ))}
          <ProgressOf row={row} />
          <Meta row={row} />
          <Looking id={id} />
          <Life id={id} />
        </ul>
      </div>
      <StepButton step={nextStep(row)} candidate={id} name={name} next={`options-${id}`} />
      <button
        type="button"
        id={`options-${id}`}
        class="plain square"
        aria-label={words().options_for(name)}
        aria-haspopup="dialog"
        onClick={() => open({ is: "options", candidate: id })}
      >
        <Glyph shape="more" />
      </button>
    </li>
  );
}
