// What is said: one polite region, one message per burst, events only.
import { signal } from "@preact/signals";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";

export const words = catalogue(fr.invigilator, (en) => en.invigilator);

/** Events this close together are one message. */
export const BURST_MS = 1_000;
const SHOWN_MS = 6_000;
const PROBLEM_SHOWN_MS = 12_000;
/** More than this many at once hides the list behind its own news. */
const AT_MOST = 3;

export interface Notice {
  id: number;
  text: string;
  tone: "info" | "bad" | "quiet";
}

export const notices = signal<readonly Notice[]>([]);
let nextId = 1;

/** Says something once; `quiet` is only for who listens. */
export function say(text: string, tone: Notice["tone"] = "info"): void {
  const id = nextId++;
  notices.value = [...notices.value, { id, text, tone }].slice(-AT_MOST);
  setTimeout(() => dismiss(id), tone === "bad" ? PROBLEM_SHOWN_MS : SHOWN_MS);
}

/** Takes a notice away. */
export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}
