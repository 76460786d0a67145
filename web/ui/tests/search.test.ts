// Rules of the search and of the keys.
import assert from "node:assert/strict";
import { test } from "node:test";
import { newKey } from "../src/keys.ts";
import { matches, normalForm } from "../src/search.ts";

test("a name is found without accents, in any order, by any part", () => {
  const name = normalForm("Cœur-Lefèvre Łukasz");
  for (const typed of ["coeur", "LUK", "lefevre coeur", "kasz fev", ""]) assert.ok(matches(name, typed), typed);
  assert.ok(!matches(name, "durand"));
});

test("a key is a version 4 UUID, another one each time", () => {
  assert.match(newKey(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(newKey(), newKey());
});
