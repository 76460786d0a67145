// The wall in words: ages, what is wrong in a room, what it needs.
import { catalogue, language, timeOfDay } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import type { RoomSummary } from "../wire.ts";
import type { Trouble } from "./trouble.ts";

export const words = catalogue(fr.wall, (en) => en.wall);

const STEP_SECONDS = 10;
/** Keeps a figure and its unit on one line. */
const SPACE = "\u00a0";
const MINUTE = 60;
const HOUR = 3600;
/** Under this many seconds ages are written to the ten seconds, above to the minute. */
const EXACT_BELOW = 10 * MINUTE;

/** Writes an age as 4 s, 40 s, 1 min 20, 12 min, 2 h 05: from ten seconds on it changes every ten seconds at most. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < STEP_SECONDS) return `${seconds}${SPACE}s`;
  const stepped = seconds - (seconds % STEP_SECONDS);
  if (stepped < MINUTE) return `${stepped}${SPACE}s`;
  const minutes = Math.floor(stepped / MINUTE);
  const rest = stepped % MINUTE;
  if (stepped < EXACT_BELOW) return rest === 0 ? `${minutes}${SPACE}min` : `${minutes}${SPACE}min${SPACE}${rest}`;
  if (stepped < HOUR) return `${minutes}${SPACE}min`;
  return `${Math.floor(minutes / MINUTE)}${SPACE}h${SPACE}${String(minutes % MINUTE).padStart(2, "0")}`;
}

/** Names a room. */
export function roomName(room: RoomSummary): string {
  return words().room(room.room);
}

/** Says what is wrong. */
export function troubleText(room: RoomSummary, trouble: Trouble, nowMs: number): string {
  const w = words();
  const age = ageText(trouble.sinceMs === null ? 0 : nowMs - trouble.sinceMs);
  switch (trouble.is) {
    case "outage":
      return w.trouble_outage(room.lost_together);
    case "escalated":
      return w.trouble_escalated(w.needs[room.worst_need ?? "help"], age);
    case "unattended":
      return room.running > 0 ? w.trouble_unattended(age) : w.trouble_unattended_waiting(age);
    case "stale":
      return w.trouble_stale(age);
  }
}

/** Says the worst need, how many more there are, and whether somebody goes there; null when nothing is needed. */
export function needText(room: RoomSummary, nowMs: number): string | null {
  const w = words();
  if (room.worst_need === null) return null;
  const said: string[] = [w.needs[room.worst_need]];
  if (room.needs > 1) said.push(w.needs_more(room.needs - 1));
  said.push(room.untaken > 0 ? w.untaken(room.untaken) : w.all_taken);
  if (room.oldest_need_at !== null) said.push(w.since(ageText(nowMs - Date.parse(room.oldest_need_at))));
  return said.join(", ");
}

/** Says who watches over a room. */
export function staffText(room: RoomSummary, nowMs: number): string {
  const w = words();
  if (room.invigilators > 0) return w.invigilators(room.invigilators);
  return room.unattended_since === null ? w.no_invigilator : w.nobody_since(ageText(nowMs - Date.parse(room.unattended_since)));
}

/** Writes an instant as the room's own clock shows it. */
export function roomTime(room: RoomSummary, at: string): string {
  return timeOfDay(Date.parse(at), room.time_zone);
}

/** Writes the day of a room in few letters: 15 janv. */
export function shortDay(room: RoomSummary): string {
  const [year, month, day] = room.date.split("-").map(Number);
  const date = Date.UTC(year ?? 1970, (month ?? 1) - 1, day ?? 1);
  return new Intl.DateTimeFormat(language.value === "en" ? "en-GB" : "fr-FR", { day: "numeric", month: "short", timeZone: "UTC" }).format(date);
}
