// Rules of who is named when a colleague was faster.
import assert from "node:assert/strict";
import { test } from "node:test";
import { noteDeeds, whoDid, type Deeds } from "../src/deeds.ts";
import { AT, ago, row } from "./rows.ts";

const deeds: Deeds = new Map();
noteDeeds(deeds, [
  { type: "candidate.ending", at: ago(9), candidate: 1, by: "A. Petit", set: { ending_at: AT } },
  { type: "candidate.finished", at: ago(3), candidate: 2, by: "Émilie Durand", set: { attempt: "finished" } },
  { type: "candidate.ended", at: AT, candidate: 1, by: "hub", set: { attempt: "ended", ending_at: null } },
  { type: "session.started", at: ago(50), by: "B. Roy", set: { started_at: ago(50) } },
]);

test("whoever asked for an end is named, not the hub that carried it out", () => {
  assert.deepEqual(whoDid(deeds, "attempt.end", row(1, { attempt: "ended" })), { by: "A. Petit", at: ago(9) });
});

test("a test that its candidate finished was ended by the candidate", () => {
  assert.deepEqual(whoDid(deeds, "attempt.end", row(2, { attempt: "finished" })), { by: "Émilie Durand", at: ago(3) });
});

test("what the row says of itself is known without having seen it happen", () => {
  assert.deepEqual(whoDid(deeds, "presence.confirm", row(3)), { by: "A. Petit", at: AT });
  const seen = row(3, { end_screen_seen: { by: "B. Roy", at: AT } });
  assert.equal(whoDid(deeds, "end_screen.see", seen)?.by, "B. Roy");
});

test("the room's own deeds are nobody else's", () => {
  assert.equal(whoDid(deeds, "session.start", undefined)?.by, "B. Roy");
  assert.equal(whoDid(deeds, "message.send", row(1)), null);
  assert.equal(whoDid(deeds, "identity.check", row(1)), null);
});
