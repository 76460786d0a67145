// The list of a center's sessions: what it is narrowed to, kept in the address, and the page of it the hub gave.
import { effect, signal } from "@preact/signals";
import { call } from "../http.ts";
import { signInAgain } from "../office.ts";
import type { ExamSession } from "../exam_session.ts";

export const SORTS = ["date", "number", "site", "room", "status"] as const;
export type Sort = (typeof SORTS)[number];
export const STATUSES = ["open", "finalized", "in_review", "published"] as const;

export interface Narrowing {
  q: string;
  status: string;
  from: string;
  to: string;
  sort: string;
  page: number;
}

export interface Listed {
  sessions: ExamSession[];
  total: number;
  page: number;
  page_size: number;
}

/** Newest first: what is near in time is what people come for. */
const DEFAULT: Narrowing = { q: "", status: "", from: "", to: "", sort: "-date", page: 1 };
/** A search waits this long for the next letter. */
const TYPING_MS = 250;

function fromAddress(): Narrowing {
  const given = new URLSearchParams(location.search);
  const day = (name: string): string => (/^\d{4}-\d\d-\d\d$/.test(given.get(name) ?? "") ? (given.get(name) ?? "") : "");
  const sort = given.get("sort") ?? "";
  const status = given.get("status") ?? "";
  return {
    q: (given.get("q") ?? "").slice(0, 100),
    status: (STATUSES as readonly string[]).includes(status) ? status : "",
    from: day("from"),
    to: day("to"),
    sort: (SORTS as readonly string[]).includes(sort.replace(/^-/, "")) ? sort : DEFAULT.sort,
    page: Math.max(1, Number.parseInt(given.get("page") ?? "1", 10) || 1),
  };
}

export const narrowing = signal<Narrowing>(fromAddress());
export const listed = signal<Listed | null>(null);
/** The code of what kept the list from being read. */
export const listProblem = signal<string | null>(null);

/** Tells whether anything narrows the list. */
export function isNarrowed(): boolean {
  const { q, status, from, to } = narrowing.value;
  return q.trim() !== "" || status !== "" || from !== "" || to !== "";
}

function query(): string {
  const wanted = new URLSearchParams();
  for (const [name, value] of Object.entries(narrowing.value)) {
    if (value !== DEFAULT[name as keyof Narrowing]) wanted.set(name, String(value).trim());
  }
  return wanted.toString();
}

let asked = 0;

/** Reads the page of the list again; an answer that was overtaken is dropped. */
export async function readList(): Promise<void> {
  const mine = ++asked;
  const wanted = new URLSearchParams(query());
  wanted.set("sort", narrowing.value.sort);
  const answer = await call<Listed>("GET", `/sessions?${wanted.toString()}`);
  if (mine !== asked) return;
  if (!answer.ok && answer.status === 401) return signInAgain();
  listProblem.value = answer.ok ? null : answer.error.code;
  if (!answer.ok) return;
  const last = Math.max(1, Math.ceil(answer.body.total / answer.body.page_size));
  if (answer.body.sessions.length === 0 && narrowing.value.page > last) {
    narrow({ page: last });
    return;
  }
  listed.value = answer.body;
}

let typing = 0;

/** Narrows the list; anything but another page begins at the first one. */
export function narrow(change: Partial<Narrowing>): void {
  narrowing.value = { ...narrowing.value, page: 1, ...change };
  clearTimeout(typing);
  typing = setTimeout(() => void readList(), "q" in change ? TYPING_MS : 0);
}

/** Lets everything in again, in the order chosen. */
export function widen(): void {
  narrow({ q: "", status: "", from: "", to: "" });
}

/** Sorts by a column; by the same one again, the other way round. */
export function sortBy(column: Sort): void {
  narrow({ sort: narrowing.value.sort === column ? `-${column}` : column });
}

/** Keeps the address in step, so that coming back to this page finds the same list. */
export function keepInAddress(): void {
  effect(() => {
    const text = query();
    history.replaceState(null, "", text === "" ? location.pathname : `?${text}`);
  });
}
