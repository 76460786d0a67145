// A session as the staff's pages know it: what the hub says of it, and what that means now. Pure.

/** One line of the list of sessions. */
export interface ExamSession {
  number: number;
  center: number;
  center_name: string;
  site: string;
  room: string;
  date: string;
  start_time: string;
  time_zone: string;
  duration_minutes: number;
  invigilators: string;
  started_at: string | null;
  status: "open" | "finalized" | "in_review" | "published";
  candidates: number;
  /** When finalization is due; null while nobody has started. */
  finalization_due_at: string | null;
}

/** One session, for those who prepare it. */
export interface SessionDetail extends ExamSession {
  observations?: string;
  access_code?: string;
  invigilator_password?: string;
  finalized_at: string | null;
  has_started: boolean;
  may_edit: boolean;
  may_delete: boolean;
  may_finalize: boolean;
}

/** The time a center has to finalize, after the last theoretical end. */
const TO_FINALIZE_MS = 48 * 3_600_000;
const HALF_A_DAY_MS = 12 * 3_600_000;

export type Phase = "planned" | "missed" | "running" | "to_finalize" | "late" | "finalized" | "in_review" | "published";

/** Tells where a session stands now. */
export function phaseOf(line: ExamSession, nowMs: number): Phase {
  if (line.status !== "open") return line.status;
  const due = dueMs(line);
  if (line.started_at === null && due === null) return isPast(line, nowMs) ? "missed" : "planned";
  if (due === null || nowMs < due - TO_FINALIZE_MS) return "running";
  return nowMs <= due ? "to_finalize" : "late";
}

/** The moment finalization is due, or null. */
export function dueMs(line: ExamSession): number | null {
  return line.finalization_due_at ? Date.parse(line.finalization_due_at) : null;
}

// The date is the center's own: half a day of grace spares us its time zone.
function isPast(line: ExamSession, nowMs: number): boolean {
  return nowMs > Date.parse(`${line.date}T23:59:00Z`) + HALF_A_DAY_MS;
}

/** The invigilators one by one: kept as one line, told apart by commas. */
export function invigilatorNames(line: string): string[] {
  return line.split(/[,;\n]/).map((name) => name.trim()).filter(Boolean);
}

/** The minutes that a percentage of extra time adds to a test. */
export function extraMinutes(durationMinutes: number, percentage: number): number {
  return Math.ceil((durationMinutes * percentage) / 100);
}
