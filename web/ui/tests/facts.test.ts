// No fact of a row hides another: every pair that can be true at once is on it, and both needs on the list.
import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf } from "../src/facts.ts";
import { USUAL_THRESHOLDS, needsOfRoom } from "../src/needs.ts";
import { IMPOSSIBLE, KNOWN, STANDS_FOR, pairs, reasonIn, rowOf } from "./pairs.ts";
import { NOW } from "./rows.ts";

test("every two facts can be true at once, or it is said why not", () => {
  for (const [index, a] of KNOWN.entries()) {
    for (const b of KNOWN.slice(index + 1)) {
      const why = reasonIn(IMPOSSIBLE, a.is, b.is);
      assert.equal(rowOf(1, a, b) === null, why !== null, `${a.is} and ${b.is}: ${why ?? "no reason is given"}`);
    }
  }
  assert.ok(pairs().length > 70, `${pairs().length} pairs`);
});

test("both facts of every pair are on the row", () => {
  for (const { a, b, row } of pairs()) {
    const names = factsOf(row, NOW).map((fact) => fact.is);
    assert.ok(names.includes(a.is) && names.includes(b.is), `${a.is} and ${b.is}: ${names.join(", ")}`);
    assert.equal(new Set(names).size, names.length, "each once");
  }
});

test("both needs of every pair are on the list, but for one that stands for both", () => {
  for (const { a, b, row } of pairs()) {
    if (!a.need || !b.need) continue;
    const kinds = needsOfRoom([row], NOW, { thresholds: USUAL_THRESHOLDS, claims: [] }).map((need) => need.kind);
    const why = reasonIn(STANDS_FOR, a.is, b.is);
    assert.equal(kinds.includes(a.need.kind) && kinds.includes(b.need.kind), why === null, `${a.is} and ${b.is}: ${kinds.join(", ")} (${why})`);
    assert.ok(kinds.includes(a.need.kind) || kinds.includes(b.need.kind), `${a.is} and ${b.is}: nobody is told`);
  }
});
