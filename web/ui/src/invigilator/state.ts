// What the dashboard knows, as signals: one per row, so that an event repaints one row and no more.
import { batch, computed, signal, type Signal } from "@preact/signals";
import { HubClock, type Freshness } from "../clock.ts";
import type { FoldResult, Room } from "../fold.ts";
import { USUAL_THRESHOLDS, needsOfRoom, overTimeSince, untakenFirst, type Need } from "../needs.ts";
import { matches, normalForm } from "../search.ts";
import type { LineState } from "../socket.ts";
import type { ClaimView, Colleague, Row, SessionView, Thresholds, You } from "../wire.ts";
import { beginAnew, ofRoom, onLeaving } from "./of_room.ts";

export let clock = new HubClock();
onLeaving(() => (clock = new HubClock()));

export const session = ofRoom<SessionView | null>(null);
export const order = ofRoom<readonly number[]>([]);
export const line = ofRoom<LineState>({ at: "connecting" });
/** With which code the last line ended; null before that, and while a line stands. */
export const lastCode = ofRoom<number | null>(null);
/** The hub is there and lets nobody in: it has too much to do, or cannot read who may. */
export const isTurnedAway = computed(() => lastCode.value === 4100 || lastCode.value === 4105);
export const freshness = ofRoom<Freshness>("offline");
export const ageMs = ofRoom<number | null>(null);
/** Frames come, but the hub says that it could not verify them for a while. */
export const isHubBehind = ofRoom(false);
export const degraded = ofRoom<readonly string[]>([]);
export const isLiveStoreKnown = ofRoom(true);
/** When what is shown was true, as long as it is what this phone kept; null once it is what the hub says. */
export const keptFrom = ofRoom<number | null>(null);
export const people = ofRoom<readonly Colleague[]>([]);
/** Who said "I go there" about whom. */
export const claims = ofRoom<readonly ClaimView[]>([]);
export const thresholds = signal<Thresholds>(USUAL_THRESHOLDS);
export const you = ofRoom<You>({ role: "invigilator" });
export const ownConnection = ofRoom("");
/** The hub's time, each half second: countdowns and the room's clock only. */
export const now = signal(Date.now());
/** The hub's time, each ten seconds: ages in rows, so that 60 rows are not repainted each second. */
export const slowNow = signal(Date.now());
/** Rights that have an end: a center admin's who took over, and those of whoever a colleague let in. */
const letIn = computed(() => (session.value?.handed_over ?? []).filter((entry) => entry.to === you.value.name));
const takenOver = computed(() => (session.value?.taken_over ?? []).filter((entry) => entry.by === you.value.name));
/** Until when this person may act here; null for who needs no such right or has none. */
export const inChargeUntil = computed<number | null>(() => {
  const last = Math.max(0, ...[...takenOver.value, ...letIn.value].map((entry) => Date.parse(entry.until)));
  return last > slowNow.value ? last : null;
});
export const isLetIn = computed(() => letIn.value.length > 0);

export const filters = ["all", "needs", "expected", "ready", "running", "over"] as const;
export type Filter = (typeof filters)[number];
export const filter = ofRoom<Filter>("all");
export const typed = ofRoom("");
/** Rows this person acted on since the filter was chosen: they stay under the finger until the filter is chosen again. */
export const held = ofRoom<ReadonlySet<number>>(new Set());

const rows = new Map<number, Signal<Row>>();
const haystacks = new Map<number, string>();
const revision = ofRoom(0);
onLeaving(() => {
  rows.clear();
  haystacks.clear();
});

/** The signal of one row; a row that left gives undefined. */
export function rowOf(id: number): Signal<Row> | undefined {
  return rows.get(id);
}

/** Writes a name as the lists do: LAST First. */
export function nameOf(row: Row): string {
  return `${row.last_name.toUpperCase()} ${row.first_name}`;
}

/** Gives the name of a candidate, or a dash for one who left the list. */
export function nameById(id: number): string {
  const row = rows.get(id)?.peek();
  return row ? nameOf(row) : "–";
}

/** Every row, in the order of the list. */
export const allRows = computed<readonly Row[]>(() => {
  revision.value;
  return order.value.flatMap((id) => rows.get(id)?.peek() ?? []);
});

/** Puts a folded frame on the page, or the room that this phone kept. */
export function show(result: FoldResult, kept: number | null = null): void {
  const { room } = result;
  batch(() => {
    keptFrom.value = kept;
    session.value = room.session;
    isLiveStoreKnown.value = room.isLive;
    for (const id of result.touched) put(id, room.rows.get(id));
    if (result.isRosterChanged) {
      forgetOthers(room);
      order.value = alphabetical(room);
    }
    revision.value += 1;
  });
}

function put(id: number, row: Row | undefined): void {
  if (row === undefined) {
    rows.delete(id);
    return;
  }
  const known = rows.get(id);
  if (known) known.value = row;
  else rows.set(id, signal(row));
  haystacks.set(id, normalForm(`${row.last_name} ${row.first_name}`));
}

/** Takes the room off the page: whoever looks at it has no business with it any more. */
export function clear(): void {
  if (session.peek() === null && order.peek().length === 0) return;
  batch(() => {
    // Why it goes is told by how the line ended, and whether this page was ever let in.
    const [at, connection] = [line.peek(), ownConnection.peek()];
    beginAnew();
    [line.value, ownConnection.value] = [at, connection];
  });
}

