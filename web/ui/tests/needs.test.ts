// Rules of the À traiter list, and of the one button of a row.
import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf, nextStep } from "../src/facts.ts";
import { USUAL_THRESHOLDS, needsOfRoom, untakenFirst, type Need } from "../src/needs.ts";
import type { ClaimView, Row } from "../src/wire.ts";
import { NOW, ago, call, row } from "./rows.ts";

const resume = { kind: "resume" as const, by: "A", at: ago(5), expires_at: ago(-600) };
const needs = (rows: Row[], claims: ClaimView[] = []): Need[] => needsOfRoom(rows, NOW, { thresholds: USUAL_THRESHOLDS, claims });
const kinds = (rows: Row[]): string[] => needs(rows).map((need) => `${need.kind} ${need.candidates.join(" ")}`);
const takers = (rows: Row[], claims: ClaimView[]): string[] => needs(rows, claims).map((need) => `${need.kind} ${need.takenBy ?? "–"}`);
const facts = (one: Row): string[] => factsOf(one, NOW).map((fact) => fact.is);
const claim = (candidate: number, seconds: number, by = "A. Durand"): ClaimView => ({ candidate, by, at: ago(seconds) });

const away = (seconds: number): Partial<Row> => ({ link: { state: "offline", since: ago(seconds) } });
const over = (seconds: number): Partial<Row> => ({ time: { theoretical_end: ago(seconds), minutes_added: 0, interruptions: [] } });
const lostWithRoom = (seconds: number, cause: "room" | "candidate" = "room"): Partial<Row> => ({
  ...away(seconds),
  interrupted_at: ago(seconds - 15),
  time: { theoretical_end: ago(-3600), minutes_added: 0, interruptions: [{ from: ago(seconds), to: null, cause }] },
});

test("needs are sorted by severity, then by age", () => {
  const rows = [
    row(1, { attempt: "finished" }),
    row(2, over(60)),
    row(3, away(90)),
    row(4, { interrupted_at: ago(100), waiting: { clients: 1 }, ...away(100) }),
    row(5, { help: [{ ...call, at: ago(10) }] }),
    row(6, { help: [{ ...call, at: ago(50) }] }),
    row(7, { authorization: { ...resume, expires_at: ago(-100) } }),
  ];
  assert.deepEqual(kinds(rows), ["help 6", "help 5", "asking 4", "offline 3", "over_time 2", "end_screen 1", "lapsing 7"]);
});

test("an authorization to resume never hides an open call", () => {
  const both = row(1, { help: [call], authorization: resume, interrupted_at: ago(100), ...away(100) });
  assert.deepEqual(kinds([both]), ["help 1"]);
  assert.ok(facts(both).includes("help") && facts(both).includes("resume_authorized") && facts(both).includes("interrupted"));
  assert.equal(nextStep(both), "help");
});

test("a line lost for less than a minute needs nobody yet, and is a need from then on", () => {
  assert.deepEqual(kinds([row(1, away(59))]), []);
  const [need] = needs([row(1, away(60))]);
  assert.equal(need?.raisedMs, (need?.sinceMs ?? 0) + 60_000);
});

test("a second computer of somebody offline hides nothing", () => {
  assert.deepEqual(kinds([row(1, { ...away(90), waiting: { clients: 1 } })]), ["offline 1"]);
});

test("an authorized candidate asks for nothing more until the authorization is about to lapse", () => {
  const back = row(1, { authorization: resume, interrupted_at: ago(300), ...away(300), waiting: { clients: 1 } });
  assert.deepEqual(kinds([back]), []);
  const lapsing = needs([{ ...back, authorization: { ...resume, expires_at: ago(-150) } }]);
  assert.deepEqual(lapsing.map((need) => [need.kind, NOW - need.sinceMs, need.raisedMs - need.sinceMs]), [["lapsing", 30_000, 0]]);
});

test("an end screen nobody has seen is as old as the last answer, or as the presence of who never answered", () => {
  const never = row(2, { attempt: "ended", progress: null, presence: { state: "confirmed", by: "A", at: ago(900) } });
  const rows = [row(1, { attempt: "finished", progress: { answered: 3, total: 3, question: null, at: ago(60) } }), never];
  assert.deepEqual(needs(rows).map((need) => [need.candidates[0], NOW - need.sinceMs]), [[2, 900_000], [1, 60_000]]);
});

test("many lines lost together are one need, not many", () => {
  const lost = [1, 2, 3, 4, 5].map((id) => row(id, away(80 + id)));
  const [outage, ...others] = needs([...lost, row(6), row(7)]);
  assert.deepEqual([outage?.kind, outage?.candidates, others], ["outage", [1, 2, 3, 4, 5], []]);
  assert.equal(NOW - (outage?.sinceMs ?? 0), 85_000);
});

