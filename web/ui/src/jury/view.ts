// The jury's queue and one case as the hub tells them, and what follows from them without asking anybody. Pure.
import { listed, type AbortReason, type Attachment } from "../closing.ts";
import { lostMs } from "../compensation.ts";
import type { ReportView, Row } from "../wire.ts";

export const WORDS_AT_MOST = 500;

export type Status = "finalized" | "in_review" | "published";
export type Attention = "comment" | "report" | "end_screen" | "abort_reason";
export type Verdict = "validated" | "rejected" | "cancelled";
export const VERDICTS: readonly Verdict[] = ["validated", "rejected", "cancelled"];

export interface Line {
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
  observations: string;
  started_at: string | null;
  finalized_at: string;
  finalized_by: string;
  is_late: boolean;
  status: Status;
  assigned_to: { id: number; name: string } | null;
  assigned_at: string | null;
  published_at: string | null;
  candidates: number;
  attention: Attention[];
}

export interface Queue {
  sessions: Line[];
  total: number;
  page: number;
  page_size: number;
}

export interface Said {
  seq: number;
  by: string;
  at: string;
  verdict: Verdict | null;
  reason: string | null;
  word: string | null;
}

export interface JudgedReport extends ReportView {
  needs_action: boolean;
  resolution: Said | null;
}

export interface JudgedRow extends Row {
  reports: JudgedReport[];
  abort_reason: AbortReason | null;
  decision: Said | null;
}

export interface Entry {
  seq: number;
  at: string;
  kind: string;
  candidate: number | null;
  by: string;
  codes: Record<string, string | number | null>;
  detail: Record<string, string> | null;
}

export interface Case {
  session: Line;
  incident: boolean | null;
  comment: string;
  candidates: JudgedRow[];
  documents: Attachment[];
  timeline: Entry[];
  head: { decision_seq: number; hash: string };
}

// ── the queue ───────────────────────────────────────────────────────────────────────────────────────────────────

/** What the queue is narrowed to; an empty text is no filter. */
export interface Filters {
  q: string;
  status: string;
  attention: string;
  assigned: string;
  center: string;
  sort: string;
  page: number;
}

export const NO_FILTERS: Filters = { q: "", status: "", attention: "", assigned: "", center: "", sort: "", page: 1 };
const KEPT = ["status", "attention", "assigned", "center", "sort"] as const;

/** Writes filters as the hub's query. */
export function toQuery(filters: Filters): string {
  const query = new URLSearchParams();
  if (filters.q.trim() !== "") query.set("q", filters.q.trim());
  for (const key of KEPT) if (filters[key] !== "") query.set(key, filters[key]);
  if (filters.page > 1) query.set("page", String(filters.page));
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** Writes filters for the page's own address: without what was typed, which may be anything. */
export function toAddress(filters: Filters): string {
  return toQuery({ ...filters, q: "" });
}

/** Reads filters from the page's own address. */
export function fromAddress(search: string): Filters {
  const query = new URLSearchParams(search);
  const page = Number(query.get("page") ?? "1");
  const filters = { ...NO_FILTERS, page: Number.isInteger(page) && page > 0 ? page : 1 };
  for (const key of KEPT) filters[key] = query.get(key) ?? "";
  return filters;
}

/** Tells whether anything narrows the list. */
export function isNarrowed(filters: Filters): boolean {
  return filters.q.trim() !== "" || KEPT.some((key) => key !== "sort" && filters[key] !== "");
}

// ── one case ────────────────────────────────────────────────────────────────────────────────────────────────────

/** What is still open in a case, with everybody it is about. */
export interface Open {
  comment: boolean;
  reports: { row: JudgedRow; report: JudgedReport }[];
  unseen: JudgedRow[];
  reasons: JudgedRow[];
  undecided: JudgedRow[];
}

/** Lists what is still open, by name. */
export function openOf(one: Case): Open {
  const rows = one.candidates;
  return {
    comment: one.comment !== "",
    reports: rows.flatMap((row) => row.reports.filter(isOpen).map((report) => ({ row, report }))),
    unseen: rows.filter(isUnseen),
    reasons: rows.filter((row) => row.abort_reason !== null),
    undecided: rows.filter((row) => row.attempt !== "not_started" && row.decision === null),
  };
}

/** Tells whether the jury still has to act on a report. */
export function isOpen(report: JudgedReport): boolean {
  return report.needs_action && report.resolution === null;
}

function isUnseen(row: JudgedRow): boolean {
  return row.attempt === "finished" && row.end_screen_seen === null;
}

/** Tells whether one candidate needs a look. */
export function needsLook(row: JudgedRow): boolean {
  return row.abort_reason !== null || isUnseen(row) || row.reports.some(isOpen);
}

export type Shown = "all" | "attention" | "undecided";

/** Gives the candidates of one list, in the order of the alphabet. */
export function shownRows(rows: readonly JudgedRow[], shown: Shown): JudgedRow[] {
  const kept = rows.filter((row) => {
    if (shown === "all") return true;
    return shown === "attention" ? needsLook(row) : row.attempt !== "not_started" && row.decision === null;
  });
  return kept.sort((a, b) => listed(a).localeCompare(listed(b), "fr"));
}

/** Earlier decisions about a candidate since the session was last finalized, the latest first, without the one that counts. */
export function earlierDecisions(one: Case, row: JudgedRow): Entry[] {
  const about = one.timeline.filter((entry) => entry.kind === "jury.decided" && entry.candidate === row.id);
  return about.filter((entry) => entry.seq !== row.decision?.seq).reverse();
}

/** Whole minutes that interruptions came to; one without an end lasted until the test was over, which nobody measured. */
export function minutesLost(row: JudgedRow): number {
  return Math.ceil(lostMs(row) / 60_000);
}

// ── the timeline ────────────────────────────────────────────────────────────────────────────────────────────────

export type Group = "entry" | "staff" | "report" | "jury";
export const GROUPS: readonly Group[] = ["entry", "staff", "report", "jury"];

const JURY = new Set(["session.finalized", "session.reopened", "session.assigned", "session.published", "session.unpublished", "session.purged"]);
const STAFF_ON_CANDIDATE = new Set(["candidate.ending", "candidate.ending_cancelled", "candidate.ended", "candidate.erased"]);

/** Puts a kind of entry into a group. */
export function groupOf(kind: string): Group {
  if (kind.startsWith("jury.") || JURY.has(kind)) return "jury";
  if (kind.startsWith("report.") || kind.startsWith("help.")) return "report";
  if (kind === "candidate.closed") return "jury";
  if (kind.startsWith("seat.") || kind === "authorization.expired") return "entry";
  if (kind.startsWith("candidate.") && !STAFF_ON_CANDIDATE.has(kind)) return "entry";
  return "staff";
}

/** `who`: one candidate, "room" for the session's own decisions, null for all. */
export interface Narrowing {
  who: number | "room" | null;
  what: Group | null;
}

/** Narrows the timeline. */
export function narrowed(timeline: readonly Entry[], { who, what }: Narrowing): Entry[] {
  return timeline.filter((entry) => {
    const isAbout = who === null || (who === "room" ? entry.candidate === null : entry.candidate === who);
    return isAbout && (what === null || groupOf(entry.kind) === what);
  });
}
