// What a typed candidate's fields may hold before they are sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, EMPTY, extraTime, judge, type Values } from "../src/session/candidate_rules.ts";

const TODAY = "2027-01-15";
const ZOE: Values = { ...EMPTY, last_name: "Évrard", first_name: "Zoé", birthdate: "2008-03-02", sex: "F", birth_insee_code: "75115" };

test("a whole form has no fault", () => assert.deepEqual(judge(ZOE, TODAY), {}));

test("an empty form names what must be there, and a place of birth", () => {
  assert.deepEqual(Object.keys(judge(EMPTY, TODAY)), ["last_name", "first_name", "birthdate", "sex", "birth_insee_code"]);
});

test("born in France: a code, or a postal code and a town", () => {
  const without = { ...ZOE, birth_insee_code: "" };
  assert.equal(judge({ ...without, birth_postal_code: "75015" }, TODAY).birth_insee_code, "bad_birthplace");
  assert.deepEqual(judge({ ...without, birth_postal_code: "75 015", birth_town: "Paris" }, TODAY), {});
  assert.equal(judge({ ...without, birth_postal_code: "7501", birth_town: "Paris" }, TODAY).birth_postal_code, "bad_postal");
  assert.deepEqual(judge({ ...ZOE, birth_insee_code: "2a004" }, TODAY), {});
  assert.equal(judge({ ...ZOE, birth_insee_code: "7511" }, TODAY).birth_insee_code, "bad_insee");
});

test("born abroad: a town, whatever its postal code, and not in France", () => {
  const abroad = { ...ZOE, birth_insee_code: "99", birth_country: "MAROC" };
  assert.equal(judge(abroad, TODAY).birth_town, "required");
  assert.deepEqual(judge({ ...abroad, birth_town: "Rabat", birth_postal_code: "BP 1" }, TODAY), {});
  assert.deepEqual(judge({ ...abroad, birth_insee_code: "", birth_town: "Rabat" }, TODAY), {});
  assert.equal(judge({ ...abroad, birth_country: "France", birth_town: "Rabat" }, TODAY).birth_country, "bad_birthplace");
});

test("a birthdate is a day that has come", () => {
  assert.equal(judge({ ...ZOE, birthdate: "2027-01-16" }, TODAY).birthdate, "bad_birthdate");
  assert.equal(judge({ ...ZOE, birthdate: "1899-12-31" }, TODAY).birthdate, "bad_birthdate");
});

test("extra time is read with or without its sign", () => {
  for (const text of ["33", "33%", " 33 % "]) assert.equal(extraTime(text), 33);
  assert.equal(extraTime(""), 0);
  for (const text of ["301", "33.5", "beaucoup", "%", "-1"]) assert.equal(extraTime(text), null);
});

test("somebody new is sent without empty fields, a correction with nothing but what changed", () => {
  assert.deepEqual(Object.keys(bodyOf(ZOE)), ["last_name", "first_name", "birthdate", "sex", "birth_country", "birth_insee_code"]);
  assert.deepEqual(bodyOf({ ...ZOE, first_name: "Zoe", extra_time_percentage: "33 %" }, ZOE), { first_name: "Zoe", extra_time_percentage: 33 });
  assert.deepEqual(bodyOf({ ...ZOE, birth_insee_code: "" }, ZOE), { birth_insee_code: "" });
});
