// The À traiter list: one card per need, most severe then oldest first, one action each.
import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { nextStep } from "../facts.ts";
import { shortAge } from "../locale.ts";
import type { Need, NeedKind, Outage } from "../needs.ts";
import type { Shape } from "../parts/icons.tsx";
import { Button, Glyph } from "../parts/controls.tsx";
import type { Row } from "../wire.ts";
import { words } from "./announce.ts";
import { run, waits } from "./commands.ts";
import { open } from "./open.ts";
import * as state from "./state.ts";
import { StepButton } from "./step.tsx";
import type { NextStep } from "../facts.ts";

const SHAPE_OF: Record<NeedKind, Shape> = { help: "hand", asking: "door", offline: "bolt", over_time: "clock", end_screen: "eye" };
const TONE_OF: Record<NeedKind, string> = { help: "bad", asking: "warn", offline: "bad", over_time: "warn", end_screen: "calm" };

function toneOf(need: Need): string {
  return need.help?.taken_by ? "info" : TONE_OF[need.kind];
}

function reason(need: Need, row: Row): string {
  const w = words();
  switch (need.kind) {
    case "help":
      if (need.help?.taken_by) return w.fact_help_taken(need.help.taken_by);
      return need.help?.question ? w.fact_help_question(need.help.question) : w.need_help;
    case "asking":
      return row.attempt === "running" ? w.need_asking_resume : w.need_asking_start;
    case "offline":
      return w.need_offline;
    case "over_time":
      return w.need_over_time;
    case "end_screen":
      return w.need_end_screen;
  }
}

function stepOf(need: Need, row: Row): NextStep {
  if (need.kind === "help") return "help";
  if (need.kind === "asking") return row.attempt === "running" ? "resume" : "present";
  if (need.kind === "end_screen") return "seen";
  return need.kind === "offline" && nextStep(row) === "resume" ? "resume" : null;
}

function NeedCard({ need }: { need: Need }): VNode | null {
  const row = state.rowOf(need.candidate)?.value;
  if (row === undefined) return null;
  const name = state.nameOf(row);
  const id = `need-${need.kind}-${need.candidate}`;
  return (
    <li class={`row need ${toneOf(need)}`}>
      <div class="who">
        <h3>
          <span class="name">
            <b>{row.last_name.toUpperCase()}</b> {row.first_name}
          </span>
        </h3>
        <ul class="facts">
          <li class={`fact ${toneOf(need)}`}>
            <Glyph shape={SHAPE_OF[need.kind]} />
            <span>{reason(need, row)}</span>
          </li>
          {need.kind !== "end_screen" && <li class="meta">{words().need_since(shortAge(state.slowNow.value - need.sinceMs))}</li>}
        </ul>
        {need.help?.text && <p class="said">{need.help.text}</p>}
      </div>
      <StepButton step={stepOf(need, row)} candidate={need.candidate} name={name} next={id} />
      <button
        type="button"
        id={id}
        class="plain square"
        aria-label={words().options_for(name)}
        aria-haspopup="dialog"
        onClick={() => open({ is: "options", candidate: need.candidate })}
      >
        <Glyph shape="more" />
      </button>
    </li>
  );
}

/** Many lost at once is one card with one action. */
function OutageCard({ outage }: { outage: Outage }): VNode {
  const w = words();
  const waiting = outage.candidates.filter((id) => state.rowOf(id)?.value.interrupted_at !== null);
  return (
    <li class="row need bad outage">
      <div class="who">
        <h3>
          <Glyph shape="bolt" /> <b>{w.outage(outage.candidates.length, outage.of)}</b>
        </h3>
        <p>{waiting.length > 0 ? w.outage_text : w.outage_wait}</p>
      </div>
      {waiting.length > 0 && (
        <Button kind="main" waits={waits.value} onPress={() => void run({ type: "resume.authorize", candidates: waiting }, w.resume)}>
          {w.outage_do(waiting.length)}
        </Button>
      )}
    </li>
  );
}

/** The list; when the card that had focus goes, focus goes to the list's heading, not to the top of the page. */
export function NeedsPanel(): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  const panel = useRef<HTMLElement>(null);
  const { needs, outage } = state.needs.value;
  const hadFocus = panel.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    if (hadFocus && !panel.current?.contains(document.activeElement) && document.activeElement === document.body) heading.current?.focus();
  });
  const count = needs.length + (outage ? 1 : 0);
  return (
    <section class="needs" ref={panel} aria-labelledby="needs-title">
      <h2 id="needs-title" ref={heading} tabIndex={-1}>
        {words().needs_label} <b class="badge">{count}</b>
      </h2>
      {count === 0 && (
        <p class="empty">
          <Glyph shape="check" /> {words().needs_empty}
        </p>
      )}
      <ul class="rows">
        {outage && <OutageCard key="outage" outage={outage} />}
        {needs.map((need) => (
          <NeedCard key={`${need.kind}-${need.candidate}-${need.help?.id ?? 0}`} need={need} />
        ))}
      </ul>
    </section>
  );
}
