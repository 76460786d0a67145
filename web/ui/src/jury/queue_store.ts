// The queue: what it is narrowed to, and what the hub answered last.
import { signal } from "@preact/signals";
import { call } from "../http.ts";
import { fromAddress, isNarrowed, NO_FILTERS, toAddress, toQuery, type Filters, type Queue } from "./view.ts";

/** While somebody types, the hub is asked once they pause. */
const PAUSE_MS = 300;

export const filters = signal<Filters>(NO_FILTERS);
export const queue = signal<Queue | null>(null);
export const trouble = signal<string | null>(null);
export const isAsking = signal(false);
/** Centers met so far, by id: the list itself names them. */
export const centers = signal<ReadonlyMap<number, string>>(new Map());

let lastAsked = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks for the list; an answer that a later question overtook is dropped. */
export async function ask(): Promise<void> {
  clearTimeout(timer);
  const asked = ++lastAsked;
  isAsking.value = true;
  const answer = await call<Queue>("GET", `/jury/sessions${toQuery(filters.peek())}`);
  if (asked !== lastAsked) return;
  isAsking.value = false;
  trouble.value = answer.ok ? null : answer.error.code;
  if (!answer.ok) return;
  queue.value = answer.body;
  centers.value = new Map([...centers.peek(), ...answer.body.sessions.map((one) => [one.center, one.center_name] as const)]);
}

/** Changes what the list is narrowed to; any change but of the page begins at its first one. */
export function narrow(change: Partial<Filters>): void {
  filters.value = { ...filters.peek(), page: 1, ...change };
  history.replaceState(null, "", location.pathname + toAddress(filters.peek()));
  if ("q" in change) {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), PAUSE_MS);
  } else {
    void ask();
  }
}

/** Shows every session again. */
export function widen(): void {
  narrow({ ...NO_FILTERS, sort: filters.peek().sort });
  void ask();
}

/** Tells whether anything narrows the list. */
export function isFiltered(): boolean {
  return isNarrowed(filters.value);
}

/** Begins with what the page's address says. */
export function begin(): Promise<void> {
  filters.value = fromAddress(location.search);
  return ask();
}
