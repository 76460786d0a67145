// What is true of a candidate now: every facet that matters, one fact each, none hiding another. Pure.
import { askingSince, awaySince, openHelp, overTimeSince } from "./needs.ts";
import type { HelpView, ReportView, Row } from "./wire.ts";

export type Tone = "bad" | "warn" | "good" | "info" | "calm";

/** One fact; the page gives it a shape, a word and a colour. */
export type Fact =
  | { is: "ending"; atMs: number }
  | { is: "help"; help: HelpView }
  | { is: "asking_start" }
  | { is: "asking_resume" }
  | { is: "interrupted"; sinceMs: number }
  | { is: "offline"; sinceMs: number }
  | { is: "suspect" }
  | { is: "over_time"; sinceMs: number }
  | { is: "resume_authorized"; untilMs: number | null }
  | { is: "other_client"; clients: number }
  | { is: "expected" }
  | { is: "absent" }
  | { is: "present" }
  | { is: "joined" }
  | { is: "running" }
  | { is: "finished" }
  | { is: "ended" }
  | { is: "closed" }
  | { is: "end_screen_missing" }
  | { is: "end_screen_seen" }
  | { is: "identity_to_correct" }
  | { is: "identity_checked" }
  | { is: "reports"; count: number; isIncomplete: boolean };

export type FactName = Fact["is"];

/** The mark "to correct" opens a report that says nothing yet: the one kind of report that can be incomplete. */
function isOpenedByMark(report: ReportView): boolean {
  return report.name === "candidate_information.identity" && report.text === null;
}

function startFacts(row: Row): Fact[] {
  const facts: Fact[] = [];
  if (askingSince(row) !== null) facts.push({ is: "asking_start" });
  if (row.presence.state === "confirmed") facts.push({ is: "present" });
  else facts.push({ is: row.presence.state });
  if (row.waiting.clients > 0) facts.push({ is: "joined" });
  if (row.waiting.clients > 1) facts.push({ is: "other_client", clients: row.waiting.clients });
  return facts;
}

function runningFacts(row: Row, nowMs: number): Fact[] {
  const facts: Fact[] = [];
  const isAsking = askingSince(row) !== null;
  const isInterrupted = row.interrupted_at !== null;
  const away = awaySince(row);
  const over = overTimeSince(row, nowMs);
  if (isAsking || (isInterrupted && row.waiting.clients > 0)) facts.push({ is: "asking_resume" });
  if (isInterrupted) facts.push({ is: "interrupted", sinceMs: Date.parse(row.interrupted_at ?? "") });
  else if (away !== null) facts.push({ is: "offline", sinceMs: away });
  else if (row.link.state === "suspect") facts.push({ is: "suspect" });
  if (over !== null) facts.push({ is: "over_time", sinceMs: over });
  if (row.authorization?.kind === "resume") {
    facts.push({ is: "resume_authorized", untilMs: row.authorization.expires_at ? Date.parse(row.authorization.expires_at) : null });
  }
  if (!isInterrupted && away === null) facts.push({ is: "running" });
  // Who is seated counts as one of them; one alone that waits to come back is no other.
  const clients = row.waiting.clients + (isInterrupted ? 0 : 1);
  if (row.waiting.clients > 0 && clients > 1) facts.push({ is: "other_client", clients });
  return facts;
}

/** Lists every fact of a row, the most severe first: the first one is the headline. */
export function factsOf(row: Row, nowMs: number): Fact[] {
  const facts: Fact[] = [];
  const help = openHelp(row);
  if (row.ending_at !== null && row.attempt === "running") facts.push({ is: "ending", atMs: Date.parse(row.ending_at) });
  if (help !== null) facts.push({ is: "help", help });
  if (row.attempt === "not_started") facts.push(...startFacts(row));
  else if (row.attempt === "running") facts.push(...runningFacts(row, nowMs));
  else {
    facts.push({ is: row.attempt });
    if (row.attempt !== "closed") facts.push({ is: row.end_screen_seen ? "end_screen_seen" : "end_screen_missing" });
  }
  if (row.identity === "to_correct") facts.push({ is: "identity_to_correct" });
  if (row.identity === "checked" && row.attempt === "not_started") facts.push({ is: "identity_checked" });
  if (row.reports.length > 0) facts.push({ is: "reports", count: row.reports.length, isIncomplete: row.reports.some(isOpenedByMark) });
  return facts;
}

const TONES: Record<FactName, Tone> = {
  ending: "bad",
  help: "bad",
  asking_start: "warn",
  asking_resume: "warn",
  interrupted: "bad",
  offline: "bad",
  suspect: "warn",
  over_time: "warn",
  resume_authorized: "info",
  other_client: "info",
  expected: "calm",
  absent: "calm",
  present: "good",
  joined: "info",
  running: "good",
  finished: "calm",
  ended: "calm",
  closed: "calm",
  end_screen_missing: "warn",
  end_screen_seen: "good",
  identity_to_correct: "warn",
  identity_checked: "calm",
  reports: "calm",
};

/** Gives the tone of a fact; a call somebody took is no alarm any more, a report without its words still needs somebody. */
export function toneOf(fact: Fact): Tone {
  if (fact.is === "help" && fact.help.taken_by !== null) return "info";
  return fact.is === "reports" && fact.isIncomplete ? "warn" : TONES[fact.is];
}

/** The one contextual button of a row. */
export type NextStep = "cancel_end" | "help" | "resume" | "present" | "seen" | "undo_present" | null;

/** Chooses the one button a person most probably needs. */
export function nextStep(row: Row): NextStep {
  if (row.ending_at !== null && row.attempt === "running") return "cancel_end";
  if (openHelp(row) !== null) return "help";
  if (row.attempt === "running") {
    const mayResume = row.authorization === null && (askingSince(row) !== null || row.interrupted_at !== null);
    return mayResume ? "resume" : null;
  }
  if (row.attempt === "not_started") return row.presence.state === "confirmed" ? "undo_present" : "present";
  return row.attempt !== "closed" && row.end_screen_seen === null ? "seen" : null;
}
