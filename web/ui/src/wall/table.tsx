// All rooms as a table: the same facts in rows, for who reads with a keyboard or by ear.
import type { VNode } from "preact";
import { useComputed } from "@preact/signals";
import { Glyph } from "../parts/controls.tsx";
import type { RoomSummary } from "../wire.ts";
import { openRoom } from "./address.ts";
import { Choose, RoomLink } from "./card.tsx";
import { COLUMNS, type Column } from "./order.ts";
import { isChoosing } from "./selection.ts";
import * as store from "./store.ts";
import { partsOf, phaseOf } from "./summary.ts";
import { sortBy, sorting, rowsShown } from "./view.ts";
import { needText, roomName, shortDay, staffText, troubleText, words } from "./words.ts";

const FIGURES: ReadonlySet<Column> = new Set(["expected", "confirmed", "running", "over", "absent"]);

function Header({ column }: { column: Column }): VNode {
  const { column: by, isDescending } = sorting.value;
  const order = by !== column ? undefined : isDescending ? "descending" : "ascending";
  return (
    <th scope="col" aria-sort={order} class={FIGURES.has(column) ? "figure" : undefined}>
      <button type="button" class="sorts" onClick={() => sortBy(column)}>
        {words().columns[column]}
        <span class={`order ${order ?? "none"}`} aria-hidden="true"><Glyph shape="down" /></span>
      </button>
    </th>
  );
}

function textOf(room: RoomSummary, column: Column, nowMs: number): string {
  const w = words();
  switch (column) {
    case "room":
      return roomName(room);
    case "site":
      return room.site;
    case "session":
      return String(room.session);
    case "start":
      return `${shortDay(room)} ${room.start_time.slice(0, 5)}`;
    case "phase":
      return w.phases[phaseOf(room, nowMs)];
    case "progress":
      return room.total > 0 ? `${room.answered}/${room.total}` : "–";
    case "needs":
      return needText(room, nowMs) ?? w.needs_none;
    case "invigilators":
      return staffText(room, nowMs);
    case "trouble":
      return store.troublesIn(room.session).map((one) => troubleText(room, one, nowMs)).join(" · ") || w.no_trouble;
    default:
      return String(partsOf(room)[column]);
  }
}

/** One cell; it repaints only when what it says changes. */
function Cell({ number, column }: { number: number; column: Column }): VNode {
  const text = useComputed(() => {
    const room = store.roomOf(number)?.value;
    return room === undefined ? "" : textOf(room, column, store.now.value);
  }).value;
  return <td class={FIGURES.has(column) ? "figure" : `is-${column}`}>{text}</td>;
}

function Row({ number }: { number: number }): VNode | null {
  const room = store.roomOf(number)?.value;
  const isTroubled = useComputed(() => store.troublesIn(number).length > 0).value;
  if (room === undefined) return null;
  return (
    <tr class={`${isTroubled ? "troubled" : ""} ${openRoom.value === number ? "open" : ""}`}>
      {isChoosing.value && <td><Choose room={room} /></td>}
      <th scope="row"><RoomLink room={room} text={roomName(room)} /></th>
      {COLUMNS.slice(1).map((column) => <Cell key={column} number={number} column={column} />)}
    </tr>
  );
}

/** The table. */
export function Table(_props: { onClose: () => void }): VNode {
  const w = words();
  return (
    <div class="scrolls tall wall-table" tabIndex={0} role="group" aria-labelledby="wall-caption">
      <table>
        <caption id="wall-caption" class="hint">{w.table_caption}</caption>
        <thead>
          <tr>
            {isChoosing.value && <th scope="col">{w.choose_column}</th>}
            {COLUMNS.map((column) => <Header key={column} column={column} />)}
          </tr>
        </thead>
        <tbody>{rowsShown().map((number) => <Row key={number} number={number} />)}</tbody>
      </table>
    </div>
  );
}
