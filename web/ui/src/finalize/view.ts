// One finalization as the hub tells it, and all that follows from it without asking anybody. Pure.
import { listed, type AbortReason, type Attachment } from "../closing.ts";
import { CATEGORIES } from "../reports.ts";
import type { Row, SessionView } from "../wire.ts";

export const COMMENT_AT_MOST = 500;

export type Reasons = Readonly<Record<string, AbortReason>>;

/** What a person fills in here: all that a draft holds. */
export interface Typed {
  abort_reasons: Reasons;
  incident: boolean | null;
  comment: string;
}

export interface Draft extends Typed {
  version: number;
  saved_at: string | null;
  saved_by: string | null;
}

export interface Receipt {
  finalized_at: string;
  by: string;
  is_late: boolean;
  decision_seq: number;
  head: string;
}

export interface Finalization {
  session: SessionView;
  due_at: string | null;
  is_late: boolean;
  finalized_at: string | null;
  reopened_at: string | null;
  reopened_why: string | null;
  draft: Draft;
  candidates: Row[];
  documents: Attachment[];
  receipt: Receipt | null;
  server_time: string;
}

/** The list as the page shows it: names in the order of the alphabet, in three groups. */
export interface Groups {
  unfinished: Row[];
  finished: Row[];
  never: Row[];
}

/** Sorts the candidates into those who stopped, those who finished and those who never started. */
export function groupsOf(rows: readonly Row[]): Groups {
  const groups: Groups = { unfinished: [], finished: [], never: [] };
  const byName = (a: Row, b: Row): number => listed(a).localeCompare(listed(b), "fr");
  for (const row of [...rows].sort(byName)) {
    if (row.attempt === "not_started") groups.never.push(row);
    else if (row.attempt === "finished") groups.finished.push(row);
    else groups.unfinished.push(row);
  }
  return groups;
}

export interface Problem {
  code: "nobody_started" | "abort_reason_on_finished" | "abort_reason_missing";
  candidate: number | null;
}

/** Lists what the hub would refuse now, in its order. */
export function problemsOf(rows: readonly Row[], reasons: Reasons): Problem[] {
  const { unfinished, finished, never } = groupsOf(rows);
  if (unfinished.length + finished.length === 0) return [{ code: "nobody_started", candidate: null }];
  const onFinished = [...finished, ...never].filter((row) => reasons[row.id] !== undefined);
  const missing = unfinished.filter((row) => reasons[row.id] === undefined);
  return [
    ...onFinished.map((row): Problem => ({ code: "abort_reason_on_finished", candidate: row.id })),
    ...missing.map((row): Problem => ({ code: "abort_reason_missing", candidate: row.id })),
  ];
}

function sameReasons(a: Reasons, b: Reasons): boolean {
  const ids = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...ids].every((id) => a[id] === b[id]);
}

/** Tells whether two people typed the same. */
export function isSame(a: Typed, b: Typed): boolean {
  return a.incident === b.incident && a.comment === b.comment && sameReasons(a.abort_reasons, b.abort_reasons);
}

/** Takes from a draft what was typed. */
export function typedOf({ abort_reasons, incident, comment }: Typed): Typed {
  return { abort_reasons, incident, comment };
}

export interface Merged {
  typed: Typed;
  /** Both changed the comment, each in another way: a person chooses. */
  isCommentContested: boolean;
  /** Candidates whose reason both changed: the version that was saved counts. */
  given_up: number[];
}

/** Puts together what was typed here and what was saved elsewhere since both were the same. */
export function merge(base: Typed, mine: Typed, theirs: Typed): Merged {
  const reasons: Record<string, AbortReason> = {};
  const given_up: number[] = [];
  for (const id of new Set([...Object.keys(mine.abort_reasons), ...Object.keys(theirs.abort_reasons)])) {
    const [was, here, there] = [base, mine, theirs].map((one) => one.abort_reasons[id]);
    const isMineAlone = here !== was && there === was;
    if (here !== was && there !== was && here !== there) given_up.push(Number(id));
    const kept = isMineAlone ? here : there;
    if (kept !== undefined) reasons[id] = kept;
  }
  const changedComment = mine.comment !== base.comment;
  const hasSaidNothing = theirs.incident !== base.incident && theirs.incident !== true;
  const isCommentContested = changedComment && theirs.comment !== mine.comment && (theirs.comment !== base.comment || hasSaidNothing);
  const isIncidentMine = mine.incident !== base.incident && theirs.incident === base.incident;
  return {
    typed: {
      abort_reasons: reasons,
      incident: isIncidentMine || isCommentContested ? mine.incident : theirs.incident,
      comment: changedComment ? mine.comment : theirs.comment,
    },
    isCommentContested,
    given_up,
  };
}

export interface Recap {
  finished: number;
  unseen: Row[];
  reasons: { row: Row; reason: AbortReason }[];
  is_closing: boolean;
  never: number;
  /** How often each report was written, by its name, in the order of the catalogue. */
  reports: { name: string; count: number }[];
}

/** Sums up what is about to be finalized. */
export function recapOf(rows: readonly Row[], reasons: Reasons): Recap {
  const { unfinished, finished, never } = groupsOf(rows);
  const counts = new Map<string, number>();
  for (const report of rows.flatMap((row) => row.reports)) counts.set(report.name, (counts.get(report.name) ?? 0) + 1);
  const order = Object.keys(CATEGORIES);
  return {
    finished: finished.length,
    unseen: finished.filter((row) => row.end_screen_seen === null),
    reasons: unfinished.flatMap((row) => {
      const reason = reasons[row.id];
      return reason === undefined ? [] : [{ row, reason }];
    }),
    is_closing: unfinished.some((row) => row.attempt === "running"),
    never: never.length,
    reports: [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name)),
  };
}

/** Whole hours, or minutes under one hour, until something is due (negative: since). */
export function untilDue(dueMs: number, nowMs: number): { is_late: boolean; unit: "hours" | "minutes"; amount: number } {
  const minutes = Math.floor(Math.abs(dueMs - nowMs) / 60_000);
  const is_late = nowMs > dueMs;
  return minutes < 60 ? { is_late, unit: "minutes", amount: minutes } : { is_late, unit: "hours", amount: Math.floor(minutes / 60) };
}

const FILE_AT_MOST = 10 * 1024 * 1024;
export const FILES_AT_MOST = 20;
const TYPES = ["application/pdf", "image/jpeg", "image/png"];

/** Says why a file cannot be attached, before a byte of it is sent; the hub looks at its content. */
export function fileFault(file: { size: number; type: string }, attached: number): string | null {
  if (attached >= FILES_AT_MOST) return "too_many_documents";
  if (file.size > FILE_AT_MOST) return "too_large";
  if (file.size === 0) return "empty_file";
  // A browser that does not know the type says nothing: then the hub judges.
  return file.type === "" || TYPES.includes(file.type) ? null : "unsupported_media_type";
}
