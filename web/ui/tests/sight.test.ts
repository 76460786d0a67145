// Rules of the replay of what dashboards could see: devices, stretches, holes, and the sight at an instant.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ageAt, blindSpans, neighbour, recordOf, runsOf, sightAt, testSpan, totalsOf, type Note, type WatchRecord } from "../src/jury/sight.ts";
import type { Alert } from "../src/wire.ts";
import { NOW } from "./rows.ts";

const help: Alert = { candidate: 12, need: "help" };
const asking: Alert = { candidate: 13, need: "asking" };

/** A note some seconds after NOW. */
function note(seconds: number, connection: string, kind: Note["kind"], facts: Partial<Note> = {}): Note {
  return { at: new Date(NOW + seconds * 1000).toISOString(), by: "A. Durand", connection, kind, ...facts };
}

const saw = (seconds: number, connection: string, facts: Partial<Note> = {}): Note =>
  note(seconds, connection, "saw", { freshness: "live", age_ms: 300, is_hidden: false, ...facts });

function kept(...notes: Note[]): WatchRecord {
  const record = recordOf([...notes].sort((a, b) => a.at.localeCompare(b.at)));
  assert.ok(record);
  return record;
}

const at = (seconds: number): number => NOW + seconds * 1000;
/** Each device: what it showed, with its seconds. */
const told = (record: WatchRecord): string[] =>
  record.tracks.map(({ by, place, of, stretches }) => {
    const said = stretches.map(({ is, fromMs, toMs }) => `${is} ${(fromMs - NOW) / 1000}-${(toMs - NOW) / 1000}`);
    return `${by} ${place}/${of}: ${said.join(", ")}`;
  });
const seen = (record: WatchRecord, seconds: number): string[] =>
  sightAt(record, at(seconds)).screens.map(({ stretch }) => (stretch === null ? "none" : [stretch.is, ...stretch.alerts.map((one) => `${one.need} ${one.candidate}`)].join(" ")));

test("without notes there is no record", () => {
  assert.equal(recordOf([]), null);
});

test("a device shows what it said until it says something else or is closed", () => {
  const record = kept(note(0, "c1", "opened"), saw(2, "c1"), saw(10, "c1", { freshness: "slow", alerts: [help] }), saw(20, "c1"), note(30, "c1", "closed"));
  assert.deepEqual(told(record), ["A. Durand 1/1: unknown 0-2, live 2-10, slow 10-20, live 20-30"]);
  assert.deepEqual([1, 2, 9.9, 10, 20, 30].map((seconds) => seen(record, seconds)[0]), ["unknown", "live", "live", "slow help 12", "live", "none"]);
});

test("a device that comes back keeps its track, and two at once are two", () => {
  const record = kept(
    note(0, "c1", "opened"), saw(1, "c1"), note(1, "c2", "opened"), saw(2, "c2"), note(40, "c1", "closed"), note(60, "c3", "opened"), saw(61, "c3"),
    note(90, "c3", "closed"), note(100, "c2", "closed"), { ...note(50, "c4", "opened"), by: "B. Noël" }, { ...note(55, "c4", "closed"), by: "B. Noël" },
  );
  assert.deepEqual(told(record), [
    "A. Durand 1/2: unknown 0-1, live 1-40, unknown 60-61, live 61-90",
    "A. Durand 2/2: unknown 1-2, live 2-100",
    "B. Noël 1/1: unknown 50-55",
  ]);
  assert.deepEqual(seen(record, 50), ["none", "live", "unknown"]);
});

test("of two devices without a line, the one that lost it last is back", () => {
  const record = kept(note(0, "c1", "opened"), note(1, "c2", "opened"), note(40, "c2", "closed"), note(60, "c1", "closed"), note(61, "c3", "opened"), note(70, "c3", "closed"));
  assert.deepEqual(told(record), ["A. Durand 1/2: unknown 0-60, unknown 61-70", "A. Durand 2/2: unknown 1-40"]);
  const other = kept(note(0, "c1", "opened"), note(1, "c2", "opened"), note(40, "c1", "closed"), note(60, "c2", "closed"), note(61, "c3", "opened"), note(70, "c3", "closed"));
  assert.deepEqual(told(other), ["A. Durand 1/2: unknown 0-40", "A. Durand 2/2: unknown 1-60, unknown 61-70"]);
});

