// Rules of the jury's pages: the address of a narrowed queue, what is open in a case, the timeline.
import assert from "node:assert/strict";
import { test } from "node:test";
import { earlierDecisions, fromAddress, groupOf, isNarrowed, minutesLost, narrowed, needsLook, NO_FILTERS, openOf, shownRows, toAddress, toQuery, type Case, type Entry, type JudgedReport, type JudgedRow, type Line, type Said } from "../src/jury/view.ts";
import { AT, row } from "./rows.ts";

const said = (seq: number): Said => ({ seq, by: "J", at: AT, verdict: "validated", reason: null, word: null });
const report = (id: number, change: Partial<JudgedReport> = {}): JudgedReport => ({ id, name: "fraud", question: null, text: "t", by: "A", at: AT, needs_action: true, resolution: null, ...change });
const seen = { by: "A", at: AT };

function judged(id: number, change: Partial<JudgedRow> = {}): JudgedRow {
  return { ...row(id, { attempt: "finished", end_screen_seen: seen }), reports: [], abort_reason: null, decision: null, ...change };
}

function entry(seq: number, kind: string, candidate: number | null = null): Entry {
  return { seq, at: AT, kind, candidate, by: "J", codes: {}, detail: null };
}

function aCase(candidates: JudgedRow[], timeline: Entry[] = [], comment = ""): Case {
  return { session: {} as Line, incident: null, comment, candidates, documents: [], timeline, head: { decision_seq: 1, hash: "" } };
}

test("a narrowed queue has an address that brings it back; what was typed never stands in it", () => {
  const filters = { ...NO_FILTERS, q: "Durand", status: "in_review", assigned: "me", sort: "-date", page: 3 };
  assert.equal(toQuery(filters), "?q=Durand&status=in_review&assigned=me&sort=-date&page=3");
  assert.equal(toAddress(filters), "?status=in_review&assigned=me&sort=-date&page=3");
  assert.deepEqual(fromAddress(toAddress(filters)), { ...filters, q: "" });
  assert.deepEqual(fromAddress("?page=-4&q=x"), NO_FILTERS);
});

test("a sort alone narrows nothing", () => {
  assert.ok(!isNarrowed({ ...NO_FILTERS, sort: "date", q: "  " }));
  assert.ok(isNarrowed({ ...NO_FILTERS, attention: "no" }));
});

test("what is open is listed by name, and what was dealt with is not", () => {
  const left = openOf(
    aCase(
      [
        judged(1, { reports: [report(1), report(2, { resolution: said(9) }), report(3, { needs_action: false })], decision: said(8) }),
        judged(2, { end_screen_seen: null }),
        judged(3, { attempt: "closed", end_screen_seen: null, abort_reason: "technical", decision: said(7) }),
        judged(4, { attempt: "not_started", end_screen_seen: null }),
      ],
      [],
      "Panne",
    ),
  );
  assert.ok(left.comment);
  assert.deepEqual(left.reports.map((one) => one.report.id), [1]);
  assert.deepEqual(left.unseen.map((one) => one.id), [2]);
  assert.deepEqual(left.reasons.map((one) => one.id), [3]);
  assert.deepEqual(left.undecided.map((one) => one.id), [2]);
});

test("the lists of candidates: all by name, those that need a look, those without a decision", () => {
  const rows = [judged(1, { last_name: "Zola" }), judged(2, { last_name: "Évrard", end_screen_seen: null, decision: said(3) }), judged(3, { last_name: "Fau", attempt: "not_started" })];
  assert.deepEqual(shownRows(rows, "all").map((one) => one.id), [2, 3, 1]);
  assert.deepEqual(shownRows(rows, "attention").map((one) => one.id), [2]);
  assert.deepEqual(shownRows(rows, "undecided").map((one) => one.id), [1]);
  assert.ok(!needsLook(judged(1)));
});

test("earlier decisions about somebody come latest first, without the one that counts", () => {
  const timeline = [entry(4, "jury.decided", 1), entry(5, "jury.decided", 2), entry(6, "jury.decided", 1), entry(7, "jury.decided", 1)];
  const mine = judged(1, { decision: said(7) });
  assert.deepEqual(earlierDecisions(aCase([mine], timeline), mine).map((one) => one.seq), [6, 4]);
});

test("minutes lost count what was measured", () => {
  const at = (minutes: number): string => new Date(Date.parse(AT) + minutes * 60_000).toISOString();
  const time = { theoretical_end: null, minutes_added: 0, interruptions: [{ from: AT, to: at(2.2), cause: "room" as const }, { from: at(5), to: null, cause: "hub" as const }] };
  assert.equal(minutesLost(judged(1, { time })), 3);
});

test("the timeline is narrowed to a person, to the session itself, to a kind of matter", () => {
  const timeline = [entry(1, "session.started"), entry(2, "candidate.entered", 1), entry(3, "report.added", 1), entry(4, "time.added", 2), entry(5, "session.finalized"), entry(6, "jury.decided", 1)];
  const seqs = (who: number | "room" | null, what: Parameters<typeof narrowed>[1]["what"] = null): number[] => narrowed(timeline, { who, what }).map((one) => one.seq);
  assert.deepEqual(seqs(1), [2, 3, 6]);
  assert.deepEqual(seqs("room"), [1, 5]);
  assert.deepEqual(seqs(null, "jury"), [5, 6]);
  assert.deepEqual(seqs(1, "entry"), [2]);
  assert.equal(groupOf("time.added"), "staff");
  assert.equal(groupOf("candidate.ended"), "staff");
  assert.equal(groupOf("candidate.closed"), "jury");
  assert.equal(groupOf("help.opened"), "report");
});
