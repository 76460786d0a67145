// Rules of the À traiter list and of the facts of a row.
import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf, nextStep } from "../src/facts.ts";
import { needsOfRoom } from "../src/needs.ts";
import type { Row } from "../src/wire.ts";
import { NOW, ago, call, row } from "./rows.ts";

const resume = { kind: "resume" as const, by: "A", at: ago(5), expires_at: ago(-600) };
const kinds = (rows: Row[]): string[] => needsOfRoom(rows, NOW).needs.map((need) => `${need.kind} ${need.candidate}`);
const facts = (one: Row): string[] => factsOf(one, NOW).map((fact) => fact.is);

test("needs are sorted by severity, then by age", () => {
  const rows = [
    row(1, { attempt: "finished" }),
    row(2, { time: { theoretical_end: ago(60), minutes_added: 0, interruptions: [] } }),
    row(3, { link: { state: "offline", since: ago(90) } }),
    row(4, { interrupted_at: ago(100), waiting: { clients: 1 }, link: { state: "offline", since: ago(100) } }),
    row(5, { help: [{ ...call, at: ago(10) }] }),
    row(6, { help: [{ ...call, at: ago(50) }] }),
  ];
  assert.deepEqual(kinds(rows), ["help 6", "help 5", "asking 4", "offline 3", "over_time 2", "end_screen 1"]);
});

test("an authorization to resume never hides an open call", () => {
  const both = row(1, { help: [call], authorization: resume, interrupted_at: ago(100), link: { state: "offline", since: ago(100) } });
  assert.deepEqual(kinds([both]), ["help 1"]);
  assert.ok(facts(both).includes("help") && facts(both).includes("resume_authorized") && facts(both).includes("interrupted"));
  assert.equal(nextStep(both), "help");
});

test("a line lost for less than a minute needs nobody yet", () => {
  assert.deepEqual(kinds([row(1, { link: { state: "offline", since: ago(40) } })]), []);
});

test("an authorized candidate asks for nothing more", () => {
  const back = row(1, { authorization: resume, entry_refused: { code: "resume_not_authorized", at: ago(9) } });
  assert.deepEqual(kinds([back]), []);
});

test("many lines lost together are one outage, not many needs", () => {
  const lost = [1, 2, 3, 4, 5].map((id) => row(id, { link: { state: "offline", since: ago(80 + id) } }));
  const { needs, outage } = needsOfRoom([...lost, row(6), row(7)], NOW);
  assert.equal(needs.length, 0);
  assert.equal(outage?.candidates.length, 5);
  assert.equal(outage?.of, 7);
});

test("three lost of twenty are told one by one", () => {
  const rows = Array.from({ length: 20 }, (_, id) => row(id, id < 3 ? { link: { state: "offline", since: ago(90) } } : {}));
  assert.equal(needsOfRoom(rows, NOW).outage, null);
  assert.equal(needsOfRoom(rows, NOW).needs.length, 3);
});

test("who waits outside the test is never shown as working", () => {
  const outside = row(1, { interrupted_at: ago(100), waiting: { clients: 1 }, link: { state: "offline", since: ago(100) } });
  assert.ok(facts(outside).includes("asking_resume"));
  assert.ok(!facts(outside).includes("running"));
});

test("the undo of a presence is offered until the start", () => {
  assert.equal(nextStep(row(1, { attempt: "not_started" })), "undo_present");
  assert.equal(nextStep(row(1)), null);
  assert.equal(nextStep(row(1, { attempt: "finished" })), "seen");
  assert.equal(nextStep(row(1, { ending_at: ago(-5) })), "cancel_end");
});
