// A session in words: where it stands, until when it is to be finalized.
import { dueMs, phaseOf, type ExamSession } from "./exam_session.ts";
import { dateAndTime } from "./dates.ts";
import { catalogue } from "./locale.ts";
import * as fr from "./locales/fr.ts";

export const words = catalogue(fr.exam_session, (en) => en.exam_session);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Writes where a session stands, with the time left to finalize it. */
export function phaseText(line: ExamSession, nowMs: number): string {
  const w = words();
  const phase = phaseOf(line, nowMs);
  const due = dueMs(line);
  if (phase !== "to_finalize" || due === null) return w.phases[phase];
  const left = due - nowMs;
  return left < HOUR_MS ? w.to_finalize_minutes(Math.ceil(left / MINUTE_MS)) : w.to_finalize_hours(Math.floor(left / HOUR_MS));
}

/** Writes when finalization is due, in the center's time. */
export function dueText(line: ExamSession): string {
  const due = dueMs(line);
  return due === null ? "" : dateAndTime(due, line.time_zone);
}
