// What dashboards could see, as the hub kept it: a track for each device, and what stood on each at an instant. Pure.
import { OFFLINE_AFTER_MS, SLOW_AFTER_MS, type Freshness } from "../clock.ts";
import type { Alert } from "../wire.ts";

/** One note about one dashboard; only what belongs to its kind is there. */
export interface Note {
  at: string;
  by: string;
  connection: string;
  kind: "opened" | "saw" | "claimed" | "released" | "closed";
  freshness?: Freshness;
  age_ms?: number;
  is_hidden?: boolean;
  alerts?: readonly Alert[];
  candidates?: readonly number[];
  code?: number;
}

/** What the hub answers. */
export interface Watch {
  notes: Note[];
  is_whole: boolean;
}

/** `unknown`: open, and nothing said of it. */
export type State = Freshness | "unknown";

/** A time in which a device showed the same. */
export interface Stretch {
  fromMs: number;
  toMs: number;
  is: State;
  /** When the data of an offline screen were true at the latest; null for the others. */
  trueMs: number | null;
  isHidden: boolean;
  alerts: readonly Alert[];
}

/** One device of one person: its connections one after the other, with holes where it had none. */
export interface Track {
  by: string;
  /** Which of this person's devices it is, from 1. */
  place: number;
  of: number;
  stretches: readonly Stretch[];
}

export interface Timed extends Note {
  ms: number;
  track: Track;
}

export interface Span {
  fromMs: number;
  toMs: number;
}

/** Everything that was kept of a session. */
export interface WatchRecord extends Span {
  notes: readonly Timed[];
  tracks: readonly Track[];
  /** When something was noted, each instant once. */
  instants: readonly number[];
}

/** What one device showed; null where it had no connection. */
export interface Screen {
  track: Track;
  stretch: Stretch | null;
}

/** What could be seen at an instant. */
export interface Sight {
  screens: readonly Screen[];
  /** Who had said "I go there", about whom. */
  going: readonly { by: string; candidate: number }[];
}

// ── from notes to tracks ────────────────────────────────────────────────────────────────────────────────────────

/** The hub hears of a broken line up to so much later than its own page, which is back by then. */
const HEARD_LATE_MS = 15_000;
const SILENT = 4103;

/** One connection, from its first note to its last. */
interface Visit {
  by: string;
  notes: (Note & { ms: number })[];
  openedMs: number;
  lastMs: number;
  /** null when no end was noted: the process that served it died. */
  closedMs: number | null;
  isBroken: boolean;
}

function visitsOf(notes: readonly Note[]): Map<string, Visit> {
  const visits = new Map<string, Visit>();
  for (const note of notes) {
    const ms = Date.parse(note.at);
    const visit = visits.get(note.connection) ?? { by: note.by, notes: [], openedMs: ms, lastMs: ms, closedMs: null, isBroken: false };
    visit.notes.push({ ...note, ms });
    visit.lastMs = ms;
    if (note.kind === "closed") {
      visit.closedMs = ms;
      visit.isBroken = note.code === undefined || note.code === SILENT;
    }
    visits.set(note.connection, visit);
  }
  return visits;
}

/** Tells whether the device of one connection may be the one that opened the next. */
function mayGoOn(last: Visit, next: Visit): boolean {
  if (last.closedMs === null) return last.lastMs <= next.openedMs;
  return last.closedMs <= next.openedMs + (last.isBroken ? HEARD_LATE_MS : 0);
}

/** Puts connections of one person that follow one another on one device, each on the one that fell silent last. */
function devicesOf(visits: Iterable<Visit>): Visit[][] {
  const devices: Visit[][] = [];
  for (const visit of visits) {
    const free = devices.flatMap((device) => {
      const last = device.at(-1);
      return last !== undefined && last.by === visit.by && mayGoOn(last, visit) ? [{ device, lastMs: last.lastMs }] : [];
    });
    const found = free.sort((a, b) => b.lastMs - a.lastMs)[0];
    if (found === undefined) devices.push([visit]);
    else found.device.push(visit);
  }
  return devices;
}

/** Writes a stretch over whatever was held to be so from its beginning on. */
function put(stretches: Stretch[], stretch: Stretch): void {
  for (let last = stretches.at(-1); last !== undefined && last.toMs > stretch.fromMs; last = stretches.at(-1)) {
    if (last.fromMs < stretch.fromMs) last.toMs = stretch.fromMs;
    else stretches.pop();
  }
  if (stretch.toMs > stretch.fromMs) stretches.push(stretch);
}