test("a line that broke may be heard to be closed after its device came back", () => {
  const record = kept(note(0, "c1", "opened"), saw(1, "c1"), note(36, "c2", "opened"), saw(37, "c2"), note(39, "c1", "closed", { code: 4103 }), note(50, "c2", "closed"));
  assert.deepEqual(told(record), ["A. Durand 1/1: unknown 0-1, live 1-36, unknown 36-37, live 37-50"]);
  const left = kept(note(0, "c1", "opened"), note(36, "c2", "opened"), note(39, "c1", "closed", { code: 4010 }), note(50, "c2", "closed"));
  assert.equal(left.tracks.length, 2);
});

test("what was offline says so on its return: the time before is repainted, with what stood on the screen", () => {
  const record = kept(
    note(0, "c1", "opened"), saw(1, "c1", { alerts: [help] }), note(109, "c1", "closed", { code: 4103 }),
    note(140, "c2", "opened"), saw(141, "c2", { freshness: "offline", age_ms: 41_000, alerts: [help, asking] }), saw(143, "c2"), note(150, "c2", "closed"),
  );
  assert.deepEqual(told(record), ["A. Durand 1/1: unknown 0-1, live 1-100, live 100-103, slow 103-108, offline 108-143, live 143-150"]);
  assert.deepEqual([102, 104, 120, 144].map((seconds) => seen(record, seconds)[0]), ["live help 12 asking 13", "slow help 12 asking 13", "offline help 12 asking 13", "live"]);
  const [screen] = sightAt(record, at(120)).screens;
  assert.equal(screen?.stretch && ageAt(screen.stretch, at(120)), 20_000);
});

test("what was said since is not repainted, and an age is never older than the record", () => {
  const record = kept(note(0, "c1", "opened"), saw(10, "c1", { freshness: "slow" }), saw(15, "c1", { freshness: "offline", age_ms: 8_000 }), note(30, "c1", "closed"));
  assert.deepEqual(told(record), ["A. Durand 1/1: unknown 0-10, slow 10-15, offline 15-30"]);
});

test("a connection whose end nobody noted is unknown after its last word, until its device comes back", () => {
  const record = kept(note(0, "c1", "opened"), saw(1, "c1"), saw(20, "c1", { alerts: [help] }), note(60, "c2", "opened"), saw(61, "c2"), note(70, "c2", "closed"));
  assert.deepEqual(told(record), ["A. Durand 1/1: unknown 0-1, live 1-20, unknown 20-60, unknown 60-61, live 61-70"]);
});

test("whoever goes stands until they take it back, or until no screen needs anybody there", () => {
  const record = kept(
    note(0, "c1", "opened"), saw(1, "c1", { alerts: [help, asking] }), note(5, "c1", "claimed", { candidates: [12, 13] }),
    note(10, "c1", "released", { candidates: [13] }), saw(20, "c1", { alerts: [asking] }), note(30, "c1", "closed"),
  );
  const going = (seconds: number): number[] => sightAt(record, at(seconds)).going.map((one) => one.candidate);
  assert.deepEqual([4, 6, 11, 21].map(going), [[], [12, 13], [12], []]);
});

test("a claim heard before any screen has told of it stands", () => {
  const record = kept(note(0, "c1", "opened"), saw(1, "c1"), note(2, "c1", "claimed", { candidates: [12] }), saw(3, "c1", { alerts: [help] }), note(9, "c1", "closed"));
  assert.deepEqual(sightAt(record, at(2)).going, [{ by: "A. Durand", candidate: 12 }]);
  assert.deepEqual(sightAt(record, at(4)).going.length, 1);
});

