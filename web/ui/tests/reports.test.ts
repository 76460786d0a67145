// Rules of the reports as they are typed, and of the minutes that interruptions propose.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lengthMs, lostMs, proposedMinutes } from "../src/compensation.ts";
import { factsOf, toneOf } from "../src/facts.ts";
import { CATEGORIES, GROUPS, IDENTITY, draftFromHelp, draftFromReport, draftOf, faultsOf, identityReport, isComplete, isKnown, namesOf, questionOf, toWire } from "../src/reports.ts";
import type { InterruptionView, ReportView, Row } from "../src/wire.ts";
import { AT, NOW, ago, call, row } from "./rows.ts";

const report = (changed: Partial<ReportView> = {}): ReportView => ({ id: 4, name: IDENTITY, question: null, text: "Noé", by: "A. Petit", at: AT, ...changed });
const lost = (from: number, to: number | null): InterruptionView => ({ from: ago(from), to: to === null ? null : ago(to), cause: "candidate" });
const interrupted = (interruptions: InterruptionView[], minutes_added = 0): Row => row(1, { time: { theoretical_end: null, minutes_added, interruptions } });

test("every category stands in exactly one group", () => {
  const grouped = GROUPS.flatMap((group) => namesOf(group));
  assert.deepEqual([...grouped].sort(), Object.keys(CATEGORIES).sort());
});

test("a name that no category has is not known, not even one every object has", () => {
  assert.equal(isKnown("fraud"), true);
  assert.equal(isKnown("toString"), false);
});

test("what a category requires is missed, and nothing else", () => {
  assert.deepEqual(faultsOf({ name: "question.other", question: "", text: " " }), { question: "missing", text: "missing" });
  assert.deepEqual(faultsOf({ name: "question.image_not_displayed", question: "500", text: "" }), {});
  assert.deepEqual(faultsOf({ name: "connection_or_end_screen", question: "", text: "" }), {});
  assert.deepEqual(faultsOf({ name: "fraud", question: "", text: "x" }), {});
});

test("a question is a whole number from 1 to 500", () => {
  for (const question of ["0", "501", "3.5", "-2", "1e2", "douze"]) {
    assert.deepEqual(faultsOf({ name: "question.accessibility", question, text: "" }), { question: "not_a_question" }, question);
  }
  assert.deepEqual(faultsOf({ name: "question.accessibility", question: " 12 ", text: "" }), {});
});

test("a text is counted in characters, as the hub counts, and trimmed first", () => {
  assert.deepEqual(faultsOf({ name: "other", question: "", text: ` ${"🙂".repeat(500)} ` }), {});
  assert.deepEqual(faultsOf({ name: "connection_or_end_screen", question: "", text: "x".repeat(501) }), { text: "too_long" });
});

test("only what the category shows is sent", () => {
  assert.deepEqual(toWire({ name: "fraud", question: "12", text: " vu " }), { name: "fraud", text: "vu" });
  assert.deepEqual(toWire({ name: "question.other", question: "12", text: "x" }), { name: "question.other", question: 12, text: "x" });
  assert.deepEqual(toWire({ name: "connection_or_end_screen", question: "", text: "" }), { name: "connection_or_end_screen" });
});

test("the question is the one the test named, else the next one, never beyond the last", () => {
  const at = (answered: number, question: number | null): string => questionOf(row(1, { progress: { answered, total: 32, question, at: AT } }));
  assert.equal(at(3, 9), "9");
  assert.equal(at(3, null), "4");
  assert.equal(at(32, null), "32");
  assert.equal(questionOf(row(1, { progress: null })), "1");
  assert.equal(questionOf(row(1, { progress: null, attempt: "not_started" })), "");
});

test("another category keeps what was typed", () => {
  const typed = { name: "fraud" as const, question: "", text: "vu" };
  assert.deepEqual(draftOf("question.other", row(1), typed), { name: "question.other", question: "4", text: "vu" });
  assert.equal(draftOf("question.link_not_working", row(1), { ...typed, question: "17" }).question, "17");
});

test("an accepted call arrives with its question and its words", () => {
  assert.deepEqual(draftFromHelp({ ...call, text: "Rien ne s’affiche" }, row(1)), { name: "question.other", question: "12", text: "Rien ne s’affiche" });
  assert.deepEqual(draftFromHelp({ ...call, question: null }, row(1)), { name: "question.other", question: "4", text: "" });
  assert.deepEqual(draftFromHelp({ ...call, kind: "other", question: null, text: "Souris" }, row(1)), { name: "other", question: "4", text: "Souris" });
});

test("a standing report is corrected as it stands", () => {
  assert.deepEqual(draftFromReport(report({ name: "question.other", question: 3 }), row(1)), { name: "question.other", question: "3", text: "Noé" });
});

test("a report opened by the mark on the identity is incomplete until its text is there, and the row says so", () => {
  const marked = row(1, { identity: "to_correct", reports: [report({ text: null })] });
  assert.equal(isComplete(report({ text: null })), false);
  assert.equal(isComplete(report()), true);
  assert.equal(isComplete(report({ name: "question.accessibility", text: null })), false);
  assert.equal(isComplete(report({ name: "connection_or_end_screen", text: null })), true);
  assert.equal(identityReport(marked)?.id, 4);
  const told = (one: Row) => factsOf(one, NOW).find((fact) => fact.is === "reports");
  assert.deepEqual(told(marked), { is: "reports", count: 1, isIncomplete: true });
  assert.equal(toneOf(told(marked)!), "warn");
  assert.deepEqual(told(row(1, { reports: [report()] })), { is: "reports", count: 1, isIncomplete: false });
});

test("interruptions that are over add up, and a minute begun is proposed whole", () => {
  const two = interrupted([lost(300, 240), lost(100, 39)]);
  assert.equal(lostMs(two), 121_000);
  assert.equal(proposedMinutes(two), 3);
  assert.equal(proposedMinutes(interrupted([lost(300, 240)])), 1);
  assert.equal(lostMs(interrupted([lost(300, null)])), 0);
  assert.equal(lengthMs(lost(300, null), NOW), 300_000);
});

test("what was given back already is not proposed again", () => {
  const rows = [lost(3_600, 2_880)];
  assert.equal(proposedMinutes(interrupted(rows)), 12);
  assert.equal(proposedMinutes(interrupted(rows, 5)), 7);
  assert.equal(proposedMinutes(interrupted(rows, 20)), 0);
  assert.equal(proposedMinutes(interrupted([])), 0);
});
