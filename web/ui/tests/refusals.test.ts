// Every reason the hub gives for not doing something has words, in both languages.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as en from "../src/locales/en.ts";
import * as fr from "../src/locales/fr.ts";

const source = readFileSync(new URL("../../../hub/refusals.py", import.meta.url), "utf8");
const codes = [...source.matchAll(/^ {4}[A-Z_]+ = "([a-z_]+)"$/gm)].map((found) => found[1] ?? "");
const french = { ...fr.office_refusals, ...fr.refusals };
const english = { ...en.office_refusals, ...en.refusals };
/** What a page finds out without the hub. */
const OWN = ["not_live", "lost", "network"];

test("every code of refusal has its own words in both languages", () => {
  assert.ok(codes.length > 30, "the codes are read");
  for (const words of [french, english]) {
    const known: Record<string, string> = words;
    assert.deepEqual([...codes, ...OWN].filter((code) => !(code in known)), []);
    assert.equal(new Set(Object.values(known)).size, Object.keys(known).length, "no two codes are told alike");
  }
});

test("an unknown outcome says that nobody knows, and where to look", () => {
  for (const code of ["lost", "outcome_unknown"] as const) {
    assert.match(french[code], /on ne sait pas si c’est fait.*regardez ce qui est affiché/i);
    assert.match(english[code], /nobody knows whether it was done.*look at what is shown/i);
  }
});
