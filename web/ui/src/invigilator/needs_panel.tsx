// The À traiter list: one card per need, most severe, untaken, oldest first; who goes, and one action each.
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { keyOf } from "../escalation.ts";
import { nextStep, type NextStep } from "../facts.ts";
import { shortAge, timeOfDay } from "../locale.ts";
import type { Need, NeedKind } from "../needs.ts";
import type { Shape } from "../parts/icons.tsx";
import { Glyph } from "../parts/controls.tsx";
import { useKeptFocus } from "../parts/kept_focus.ts";
import type { Row } from "../wire.ts";
import { words } from "./announce.ts";
import { Rest, dialogs } from "./later.tsx";
import { open } from "./open.ts";
import * as state from "./state.ts";
import { StepButton } from "./step.tsx";

type OneKind = Exclude<NeedKind, "outage">;

const LOOK_OF: Record<OneKind, [Shape, string]> = {
  help: ["hand", "bad"],
  asking: ["door", "warn"],
  offline: ["bolt", "bad"],
  over_time: ["clock", "warn"],
  end_screen: ["eye", "calm"],
  lapsing: ["key", "warn"],
};

function reason(kind: OneKind, need: Need, row: Row): string {
  const w = words();
  if (kind === "help" && need.help?.question) return w.fact_help_question(need.help.question);
  if (kind !== "asking") return w[`need_${kind}`];
  return row.attempt === "running" ? w.need_asking_resume : w.need_asking_start;
}

function stepOf(kind: OneKind, row: Row): NextStep {
  if (kind === "help") return "help";
  if (kind === "asking") return row.attempt === "running" ? "resume" : "present";
  if (kind === "end_screen") return "seen";
  return kind === "offline" && nextStep(row) === "resume" ? "resume" : null;
}

interface CardProps {
  kind: OneKind;
  need: Need;
  row: Row;
}

function Who({ kind, need, row }: CardProps): VNode {
  const [shape, tone] = LOOK_OF[kind];
  return (
    <div class="who">
      <h3>
        <span class="name">
          <b>{row.last_name.toUpperCase()}</b> {row.first_name}
        </span>
      </h3>
      <ul class="facts">
        <li class={`fact ${need.takenBy === null ? tone : "info"}`}>
          <Glyph shape={shape} />
          <span>{reason(kind, need, row)}</span>
        </li>
        {kind !== "end_screen" && <li class="meta">{words().need_since(shortAge(state.slowNow.value - need.sinceMs))}</li>}
      </ul>
      {need.help?.text && <p class="said">{need.help.text}</p>}
    </div>
  );
}

function NeedCard({ kind, need }: Omit<CardProps, "row">): VNode | null {
  const candidate = need.candidates[0] ?? 0;
  const row = state.rowOf(candidate)?.value;
  if (row === undefined) return null;
  const name = state.nameOf(row);
  const id = `need-${kind}-${candidate}`;
  return (
    <li class={`row need ${need.takenBy === null ? LOOK_OF[kind][1] : "info taken"}`}>
      <Who kind={kind} need={need} row={row} />
      <div class="acts">
        <StepButton step={stepOf(kind, row)} candidate={candidate} name={name} next={id} />
        <Rest show={(here) => <here.GoButton need={need} name={name} next={id} />} />
        <button
          type="button"
          id={id}
          class="plain square"
          aria-label={words().options_for(name)}
          aria-haspopup="dialog"
          onClick={() => open({ is: "options", candidate })}
        >
          <Glyph shape="more" />
        </button>
      </div>
      <Rest show={(here) => <here.Goers need={need} />} />
    </li>
  );
}

/** Many lost at once is one card; what can be done for all of them comes with the dialogs. */
function OutageCard({ need }: { need: Need }): VNode {
  const w = words();
  const here = dialogs.value;
  return (
    <li class={`row need outage ${need.takenBy === null ? "bad" : "info taken"}`}>
      <h3>
        <Glyph shape="bolt" />
        <b>{w.outage(need.candidates.length, state.counts.value.running)} {w.outage_since(timeOfDay(need.sinceMs, state.session.value?.time_zone))}</b>
      </h3>
      {here && <here.OutageBody need={need} />}
      <Rest show={(here) => <here.Goers need={need} />} />
      <div class="acts"><Rest show={(here) => <here.GoButton need={need} />} /></div>
    </li>
  );
}

/** The list. A card that moves keeps focus; when the one that had it goes, focus goes to the list's heading. */
export function NeedsPanel(): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  const panel = useRef<HTMLElement>(null);
  const needs = state.needs.value;
  // Of an old list, or with a part of the hub away, nobody can say so.
  const isSure = state.freshness.value === "live" && state.degraded.value.length === 0;
  const here = dialogs.value;
  useKeptFocus(panel, heading);
  return (
    <section class="needs" ref={panel} aria-labelledby="needs-title">
      <h2 id="needs-title" ref={heading} tabIndex={-1}>
        {words().needs_label} <b class="badge">{needs.length}</b>
      </h2>
      {needs.length === 0 && (
        <p class="empty">
          <Glyph shape="check" /> {words().needs_empty} {isSure && words().all_well}
        </p>
      )}
      <ul class="rows">
        {needs.map((need) =>
          need.kind === "outage" ? <OutageCard key="outage" need={need} /> : <NeedCard key={keyOf(need)} kind={need.kind} need={need} />,
        )}
      </ul>
      {here && state.outage.value === null && <here.LostMinutes />}
    </section>
  );
}
