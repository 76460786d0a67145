// Calls: what nobody goes to is called out on this console, once per burst.
import { callsFor, isFree, type Call, type Called } from "../calling.ts";
import { keyOf } from "../escalation.ts";
import type { NeedKind } from "../needs.ts";
import { ring } from "../parts/sound.ts";
import { BURST_MS, say, words } from "./announce.ts";
import { keepClaims } from "./claims.ts";
import { texts } from "./form.tsx";
import { onLeaving } from "./of_room.ts";
import * as state from "./state.ts";

const CALLED_BY_NAME = ["help", "asking", "offline", "lapsing"] as const satisfies readonly NeedKind[];

let called: Called = new Map();
let gathered: Call[] = [];
onLeaving(() => {
  called = new Map();
  gathered = [];
});

/** Looks at what stands, each half second. */
export function attend(): void {
  const { value: hindrance } = state.hindrance;
  // Old data calls nobody, and who only watches is not called.
  if (state.session.value === null || (hindrance !== null && hindrance !== "no_decisions")) return;
  callOut();
  keepClaims();
}

function callOut(): void {
  const needs = state.needs.value;
  const invigilators = state.people.value.filter((one) => one.role === "invigilator").map((one) => one.name);
  const isFreeHere = isFree(state.you.value.name ?? "", invigilators, needs);
  const next = callsFor(needs, state.now.value, state.thresholds.value, called, isFreeHere);
  called = next.called;
  if (next.calls.length === 0) return;
  if (gathered.length === 0) setTimeout(tell, BURST_MS);
  gathered.push(...next.calls);
}

function tell(): void {
  // Whom somebody went to within the burst calls nobody any more.
  const untaken = new Set(state.needs.value.filter((need) => need.takenBy === null).map(keyOf));
  const calls = gathered.filter(({ need }) => untaken.has(keyOf(need)));
  gathered = [];
  if (calls.length === 0) return;
  const first = calls.filter((call) => call.isFirst);
  const outage = state.outage.value;
  if (outage !== null && first.some(({ need }) => need.kind === "outage")) {
    say(words().outage(outage.candidates.length, state.counts.value.running));
  }
  for (const kind of CALLED_BY_NAME) {
    const ids = new Set(first.filter(({ need }) => need.kind === kind).map(({ need }) => need.candidates[0] ?? 0));
    if (ids.size > 0) say(texts()[`say_${kind}`](ids.size, state.nameById([...ids][0] ?? 0)));
  }
  ring();
}
