// Rules of the page of finalization: groups, what stands in the way, two people at once, the saver.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Answer } from "../src/http.ts";
import { QUIET_MS, Saver } from "../src/finalize/saver.ts";
import { fileFault, groupsOf, isSame, merge, problemsOf, recapOf, untilDue, type Typed } from "../src/finalize/view.ts";
import { AT, row } from "./rows.ts";

const HOUR = 3_600_000;
const nothing: Typed = { abort_reasons: {}, incident: null, comment: "" };
const typed = (change: Partial<Typed>): Typed => ({ ...nothing, ...change });
const report = (id: number, name: string) => ({ id, name, question: null, text: null, by: "A", at: AT });

test("candidates stand in three groups, by name; whoever was closed needs a reason like the others", () => {
  const rows = [
    row(1, { last_name: "Zola", attempt: "finished" }),
    row(2, { last_name: "Évrard", attempt: "finished" }),
    row(3, { attempt: "running" }),
    row(4, { attempt: "ended" }),
    row(5, { attempt: "closed" }),
    row(6, { attempt: "not_started" }),
  ];
  const { unfinished, finished, never } = groupsOf(rows);
  assert.deepEqual(finished.map((one) => one.id), [2, 1]);
  assert.deepEqual(unfinished.map((one) => one.id).sort(), [3, 4, 5]);
  assert.deepEqual(never.map((one) => one.id), [6]);
});

test("what stands in the way comes in the hub's order: who finished meanwhile, then who lacks a reason", () => {
  const rows = [row(1, { attempt: "finished" }), row(2, { attempt: "ended" }), row(3, { attempt: "running" })];
  assert.deepEqual(problemsOf(rows, { 1: "candidate", 3: "technical" }), [
    { code: "abort_reason_on_finished", candidate: 1 },
    { code: "abort_reason_missing", candidate: 2 },
  ]);
  assert.deepEqual(problemsOf(rows, { 2: "candidate", 3: "technical" }), []);
  assert.deepEqual(problemsOf([row(1, { attempt: "not_started" })], {}), [{ code: "nobody_started", candidate: null }]);
});

test("the recap names who was not seen, sums up reports and says whether tests are closed", () => {
  const rows = [
    row(1, { attempt: "finished", end_screen_seen: { by: "A", at: AT } }),
    row(2, { attempt: "finished", reports: [report(7, "fraud"), report(8, "question.other")] }),
    row(3, { attempt: "running", reports: [report(9, "fraud")] }),
    row(4, { attempt: "not_started" }),
  ];
  const recap = recapOf(rows, { 3: "technical" });
  assert.equal(recap.finished, 2);
  assert.deepEqual(recap.unseen.map((one) => one.id), [2]);
  assert.deepEqual(recap.reasons.map((one) => [one.row.id, one.reason]), [[3, "technical"]]);
  assert.deepEqual(recap.reports, [{ name: "fraud", count: 2 }, { name: "question.other", count: 1 }]);
  assert.ok(recap.is_closing);
  assert.equal(recap.never, 1);
});

test("what two people changed apart is kept from both", () => {
  const base = typed({ abort_reasons: { 1: "candidate", 4: "candidate" } });
  const mine = typed({ abort_reasons: { 1: "candidate", 2: "technical", 4: "candidate" }, comment: "mien", incident: true });
  const theirs = typed({ abort_reasons: { 1: "technical" } });
  const merged = merge(base, mine, theirs);
  assert.deepEqual(merged.typed, { abort_reasons: { 1: "technical", 2: "technical" }, incident: true, comment: "mien" });
  assert.deepEqual([merged.isCommentContested, merged.given_up], [false, []]);
});

test("a reason both changed is the saved one and is named; a comment both changed stays in the field, contested", () => {
  const mine = typed({ abort_reasons: { 1: "candidate" }, comment: "mien", incident: true });
  const theirs = typed({ abort_reasons: { 1: "technical" }, comment: "sien", incident: true });
  const merged = merge(nothing, mine, theirs);
  assert.deepEqual(merged.given_up, [1]);
  assert.equal(merged.typed.abort_reasons[1], "technical");
  assert.equal(merged.typed.comment, "mien");
  assert.ok(merged.isCommentContested);
  assert.ok(!merge(nothing, mine, { ...mine }).isCommentContested, "the same words twice are no conflict");
});

