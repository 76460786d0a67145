// Which dialog of a case is open.
import { signal } from "@preact/signals";

export type Open =
  | { is: "decide"; candidate: number }
  | { is: "resolve"; report: number; candidate: number }
  | { is: "publish" }
  | { is: "unpublish" }
  | { is: "unfinalize" };

export const open = signal<Open | null>(null);
