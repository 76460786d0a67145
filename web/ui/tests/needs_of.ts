// Reads rooms from the standard input and writes what each needs: for the test that compares the page with the hub.
import { readFileSync } from "node:fs";
import { needsOfRoom } from "../src/needs.ts";

const rooms = JSON.parse(readFileSync(0, "utf8"));
const found = Object.entries<any>(rooms).map(([name, { rows, now, thresholds, claims }]) => {
  const needs = needsOfRoom(rows, Date.parse(now), { thresholds, claims });
  return [name, needs.map(({ help: _, ...need }) => need)];
});
process.stdout.write(JSON.stringify(Object.fromEntries(found)));