test("a comment under which somebody chose nothing to report does not vanish", () => {
  const mine = typed({ comment: "mien", incident: true });
  const theirs = typed({ comment: "", incident: false });
  assert.deepEqual(merge(typed({ incident: true }), mine, theirs).typed, { abort_reasons: {}, incident: true, comment: "mien" });
});

test("the time that is left is told in hours, and in minutes under one", () => {
  assert.deepEqual(untilDue(47.6 * HOUR, 0), { is_late: false, unit: "hours", amount: 47 });
  assert.deepEqual(untilDue(0.5 * HOUR, 0), { is_late: false, unit: "minutes", amount: 30 });
  assert.deepEqual(untilDue(0, 3.2 * HOUR), { is_late: true, unit: "hours", amount: 3 });
});

test("a file that cannot be attached says so before it is sent", () => {
  const pdf = { size: 10, type: "application/pdf" };
  assert.equal(fileFault(pdf, 0), null);
  assert.equal(fileFault(pdf, 20), "too_many_documents");
  assert.equal(fileFault({ ...pdf, size: 10 * 1024 * 1024 + 1 }, 0), "too_large");
  assert.equal(fileFault({ ...pdf, size: 0 }, 0), "empty_file");
  assert.equal(fileFault({ size: 10, type: "text/html" }, 0), "unsupported_media_type");
  assert.equal(fileFault({ size: 10, type: "" }, 0), null, "the hub judges what the browser does not know");
});

/** A hub that answers when told to. */
function desk() {
  const sent: number[] = [];
  const waiting: ((answer: Answer<unknown>) => void)[] = [];
  const state = { value: 0, saved: 0, reconciled: 0, hasRead: true };
  const saver = new Saver({
    isDirty: () => state.value !== state.saved,
    send: async () => {
      const body = state.value;
      sent.push(body);
      const answer = await new Promise<Answer<unknown>>((resolve) => waiting.push(resolve));
      if (answer.ok) state.saved = body;
      return answer;
    },
    reconcile: async () => {
      state.reconciled += 1;
      return state.hasRead;
    },
  });
  const type = (value: number): void => {
    state.value = value;
    saver.touch();
  };
  const answer = async (code: string | null): Promise<void> => {
    const next = waiting.shift();
    assert.ok(next, "something was sent");
    next(code === null ? { ok: true, body: {} } : { ok: false, status: 503, error: { code } });
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return { saver, sent, state, type, answer, waiting };
}

async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

test("a burst of changes is one save, and a change during a save makes the next one", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { saver, sent, type, answer } = desk();
  type(1);
  await pass(QUIET_MS - 1);
  type(2);
  await pass(QUIET_MS - 1);
  assert.deepEqual(sent, []);
  assert.equal(saver.state.value.is, "waiting");
  await pass(1);
  assert.deepEqual(sent, [2]);
  type(3);
  await pass(QUIET_MS);
  assert.deepEqual(sent, [2], "one save at a time");
  await answer(null);
  assert.deepEqual(sent, [2, 3]);
  await answer(null);
  assert.equal(saver.state.value.is, "idle");
  mock.timers.reset();
});

test("a hub that was away is asked again by itself; a refusal is not", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { saver, sent, type, answer } = desk();
  type(1);
  await pass(QUIET_MS);
  await answer("store_unavailable");
  assert.deepEqual(saver.state.value, { is: "failed", code: "store_unavailable" });
  await pass(4_000);
  assert.deepEqual(sent, [1, 1]);
  await answer("invalid");
  await pass(60_000);
  assert.deepEqual(sent, [1, 1]);
  assert.deepEqual(saver.state.value, { is: "failed", code: "invalid" });
  mock.timers.reset();
});

test("somebody else's save is taken in first, and ours is sent on top of it", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { saver, sent, state, type, answer } = desk();
  type(5);
  await pass(QUIET_MS);
  await answer("draft_changed");
  assert.equal(state.reconciled, 1);
  assert.deepEqual(sent, [5, 5]);
  await answer(null);
  assert.equal(saver.state.value.is, "idle");
  mock.timers.reset();
});

test("typed the same means saved", () => {
  assert.ok(isSame(typed({ abort_reasons: { 1: "candidate" } }), typed({ abort_reasons: { 1: "candidate" } })));
  assert.ok(!isSame(typed({ abort_reasons: { 1: "candidate" } }), nothing));
});
