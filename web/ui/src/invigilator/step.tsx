// The one contextual button of a row, and what it does.
import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useComputed } from "@preact/signals";
import { monotonicMs } from "../clock.ts";
import type { NextStep } from "../facts.ts";
import { common } from "../parts/controls.tsx";
import { words } from "./announce.ts";
import { send, underWay, waits } from "./commands.ts";
import { open } from "./open.ts";

/** A second tap meant for the first button must not fall on the one that took its place. */
const SETTLE_MS = 700;

export function stepText(step: Exclude<NextStep, null>): string {
  return words()[`step_${step}`];
}

/** Does the step. */
export function doStep(step: Exclude<NextStep, null>, candidate: number): void {
  const label = stepText(step);
  switch (step) {
    case "present":
      void send("presence.confirm", [candidate], label);
      break;
    case "undo_present":
      void send("presence.cancel", [candidate], words().undo_presence);
      break;
    case "resume":
      void send("resume.authorize", [candidate], label);
      break;
    case "seen":
      void send("end_screen.see", [candidate], label);
      break;
    case "cancel_end":
      void send("attempt.end.cancel", [candidate], label);
      break;
    case "help":
      open({ is: "help", candidate });
      break;
  }
}

const MAIN: ReadonlySet<NextStep> = new Set(["present", "help", "resume", "seen"]);

interface StepProps {
  step: NextStep;
  candidate: number;
  name: string;
  /** Where focus goes when there is nothing left to do here. */
  next: string;
}

/** The button; the same element whatever it offers, so that focus stays on it. */
export function StepButton({ step, candidate, name, next }: StepProps): VNode | null {
  const button = useRef<HTMLButtonElement>(null);
  const settledMs = useRef(-Infinity);
  const before = useRef<NextStep>(step);
  const pending = useComputed(() => underWay(candidate) !== null).value;
  const hadFocus = button.current !== null && document.activeElement === button.current;
  if (before.current !== step) {
    settledMs.current = before.current === null ? -Infinity : monotonicMs();
    before.current = step;
  }
  useLayoutEffect(() => {
    if (step === null && hadFocus) document.getElementById(next)?.focus();
  });
  if (step === null) return null;
  const text = pending ? common().working : stepText(step);
  const isOffered = !pending && (waits.value === undefined || step === "help");
  const press = (): void => {
    if (isOffered && monotonicMs() - settledMs.current > SETTLE_MS) doStep(step, candidate);
  };
  return (
    <button
      ref={button}
      type="button"
      class={`step ${MAIN.has(step) ? "main" : "soft"} is-${step}`}
      aria-label={words().for_candidate(text, name)}
      aria-disabled={!isOffered}
      title={pending ? words().why_pending : waits.value}
      onClick={press}
    >
      {text}
    </button>
  );
}
