// The room on a page: bar, filters, list, what needs a person, what is under way, the open dialog.
import type { VNode } from "preact";
import { Button, common } from "../parts/controls.tsx";
import { Notices } from "../parts/notices.tsx";
import { words } from "./announce.ts";
import { Bar } from "./bar.tsx";
import { lateAsked, waits } from "./commands.ts";
import { Filters } from "./filters.tsx";
import { LaterPlace, Rest } from "./later.tsx";
import { NeedsPanel } from "./needs_panel.tsx";
import { open, opened, shut } from "./open.ts";
import { RowView } from "./row.tsx";
import * as state from "./state.ts";

/** One candidate is handled by name; from two on, one action for all is offered. */
const TOGETHER_FROM = 2;

/** How long after the start a room is still being counted. */
const COUNTING_MS = 15 * 60_000;

/** What the room as a whole most probably needs now. */
function RoomActions(): VNode | null {
  const session = state.session.value;
  if (session === null || session.status !== "open") return null;
  const w = words();
  const expected = state.expectedIds().length;
  const over = state.overTimeIds().can.length;
  const resumable = state.resumableIds().length;
  const mayStart = session.started_at === null;
  // The first entry starts the clock while most of the room is still being counted: the action stays a while.
  const isEarly = session.started_at === null || state.slowNow.value - Date.parse(session.started_at) < COUNTING_MS;
  const offersAll = expected >= TOGETHER_FROM && (isEarly || state.filter.value === "expected");
  if (!mayStart && !offersAll && over < TOGETHER_FROM && resumable < TOGETHER_FROM) return null;
  return (
    <div class="room-actions">
      {offersAll && <Button waits={waits.value} onPress={() => open({ is: "all_present" })}>{w.all_present(expected)}</Button>}
      {mayStart && <Button kind={expected === 0 ? "main" : "soft"} waits={waits.value} onPress={() => open({ is: "start" })}>{w.start_short}</Button>}
      {resumable >= TOGETHER_FROM && <Button waits={waits.value} onPress={() => open({ is: "resume_all" })}>{w.resume_several(resumable)}</Button>}
      {over >= TOGETHER_FROM && <Button waits={waits.value} onPress={() => open({ is: "end_over_time" })}>{w.end_over_time(over)}</Button>}
    </div>
  );
}

function List(): VNode {
  const ids = state.shown.value;
  const w = words();
  const empty = state.typed.value === "" ? w.list_empty : w.list_no_match;
  return (
    <section class="list" aria-label={w.list_label}>
      <h2 class="only-heard">{w.list_label}</h2>
      <RoomActions />
      {ids.length === 0 && state.session.value !== null && <p class="empty">{empty}</p>}
      <ul class="rows">
        {ids.map((id) => (
          <RowView key={id} id={id} />
        ))}
      </ul>
    </section>
  );
}

function Dialogs(): VNode | null {
  const late = lateAsked.value;
  if (late !== null) return <LaterPlace key="late" what={{ is: "late", ...late }} onClose={() => (lateAsked.value = null)} />;
  const what = opened.value;
  return what === null ? null : <LaterPlace key={what.is} what={what} onClose={shut} />;
}

/** The room, once `watch` follows it. In a panel it is a part of another page, which has a main part and notices of its own. */
export function Room({ number, isPanel = false }: { number: number; isPanel?: boolean }): VNode {
  const line = state.line.value;
  const Body = isPanel ? "div" : "main";
  const why = state.hindrance.value;
  const isStale = state.session.value !== null && (why === "not_live" || (why !== null && state.freshness.value === "offline"));
  return (
    <>
      {!isPanel && <a class="skip" href="#content">{common().skip}</a>}
      <div class="top">
        <Bar number={number} isPanel={isPanel} />
        <Filters />
      </div>
      <Body id={isPanel ? "room" : "content"} tabIndex={-1} class={`room-body ${isStale ? "stale" : ""} shows-${state.filter.value}`}>
        {line.at === "closed" && <Rest show={(here) => <here.Closed number={number} code={line.code} />} />}
        <List />
        <NeedsPanel />
      </Body>
      <div class="bottom">
        {!isPanel && <Notices />}
        <Rest show={(here) => <here.Endings />} />
      </div>
      <Dialogs />
    </>
  );
}
