// The replay: what the hub kept, the time that is shown, the instant that is looked at.
import { computed, signal } from "@preact/signals";
import { call } from "../http.ts";
import { number, shown } from "./case_store.ts";
import { replayed } from "./replay_open.ts";
import { blindSpans, clipped, recordOf, testSpan, type Span, type Track, type Watch, type WatchRecord } from "./sight.ts";

/** What is shorter says nothing about an exam. */
const WORTH_MS = 1_000;

/** undefined: not read yet; null: nothing was noted. */
export const record = signal<WatchRecord | null | undefined>(undefined);
/** Whether the latest notes were left out, because there are too many. */
export const isCut = signal(false);
export const trouble = signal<string | null>(null);
const isAllAsked = signal(false);

/** Reads what was kept; what a finalized session has does not change any more. */
export async function read(): Promise<void> {
  if (record.peek() != null) return;
  trouble.value = null;
  const answer = await call<Watch>("GET", `/jury/sessions/${number}/watch`);
  if (!answer.ok) {
    trouble.value = answer.error.code;
    return;
  }
  isCut.value = !answer.body.is_whole;
  record.value = recordOf(answer.body.notes);
}

const test = computed<Span | null>(() => {
  const one = shown.value;
  if (record.value == null || one === null) return null;
  return testSpan(record.value, one.session.started_at, one.candidates.map((row) => row.time.theoretical_end));
});

const isOutside = (ms: number | null, span: Span): boolean => ms !== null && (ms < span.fromMs || ms > span.toMs);

/** Whether more was noted than what belongs to the test. */
export const hasMore = computed(() => {
  const [all, span] = [record.value, test.value];
  return all != null && span !== null && (all.fromMs < span.fromMs || all.toMs > span.toMs);
});

/** Whether all of it is shown: asked for, or because the instant lies outside the test. */
export const isAllShown = computed(() => hasMore.value && (isAllAsked.value || (test.value !== null && isOutside(replayed.value, test.value))));

/** The time that is shown. */
export const span = computed<Span | null>(() => (isAllShown.value ? (record.value ?? null) : test.value));

/** The devices that were there in that time. */
export const tracks = computed<readonly Track[]>(() => {
  const over = span.value;
  return over === null ? [] : (record.value?.tracks ?? []).filter((track) => track.stretches.some((stretch) => clipped(stretch, over)));
});

/** The times, from the beginning of the test on, in which nobody saw anything. */
export const blind = computed<readonly Span[]>(() => {
  const [all, started] = [record.value, Date.parse(shown.value?.session.started_at ?? "")];
  const over = span.value !== null && clipped(span.value, { fromMs: started, toMs: Infinity });
  return all && over ? blindSpans(all, over).filter(({ fromMs, toMs }) => toMs - fromMs >= WORTH_MS) : [];
});

/** Shows all of it, or the test alone. */
export function showAll(isAll: boolean): void {
  isAllAsked.value = isAll;
  if (!isAll && test.peek() !== null && isOutside(replayed.peek(), test.peek() as Span)) replayed.value = null;
}

/** The instant that is looked at: the one asked for, else the beginning of the test. */
export const at = computed(() => {
  const { fromMs, toMs } = span.value ?? { fromMs: 0, toMs: 0 };
  const asked = replayed.value ?? Date.parse(shown.value?.session.started_at ?? "");
  return Number.isNaN(asked) ? fromMs : Math.min(Math.max(asked, fromMs), toMs);
});