test("those who wait again at the door are still of the outage, and everything else stays a need of its own", () => {
  const back = { interrupted_at: ago(60), waiting: { clients: 1 } };
  const rows = [row(1, { ...away(80), ...back }), row(2, { ...away(80), help: [call] }), row(3, away(80)), row(4)];
  assert.deepEqual(kinds(rows), ["outage 1 2 3", "help 2"]);
});

test("three lost of twenty are told one by one", () => {
  const rows = Array.from({ length: 20 }, (_, id) => row(id, id < 3 ? away(90) : {}));
  assert.deepEqual(kinds(rows), ["offline 0", "offline 1", "offline 2"]);
});

test("losses half a minute apart are not one event", () => {
  assert.deepEqual(kinds([row(1, away(61)), row(2, away(62)), row(3, away(99)), row(4)]), ["offline 3", "offline 2", "offline 1"]);
});

test("what the hub calls the room's loss stays one event while two are away", () => {
  const rest = Array.from({ length: 18 }, (_, id) => row(id + 10));
  assert.deepEqual(kinds([row(1, lostWithRoom(400)), row(2, lostWithRoom(420)), ...rest]), ["outage 1 2"]);
  assert.deepEqual(kinds([row(1, lostWithRoom(400)), ...rest]), ["offline 1"]);
  assert.deepEqual(kinds([row(1, lostWithRoom(400)), row(2, lostWithRoom(400, "candidate")), ...rest]), ["offline 1", "offline 2"]);
});

test("an outage in which everybody may come back needs nobody", () => {
  const authorized = [1, 2, 3].map((id) => row(id, { ...lostWithRoom(400), authorization: resume }));
  assert.deepEqual(kinds(authorized), []);
  assert.deepEqual(kinds([...authorized, row(4, lostWithRoom(400))]), ["outage 1 2 3 4"]);
});

test("a call is taken by whom the hub says, whoever claims its candidate", () => {
  assert.deepEqual(takers([row(1, { help: [{ ...call, taken_by: "B. Petit" }] })], [claim(1, 1)]), ["help B. Petit"]);
});

test("a claim takes the needs that had begun, and those that came while one of these stands", () => {
  const both = row(1, { help: [{ ...call, at: ago(10) }], ...over(100) });
  assert.deepEqual(takers([both], [claim(1, 50)]), ["help A. Durand", "over_time A. Durand"]);
  assert.deepEqual(takers([row(1, { help: [{ ...call, at: ago(10) }] })], [claim(1, 50)]), ["help –"], "what it was about is gone");
  assert.deepEqual(takers([both], [claim(2, 5)]), ["help –", "over_time –"], "somebody else's");
});

test("the latest of several claims counts", () => {
  const rows = [row(1, over(100))];
  assert.deepEqual(takers(rows, [claim(1, 20, "B. Petit"), claim(1, 30)]), ["over_time B. Petit"]);
  assert.deepEqual(takers(rows, [claim(1, 30), claim(1, 20, "B. Petit")]), ["over_time B. Petit"]);
});

test("an outage is taken by who goes to each of those it is about", () => {
  const rows = [row(1, away(80)), row(2, away(80)), row(3, away(80))];
  assert.deepEqual(takers(rows, [claim(1, 20), claim(2, 20), claim(3, 20)]), ["outage A. Durand"]);
  assert.deepEqual(takers(rows, [claim(1, 20), claim(2, 20)]), ["outage –"], "who goes to some of them does not go to all");
  assert.deepEqual(takers(rows, [claim(1, 90), claim(2, 90), claim(3, 90)]), ["outage –"], "it had not begun");
});

test("what is taken stands below what is not, and above what is less severe", () => {
  const rows = [row(1, over(300)), row(2, over(100)), row(3, { help: [{ ...call, taken_by: "A. Durand" }] })];
  assert.deepEqual(untakenFirst(needs(rows, [claim(1, 20)])).map((need) => need.candidates[0]), [3, 2, 1]);
});

test("who waits outside the test is never shown as working", () => {
  const outside = row(1, { interrupted_at: ago(100), waiting: { clients: 1 }, ...away(100) });
  assert.ok(facts(outside).includes("asking_resume"));
  assert.ok(!facts(outside).includes("running"));
});

test("the undo of a presence is offered until the start", () => {
  assert.equal(nextStep(row(1, { attempt: "not_started" })), "undo_present");
  assert.equal(nextStep(row(1)), null);
  assert.equal(nextStep(row(1, { attempt: "finished" })), "seen");
  assert.equal(nextStep(row(1, { ending_at: ago(-5) })), "cancel_end");
});
