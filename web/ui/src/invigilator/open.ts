// Which dialog is open: at most one, chained dialogs give focus back to what opened the first.
import { look } from "./feed.ts";
import type { Targets } from "../frames.ts";
import type { Draft } from "../reports.ts";
import { ofRoom } from "./of_room.ts";

/** The dialogs; all of them are loaded after the room is on the page. */
export type Later =
  | { is: "options"; candidate: number }
  | { is: "help"; candidate: number }
  | { is: "reports"; candidate: number; draft?: Draft }
  | { is: "identity"; candidate: number }
  | { is: "end"; candidate: number }
  | { is: "time"; candidates: Targets }
  | { is: "message"; candidates: Targets }
  | { is: "late"; candidates: number[] }
  | { is: "all_present" }
  | { is: "start" }
  | { is: "take_over" }
  | { is: "resume_all" }
  | { is: "end_over_time" }
  | { is: "resume_lost"; candidates: number[] }
  | { is: "ledger"; candidates: Targets }
  | { is: "menu"; number: number }
  | { is: "handover"; number: number };

/** Those that a person opens; a reason to be late is asked for by the hub. */
export type Open = Exclude<Later, { is: "late" }>;

export const opened = ofRoom<Open | null>(null);
let opener: Element | null = null;

function lookedAt(next: Open | null): number | null {
  return next !== null && "candidate" in next ? next.candidate : null;
}

/** Opens a dialog, or another one in its place. */
export function open(next: Open): void {
  if (opened.peek() === null) opener = document.activeElement;
  if (lookedAt(next) !== lookedAt(opened.peek())) look(lookedAt(next));
  opened.value = next;
}

/** Closes what is open. */
export function shut(): void {
  if (lookedAt(opened.peek()) !== null) look(null);
  opened.value = null;
}

/** Where focus goes back to: what opened the first dialog, else the candidate's options, else the list. */
export function focusBack(candidate?: number): HTMLElement | null {
  if (opener instanceof HTMLElement && opener.isConnected) return opener;
  return document.getElementById(`options-${candidate ?? 0}`) ?? document.querySelector<HTMLElement>(".room-body");
}