test("nobody saw the room where no device had data fresh enough", () => {
  const record = kept(
    note(0, "c1", "opened"), saw(0, "c1"), note(40, "c1", "closed"), note(30, "c2", "opened"), saw(31, "c2"), saw(50, "c2", { freshness: "offline", age_ms: 8_000 }),
    saw(70, "c2"), note(80, "c2", "closed"), note(90, "c3", "opened"), note(95, "c3", "closed"),
  );
  const blind = blindSpans(record, record).map(({ fromMs, toMs }) => [(fromMs - NOW) / 1000, (toMs - NOW) / 1000]);
  assert.deepEqual(blind, [[50, 70], [80, 90]]);
  assert.deepEqual(blindSpans(record, { fromMs: at(85), toMs: at(200) }).map(({ fromMs }) => (fromMs - NOW) / 1000), [85, 95]);
});

test("totals count each state, and the holes between the first and the last connection", () => {
  const record = kept(note(0, "c1", "opened"), saw(1, "c1"), saw(10, "c1", { freshness: "slow" }), note(12, "c1", "closed"), note(20, "c2", "opened"), note(21, "c2", "closed"));
  const [track] = record.tracks;
  assert.deepEqual(track && totalsOf(track, record), { live: 9_000, slow: 2_000, offline: 0, unknown: 2_000, none: 8_000 });
  assert.deepEqual(track && totalsOf(track, { fromMs: at(5), toMs: at(11) }), { live: 5_000, slow: 1_000, offline: 0, unknown: 0, none: 0 });
});

test("what is alike and follows one another is drawn as one", () => {
  const record = kept(note(0, "c1", "opened"), saw(1, "c1"), saw(10, "c1", { alerts: [help] }), saw(12, "c1", { freshness: "slow", alerts: [help] }), note(20, "c1", "closed"));
  const [track] = record.tracks;
  const runs = (what: Parameters<typeof runsOf<string>>[2]): unknown => track && runsOf(track, { fromMs: at(0.5), toMs: at(99) }, what).map((run) => [run.is, (run.fromMs - NOW) / 1000, (run.toMs - NOW) / 1000]);
  assert.deepEqual(runs((stretch) => stretch.is), [["unknown", 0.5, 1], ["live", 1, 12], ["slow", 12, 20]]);
  assert.deepEqual(runs((stretch) => (stretch.alerts.length > 0 ? "needs" : null)), [["needs", 10, 20]]);
});

test("one goes from instant to instant, within the time that is shown", () => {
  const record = kept(note(0, "c1", "opened"), saw(10, "c1"), note(20, "c1", "closed"));
  const go = (seconds: number, step: -1 | 1, span = record as { fromMs: number; toMs: number }): number | null => {
    const found = neighbour(record, span, at(seconds), step);
    return found === null ? null : (found - NOW) / 1000;
  };
  assert.deepEqual([go(0, 1), go(5, 1), go(10, 1), go(20, 1)], [10, 10, 20, null]);
  assert.deepEqual([go(20, -1), go(5, -1), go(0, -1)], [10, 0, null]);
  assert.equal(go(20, -1, { fromMs: at(15), toMs: at(20) }), null);
});

test("the test and an hour around it are shown, and all of it when nothing of that was noted", () => {
  const hours = 3_600;
  const record = kept(note(-30 * hours, "c1", "opened"), note(-29 * hours, "c1", "closed"), note(-0.2 * hours, "c2", "opened"), note(20 * hours, "c2", "closed"));
  const end = new Date(at(2 * hours)).toISOString();
  assert.deepEqual(testSpan(record, new Date(NOW).toISOString(), [null, end]), { fromMs: at(-hours), toMs: at(3 * hours) });
  assert.deepEqual(testSpan(record, new Date(at(90 * hours)).toISOString(), []), { fromMs: record.fromMs, toMs: record.toMs });
  assert.deepEqual(testSpan(record, null, []), { fromMs: record.fromMs, toMs: record.toMs });
});
