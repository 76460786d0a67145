// Where a session stands, as a shape, a word and a colour.
import type { VNode } from "preact";
import { phaseOf, type ExamSession, type Phase } from "../exam_session.ts";
import { phaseText } from "../exam_words.ts";
import { Glyph } from "./controls.tsx";
import type { Shape } from "./icons.tsx";

const LOOKS: Record<Phase, { tone: string; shape: Shape }> = {
  planned: { tone: "info", shape: "ring" },
  missed: { tone: "calm", shape: "ring" },
  running: { tone: "good", shape: "dot" },
  to_finalize: { tone: "warn", shape: "clock" },
  late: { tone: "bad", shape: "alert" },
  finalized: { tone: "calm", shape: "check" },
  in_review: { tone: "info", shape: "eye" },
  published: { tone: "calm", shape: "send" },
};

/** The chip. */
export function SessionChip({ line, nowMs }: { line: ExamSession; nowMs: number }): VNode {
  const { tone, shape } = LOOKS[phaseOf(line, nowMs)];
  return (
    <span class={`status ${tone}`}>
      <Glyph shape={shape} /> {phaseText(line, nowMs)}
    </span>
  );
}