/** Writes what a dashboard said; one that was offline says so once it is back, of all the time since its data were true. */
function putSaid(stretches: Stretch[], note: Note & { ms: number }, toMs: number, saidMs: number): void {
  const said = { isHidden: note.is_hidden ?? false, alerts: note.alerts ?? [], trueMs: null };
  if (note.freshness !== "offline") return put(stretches, { ...said, is: note.freshness ?? "unknown", fromMs: note.ms, toMs });
  const trueMs = note.ms - (note.age_ms ?? 0);
  const aged = [{ is: "live", ms: trueMs }, { is: "slow", ms: trueMs + SLOW_AFTER_MS }, { is: "offline", ms: trueMs + OFFLINE_AFTER_MS }] as const;
  // What was said in between stands.
  for (const { is, ms } of aged) put(stretches, { ...said, is, fromMs: Math.min(Math.max(ms, saidMs), note.ms), toMs, trueMs: is === "offline" ? trueMs : null });
}

function stretchesOf(device: readonly Visit[], endMs: number): Stretch[] {
  const stretches: Stretch[] = [];
  const unknown = { is: "unknown", trueMs: null, isHidden: false, alerts: [] } as const;
  let saidMs = -Infinity;
  device.forEach((visit, index) => {
    const toMs = Math.min(visit.closedMs ?? endMs, device[index + 1]?.openedMs ?? endMs);
    put(stretches, { ...unknown, fromMs: visit.openedMs, toMs });
    for (const note of visit.notes) {
      if (note.kind !== "saw" || note.ms > toMs) continue;
      putSaid(stretches, note, toMs, saidMs);
      saidMs = note.ms;
    }
    if (visit.closedMs === null) put(stretches, { ...unknown, fromMs: visit.lastMs, toMs });
  });
  return stretches;
}

/** Reads the notes of a session, which come oldest first; null when there are none. */
export function recordOf(notes: readonly Note[]): WatchRecord | null {
  const visits = visitsOf(notes);
  const devices = devicesOf(visits.values());
  const ends = [...visits.values()].flatMap((visit) => [visit.openedMs, visit.lastMs]);
  if (ends.length === 0) return null;
  const span = { fromMs: Math.min(...ends), toMs: Math.max(...ends) };
  const of = (by: string): Visit[][] => devices.filter((device) => device[0]?.by === by);
  const trackOf = new Map<Visit, Track>();
  const tracks = devices.map((device) => {
    const by = device[0]?.by ?? "";
    const track = { by, place: of(by).indexOf(device) + 1, of: of(by).length, stretches: stretchesOf(device, span.toMs) };
    for (const visit of device) trackOf.set(visit, track);
    return track;
  });
  const timed = [...visits.values()].flatMap((visit) => visit.notes.map((note) => ({ ...note, track: trackOf.get(visit) as Track })));
  timed.sort((a, b) => a.ms - b.ms);
  return { ...span, notes: timed, tracks, instants: [...new Set(timed.map((note) => note.ms))] };
}

// ── what could be seen ──────────────────────────────────────────────────────────────────────────────────────────

function screenAt(track: Track, atMs: number): Screen {
  return { track, stretch: track.stretches.find((stretch) => stretch.fromMs <= atMs && atMs < stretch.toMs) ?? null };
}

const BY_SEVERITY: readonly Alert["need"][] = ["outage", "help", "asking", "offline", "over_time", "end_screen", "lapsing"];

/** Sorts what stood on a screen as its list did: most severe first. */
export function sortedNeeds(alerts: readonly Alert[]): Alert[] {
  return [...alerts].sort((a, b) => BY_SEVERITY.indexOf(a.need) - BY_SEVERITY.indexOf(b.need) || a.candidate - b.candidate);
}

/** Who goes to whom: said, not taken back, and not over because every screen has heard that nothing is needed there. */
function goingAt(record: WatchRecord, screens: readonly Screen[], atMs: number): { by: string; candidate: number }[] {
  const needy = new Set(screens.flatMap(({ stretch }) => (stretch?.alerts ?? []).map((alert) => alert.candidate)));
  const going = new Map<string, { by: string; candidate: number; isOld: boolean }>();
  for (const { ms, kind, by, candidates } of record.notes) {
    if (ms > atMs) break;
    if (kind === "saw") for (const claim of going.values()) claim.isOld = true;
    for (const candidate of candidates ?? []) {
      if (kind === "claimed") going.set(`${candidate} ${by}`, { by, candidate, isOld: false });
      else going.delete(`${candidate} ${by}`);
    }
  }
  const standing = [...going.values()].filter(({ candidate, isOld }) => !isOld || needy.has(candidate));
  return standing.map(({ by, candidate }) => ({ by, candidate }));
}

