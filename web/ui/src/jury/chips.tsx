// Chips of the jury's pages: a shape, a word and a colour each.
import type { VNode } from "preact";
import { Glyph } from "../parts/controls.tsx";
import type { Shape } from "../parts/icons.tsx";
import type { Status, Verdict } from "./view.ts";
import { words } from "./words.ts";

const STATUS_LOOKS: Record<Status, { tone: string; shape: Shape }> = {
  finalized: { tone: "info", shape: "flag" },
  in_review: { tone: "warn", shape: "eye" },
  published: { tone: "good", shape: "send" },
};

/** Where a session stands. */
export function StatusChip({ status }: { status: Status }): VNode {
  const { tone, shape } = STATUS_LOOKS[status];
  return <span class={`status ${tone}`}><Glyph shape={shape} /> {words()[`status_${status}`]}</span>;
}

const VERDICT_LOOKS: Record<Verdict, { tone: string; shape: Shape }> = {
  validated: { tone: "good", shape: "check" },
  rejected: { tone: "bad", shape: "cross" },
  cancelled: { tone: "warn", shape: "stop" },
};

/** What the jury said of one candidate's test. */
export function VerdictChip({ verdict }: { verdict: Verdict }): VNode {
  const { tone, shape } = VERDICT_LOOKS[verdict];
  return <span class={`status ${tone}`}><Glyph shape={shape} /> {words()[`verdict_${verdict}`]}</span>;
}
