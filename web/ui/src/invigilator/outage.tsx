// Many lost at once: what is true of them, one action for all, and the minutes it cost them.
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { backWithRoom } from "../compensation.ts";
import type { Need } from "../needs.ts";
import { Button, Glyph } from "../parts/controls.tsx";
import { useKeptFocus } from "../parts/kept_focus.ts";
import type { Row } from "../wire.ts";
import { waits } from "./commands.ts";
import { texts } from "./form.tsx";
import { ofRoom } from "./of_room.ts";
import { open } from "./open.ts";
import * as state from "./state.ts";

/** Which interruptions this person does not want to compensate: an own decision, on this page only. */
const left = ofRoom<ReadonlySet<string>>(new Set());
const lossOf = (row: Row): string => `${row.id} ${row.time.interruptions.length}`;

/** What the card of an outage says and does. */
export function OutageBody({ need }: { need: Need }): VNode {
  const t = texts();
  const body = useRef<HTMLDivElement>(null);
  const told = useRef<HTMLParagraphElement>(null);
  useKeptFocus(body, told);
  const rows = need.candidates.flatMap((id) => state.rowOf(id)?.value ?? []);
  const waiting = rows.filter((row) => row.waiting.clients > 0).length;
  const authorized = rows.filter((row) => row.authorization !== null).length;
  const can = rows.filter((row) => row.interrupted_at !== null && row.authorization === null).map((row) => row.id);
  const counts: [number, (count: number) => string][] = [[waiting, t.outage_waiting], [rows.length - waiting, t.outage_away], [authorized, t.outage_authorized]];
  return (
    <div class="outage-body" ref={body}>
      <p ref={told} tabIndex={-1}>{counts.filter(([count]) => count > 0).map(([count, text]) => text(count)).join(" · ")}</p>
      {can.length + authorized === 0 && <p>{t.outage_wait}</p>}
      {can.length > 0 && (
        <Button kind="main" waits={waits.value} onPress={() => open({ is: "resume_lost", candidates: can })}>{t.outage_all(can.length)}</Button>
      )}
      <LostMinutes />
    </div>
  );
}

/** The way to the minutes of those who are back; by itself once the outage is over, until they are given or left. */
export function LostMinutes(): VNode | null {
  const t = texts();
  const back = backWithRoom(state.allRows.value).filter((row) => !left.value.has(lossOf(row)));
  if (back.length === 0) return null;
  const isOver = state.outage.value === null;
  return (
    <div class="lost-minutes">
      {isOver && <p><Glyph shape="clock" /> {t.outage_back(back.length)}</p>}
      <Button onPress={() => open({ is: "ledger", candidates: back.map((row) => row.id) })}>{t.outage_minutes(back.length)}</Button>
      {isOver && <Button kind="plain" onPress={() => (left.value = new Set([...left.value, ...back.map(lossOf)]))}>{t.outage_leave}</Button>}
    </div>
  );
}
