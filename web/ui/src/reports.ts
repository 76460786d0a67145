// The catalogue of issue reports as the pages know it: codes, what each requires, what fills it in beforehand. Pure.
// It says the same as `hub/reports.py`, which judges again; a browser test sends every category to a real hub.
import type { HelpView, ReportView, Row } from "./wire.ts";

export const QUESTION_AT_MOST = 500;
export const TEXT_AT_MOST = 500;

interface Category {
  /** As on the paper form; the category that is ours has none there. */
  code: string;
  needsQuestion: boolean;
  needsText: boolean;
}

const withText = (code: string): Category => ({ code, needsQuestion: false, needsText: true });
const withQuestion = (code: string): Category => ({ code, needsQuestion: true, needsText: false });

export const CATEGORIES = {
  "candidate_information.identity": withText("C1"),
  "candidate_information.extra_time": withText("C2"),
  "late_or_leaving.left_room": withText("C3"),
  "late_or_leaving.signature": withText("C4"),
  "late_or_leaving.late": withText(""),
  connection_or_end_screen: { code: "C5", needsQuestion: false, needsText: false },
  fraud: withText("C6"),
  "non_blocking.technical": withText("C7"),
  "non_blocking.candidate": withText("C8"),
  "question.image_not_displayed": withQuestion("E1"),
  "question.embed_not_working": withQuestion("E2"),
  "question.file_not_opening": withQuestion("E3"),
  "question.website_unavailable": withQuestion("E4"),
  "question.website_blocked": withQuestion("E5"),
  "question.link_not_working": withQuestion("E6"),
  "question.other": { code: "E7", needsQuestion: true, needsText: true },
  "question.extra_time_exceeded": withQuestion("E8"),
  "question.software_not_working": withQuestion("E9"),
  "question.unintentional_focus_out": withQuestion("E10"),
  "question.skipped_by_mistake": withQuestion("E11"),
  "question.accessibility": withQuestion("E12"),
  technical_problem: withText("A1"),
  other: withText("A2"),
} as const satisfies Record<string, Category>;

export type ReportName = keyof typeof CATEGORIES;

export const IDENTITY: ReportName = "candidate_information.identity";

export const GROUPS = [
  "question",
  "candidate_information",
  "late_or_leaving",
  "connection_or_end_screen",
  "non_blocking",
  "technical_problem",
  "fraud",
  "other",
] as const;
export type GroupName = (typeof GROUPS)[number];

const NAMES = Object.keys(CATEGORIES) as ReportName[];

/** The categories of a group, in the order of the catalogue. */
export function namesOf(group: GroupName): ReportName[] {
  return NAMES.filter((name) => name === group || name.startsWith(`${group}.`));
}

/** Tells whether this page knows a category; a later hub may have more. */
export function isKnown(name: string): name is ReportName {
  return Object.hasOwn(CATEGORIES, name);
}

/** A report's code on the paper form; empty for one without. */
export function codeOf(name: string): string {
  return isKnown(name) ? CATEGORIES[name].code : "";
}

/** A report as it is typed. */
export interface Draft {
  name: ReportName;
  question: string;
  text: string;
}

export type Fault = "missing" | "not_a_question" | "too_long";

/** What is wrong with a draft, field by field; an empty object when it may be sent. */
export function faultsOf(draft: Draft): { question?: Fault; text?: Fault } {
  const faults: { question?: Fault; text?: Fault } = {};
  const { needsQuestion, needsText } = CATEGORIES[draft.name];
  const question = draft.question.trim();
  const text = draft.text.trim();
  if (needsQuestion && question === "") faults.question = "missing";
  else if (needsQuestion && !isQuestion(question)) faults.question = "not_a_question";
  if (needsText && text === "") faults.text = "missing";
  else if ([...text].length > TEXT_AT_MOST) faults.text = "too_long";
  return faults;
}

function isQuestion(typed: string): boolean {
  const question = Number(typed);
  return /^\d+$/.test(typed) && question >= 1 && question <= QUESTION_AT_MOST;
}

/** A draft as the wire wants it: a field that the category does not show is left out, and so is an empty text. */
export function toWire(draft: Draft): { name: string; question?: number; text?: string } {
  const text = draft.text.trim();
  return {
    name: draft.name,
    ...(CATEGORIES[draft.name].needsQuestion ? { question: Number(draft.question) } : {}),
    ...(text === "" ? {} : { text }),
  };
}

/** The question a candidate is at: the one the test named last, else the one after those answered. */
export function questionOf(row: Row): string {
  if (row.progress === null) return row.attempt === "running" ? "1" : "";
  const { question, answered, total } = row.progress;
  return String(Math.min(question ?? Math.min(answered + 1, total), QUESTION_AT_MOST));
}

/** An empty draft of a category; what was typed for another one stays. */
export function draftOf(name: ReportName, row: Row, typed?: Draft): Draft {
  return { name, question: typed?.question || questionOf(row), text: typed?.text ?? "" };
}

/** The report that an accepted call becomes unless somebody chooses better. */
export function draftFromHelp(help: HelpView, row: Row): Draft {
  const isAboutQuestion = help.kind === "question";
  return {
    name: isAboutQuestion ? "question.other" : "other",
    question: isAboutQuestion && help.question !== null ? String(help.question) : questionOf(row),
    text: help.text ?? "",
  };
}

/** A standing report as a draft, to be corrected. */
export function draftFromReport(report: ReportView, row: Row): Draft {
  return {
    name: isKnown(report.name) ? report.name : "other",
    question: report.question === null ? questionOf(row) : String(report.question),
    text: report.text ?? "",
  };
}

/** Tells whether a standing report says all that its category requires: one opened by an identity check may not yet. */
export function isComplete(report: ReportView): boolean {
  if (!isKnown(report.name)) return true;
  const { needsQuestion, needsText } = CATEGORIES[report.name];
  return (!needsQuestion || report.question !== null) && (!needsText || report.text !== null);
}

/** The report about a candidate's identity; one holds all that is to correct, so a second one is never begun. */
export function identityReport(row: Row): ReportView | undefined {
  return row.reports.find((report) => report.name === IDENTITY);
}