/** Gives what every device showed at an instant, and who was on the way. */
export function sightAt(record: WatchRecord, atMs: number): Sight {
  const screens = record.tracks.map((track) => screenAt(track, atMs));
  return { screens, going: goingAt(record, screens, atMs) };
}

/** How old the data of an offline screen were. */
export function ageAt(stretch: Stretch, atMs: number): number | null {
  return stretch.trueMs === null ? null : Math.max(0, atMs - stretch.trueMs);
}

/** The instant noted before or after this one, within a time; null when there is none. */
export function neighbour(record: WatchRecord, span: Span, atMs: number, step: -1 | 1): number | null {
  const within = record.instants.filter((ms) => ms >= span.fromMs && ms <= span.toMs);
  return (step < 0 ? within.findLast((ms) => ms < atMs) : within.find((ms) => ms > atMs)) ?? null;
}

// ── over a time ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Cuts a stretch to a time; null when it lies outside. */
export function clipped<S extends Span>(one: S, span: Span): S | null {
  const cut = { ...one, fromMs: Math.max(one.fromMs, span.fromMs), toMs: Math.min(one.toMs, span.toMs) };
  return cut.fromMs < cut.toMs ? cut : null;
}

/** Gives what a device showed as few long pieces, by what is looked for; null is nothing. */
export function runsOf<What>(track: Track, span: Span, what: (stretch: Stretch) => What | null): (Span & { is: What })[] {
  const runs: (Span & { is: What })[] = [];
  for (const stretch of track.stretches) {
    const cut = clipped(stretch, span);
    const is = what(stretch);
    const last = runs.at(-1);
    if (cut === null || is === null) continue;
    if (last !== undefined && last.toMs === cut.fromMs && last.is === is) last.toMs = cut.toMs;
    else runs.push({ fromMs: cut.fromMs, toMs: cut.toMs, is });
  }
  return runs;
}

/** How long a device showed each, and how long it had no connection between its first and its last one. */
export function totalsOf(track: Track, span: Span): { [state in State | "none"]: number } {
  const totals = { live: 0, slow: 0, offline: 0, unknown: 0, none: 0 };
  const cut = track.stretches.flatMap((stretch) => clipped(stretch, span) ?? []);
  for (const { is, fromMs, toMs } of cut) totals[is] += toMs - fromMs;
  const [first, last] = [cut[0], cut.at(-1)];
  if (first && last) totals.none = last.toMs - first.fromMs - totals.live - totals.slow - totals.offline - totals.unknown;
  return totals;
}

/** The times in which no device had data that were fresh enough to act on. */
export function blindSpans(record: WatchRecord, span: Span): Span[] {
  const seeing = record.tracks
    .flatMap((track) => track.stretches)
    .filter((stretch) => stretch.is !== "offline")
    .flatMap((stretch) => clipped(stretch, span) ?? [])
    .sort((a, b) => a.fromMs - b.fromMs);
  const blind: Span[] = [];
  let untilMs = span.fromMs;
  for (const { fromMs, toMs } of [...seeing, { fromMs: span.toMs, toMs: span.toMs }]) {
    if (fromMs > untilMs) blind.push({ fromMs: untilMs, toMs: fromMs });
    untilMs = Math.max(untilMs, toMs);
  }
  return blind;
}

/** A room is looked at so long before its test and after its last theoretical end, unless all is asked for. */
const AROUND_MS = 3_600_000;

/** The time around the test; all of it when nothing of it was noted. */
export function testSpan(record: WatchRecord, startedAt: string | null, ends: readonly (string | null)[]): Span {
  const started = Date.parse(startedAt ?? "");
  const last = Math.max(...ends.map((end) => Date.parse(end ?? "")).filter((ms) => !Number.isNaN(ms)), started);
  return clipped({ fromMs: started - AROUND_MS, toMs: last + AROUND_MS }, record) ?? { fromMs: record.fromMs, toMs: record.toMs };
}
