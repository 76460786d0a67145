// The replay in words: devices, lengths of time, needs, notes.
import { instantWithSeconds } from "../dates.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr/replay.ts";
import type { Shape } from "../parts/icons.tsx";
import type { Alert } from "../wire.ts";
import { nameOf, shown } from "./case_store.ts";
import { sortedNeeds, type Note, type State, type Track } from "./sight.ts";

export const words = catalogue(fr.replay, (en) => en.replay);

/** A shape for each state, so that colour is never alone; "none" is no connection. */
export const SHAPE_OF: { [state in State | "none"]: Shape } = { live: "dot", slow: "wave", offline: "bolt", unknown: "ring", none: "cross" };
export const TONE_OF: { [state in State | "none"]: string } = { live: "good", slow: "warn", offline: "bad", unknown: "calm", none: "calm" };

const SILENT = 4103;
const OVER = 4011;

/** Writes an instant in the time zone of the room. */
export function instantText(ms: number): string {
  return instantWithSeconds(new Date(ms).toISOString(), shown.value?.session.time_zone ?? "UTC");
}

/** Writes a length of time by its two largest units. */
export function lasting(ms: number): string {
  const w = words();
  const seconds = Math.round(ms / 1000);
  if (ms < 10_000) return w.seconds((ms / 1000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 }));
  if (seconds < 60) return w.seconds(String(seconds));
  if (seconds < 3600) return w.minutes(Math.floor(seconds / 60), seconds % 60);
  const minutes = Math.round(seconds / 60);
  return w.hours(Math.floor(minutes / 60), minutes % 60);
}

/** Names a device. */
export function deviceText({ by, place, of }: Track): string {
  return words().device(by, place, of);
}

/** Names a state. */
export function stateText(state: State | "none"): string {
  return words()[`state_${state}`];
}

/** A need of one candidate, by name. */
export function needText({ candidate, need }: Alert): string {
  return words().need(nameOf(candidate), words()[`need_${need}`]);
}

function closedText(code: number | undefined): string {
  const w = words();
  if (code === undefined) return w.closed;
  return code === SILENT ? w.closed_silent : code === OVER ? w.closed_over : w.closed_code(code);
}

/** What a note says, one text each. */
export function noteTexts(note: Note): string[] {
  const w = words();
  const names = (note.candidates ?? []).map(nameOf).join(", ");
  switch (note.kind) {
    case "opened":
      return [w.opened];
    case "claimed":
      return [w.claimed(names)];
    case "released":
      return [w.released(names)];
    case "closed":
      return [closedText(note.code)];
    case "saw": {
      const needs = sortedNeeds(note.alerts ?? []).map(needText);
      const told = [w.saw(stateText(note.freshness ?? "unknown"), lasting(note.age_ms ?? 0))];
      return [...told, ...(note.is_hidden ? [w.hidden] : []), ...(needs.length > 0 ? [w.to_handle(needs.join(", "))] : [])];
    }
  }
}
