// How the rooms are shown: cards or a table, remembered on this device; and the order of the table.
import { signal } from "@preact/signals";
import { kept, sorted, type Column, type Sorting } from "./order.ts";
import * as store from "./store.ts";

export type View = "cards" | "table";

const STORED_AS = "vigie.wall.view";

function stored(): View {
  try {
    return localStorage.getItem(STORED_AS) === "table" ? "table" : "cards";
  } catch {
    return "cards";
  }
}

export const view = signal<View>(stored());

/** Changes how rooms are shown. */
export function setView(chosen: View): void {
  view.value = chosen;
  try {
    localStorage.setItem(STORED_AS, chosen);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

export const sorting = signal<Sorting>({ column: "start", isDescending: false });
/** The order made when somebody last sorted: rows do not move by themselves, whatever happens in the rooms. */
const made = signal<readonly number[] | null>(null);

/** Sorts by a column; by the same one again, the other way round. */
export function sortBy(column: Column): void {
  const before = sorting.peek();
  sorting.value = { column, isDescending: before.column === column && !before.isDescending };
  const beside = { nowMs: store.now.peek(), troubles: (number: number) => store.troublesIn(number).length };
  made.value = sorted(store.allRooms.peek(), sorting.peek(), beside).map((room) => room.session);
}

/** The rows to show, in the order of the table. */
export function rowsShown(): readonly number[] {
  const shown = store.shown.value;
  return made.value === null ? shown : kept(made.value, shown);
}