function forgetOthers(room: Room): void {
  for (const id of rows.keys()) if (!room.rows.has(id)) rows.delete(id);
}

function alphabetical(room: Room): number[] {
  const collator = new Intl.Collator("fr", { sensitivity: "base" });
  return [...room.rows.values()]
    .sort((a, b) => collator.compare(a.last_name, b.last_name) || collator.compare(a.first_name, b.first_name) || a.id - b.id)
    .map((row) => row.id);
}

let lastNeeds: { text: string; list: readonly Need[] } = { text: "", list: [] };

/** What needs a person now; the very same array while nothing in it changed, so that half a second repaints nothing. */
export const needs = computed<readonly Need[]>(() => {
  const list = untakenFirst(needsOfRoom(allRows.value, now.value, { thresholds: thresholds.value, claims: claims.value }));
  const text = JSON.stringify(list);
  if (text !== lastNeeds.text) lastNeeds = { text, list };
  return lastNeeds.list;
});

const needy = computed<ReadonlySet<number>>(() => new Set(needs.value.flatMap((need) => need.candidates)));

/** Many lost together, while they are. */
export const outage = computed<Need | null>(() => needs.value.find((need) => need.kind === "outage") ?? null);

/** Who goes to each candidate; who took a call stands in the call itself. */
export const goers = computed<ReadonlyMap<number, string>>(() => {
  const going = needs.value.filter((need) => need.takenBy !== null && !need.help?.taken_by);
  return new Map(going.flatMap((need) => need.candidates.map((id) => [id, need.takenBy ?? ""] as const)));
});

/** Tells whether a row belongs under a filter. */
export function belongs(row: Row, chosen: Filter): boolean {
  switch (chosen) {
    case "all":
      return true;
    case "needs":
      return needy.value.has(row.id);
    case "expected":
      return row.attempt === "not_started" && row.presence.state !== "confirmed";
    case "ready":
      return row.attempt === "not_started" && row.presence.state === "confirmed";
    case "running":
      return row.attempt === "running";
    case "over":
      return row.attempt === "finished" || row.attempt === "ended" || row.attempt === "closed";
  }
}

/** How many rows each filter holds; À traiter counts needs, as a person would. */
export const counts = computed<Record<Filter, number>>(() => {
  const count = (chosen: Filter): number => allRows.value.filter((row) => belongs(row, chosen)).length;
  return {
    all: allRows.value.length,
    needs: needs.value.length,
    expected: count("expected"),
    ready: count("ready"),
    running: count("running"),
    over: count("over"),
  };
});

/** Candidates that one tap can mark present: expected, not started, not marked absent by somebody. */
export function expectedIds(): number[] {
  return allRows.value.filter((row) => row.attempt === "not_started" && row.presence.state === "expected").map((row) => row.id);
}

/** Interrupted candidates whom nobody has authorized yet, and whom nobody is ending. */
export function resumableIds(): number[] {
  return allRows.value
    .filter((row) => row.attempt === "running" && row.interrupted_at !== null && row.authorization === null && row.ending_at === null)
    .map((row) => row.id);
}

/** Candidates over time whose end nobody asked for yet. */
export function overTimeIds(): { can: number[]; ending: number[] } {
  const over = allRows.value.filter((row) => overTimeSince(row, slowNow.value) !== null);
  return {
    can: over.filter((row) => row.ending_at === null).map((row) => row.id),
    ending: over.filter((row) => row.ending_at !== null).map((row) => row.id),
  };
}

/** To whom a colleague goes, calls taken included. */
export function goingOf(name: string): number[] {
  return [...new Set(needs.value.flatMap((need) => (need.takenBy === name ? need.candidates : [])))];
}

let lastShown: readonly number[] = [];

/** The rows to show, in the list's own order; the very same array while nothing in it changed. */
export const shown = computed<readonly number[]>(() => {
  const chosen = filter.value;
  const words = typed.value;
  const ids = allRows.value
    .filter((row) => belongs(row, chosen) || held.value.has(row.id))
    .map((row) => row.id)
    .filter((id) => words === "" || matches(haystacks.get(id) ?? "", words));
  const isSame = ids.length === lastShown.length && ids.every((id, index) => id === lastShown[index]);
  if (!isSame) lastShown = ids;
  return lastShown;
});

/** Chooses a filter; what was held under the finger is let go. */
export function choose(chosen: Filter): void {
  batch(() => {
    held.value = new Set();
    filter.value = chosen;
  });
}

export type Hindrance = "not_live" | "no_decisions" | "read_only" | "closed";

/** A hub that speaks and says itself what it misses: what is shown is old, and the line is there all the same. */
const isHubAtFault = computed(() => isHubBehind.value && degraded.value.length > 0 && keptFrom.value === null);

/** Why nothing can be decided now; null when it can. */
export const hindrance = computed<Hindrance | null>(() => {
  if (line.value.at !== "open" || (freshness.value === "offline" && !isHubAtFault.value)) return "not_live";
  if (degraded.value.includes("decisions")) return "no_decisions";
  if (session.value?.status === "finalized") return "closed";
  if (you.value.role === "center_admin" && you.value.is_invigilating !== true && inChargeUntil.value === null) return "read_only";
  return null;
});
