// How a dialog sends what was filled in: it stays open until the hub has accepted, and shows a refusal in place.
import { useEffect, useRef } from "preact/hooks";
import { useSignal, type ReadonlySignal } from "@preact/signals";
import type { Command } from "../frames.ts";
import { newKey } from "../keys.ts";
import { refusalText } from "../parts/controls.tsx";
import type { ResultView } from "../wire.ts";
import { say, words } from "./announce.ts";
import { judge, underWayText, waits, whyRefused, type Judged } from "./commands.ts";
import { texts } from "./form.tsx";
import * as state from "./state.ts";

export interface Sending {
  /** Why the last try was refused. */
  problem: ReadonlySignal<string | null>;
  isUnderWay: ReadonlySignal<boolean>;
  /** What is said of what is under way; null when nothing is. */
  underWay: () => string | null;
  /** Gives the results, or null when the dialog has to stay open: one refused candidate of several is no refusal. */
  send: (command: Command, label: string) => Promise<ResultView[] | null>;
  /** Gives whatever was judged, candidate by candidate, or null when nothing was. */
  judge: (command: Command, label: string) => Promise<Extract<Judged, { is: "judged" }> | null>;
  tell: (problem: string | null) => void;
  /** False once the dialog was closed. */
  isHere: () => boolean;
}

/** Of these nobody knows what became of them: the same words sent again count once. */
const UNKNOWN: ReadonlySet<string> = new Set(["lost", "outcome_unknown"]);

/** Lets one dialog send; the same words sent again after an unknown outcome carry the same key and count once. */
export function useSending(): Sending {
  const problem = useSignal<string | null>(null);
  const isUnderWay = useSignal(false);
  const sentMs = useRef(0);
  const isHere = useRef(true);
  const last = useRef({ body: "", key: "" });
  useEffect(() => () => void (isHere.current = false), []);
  // Whoever closed the dialog meanwhile still has to hear that nothing was done.
  const refuse = (label: string, why: string, whyHere = why): null => {
    if (isHere.current) problem.value = whyHere;
    else say(words().refused(label, why), "bad");
    return null;
  };
  const judged: Sending["judge"] = async (command, label) => {
    if (isUnderWay.value || waits.value !== undefined) return null;
    const body = JSON.stringify(command);
    if (last.current.body !== body) last.current = { body, key: newKey() };
    problem.value = null;
    sentMs.current = state.clock.now();
    isUnderWay.value = true;
    const told = await judge(command, last.current.key);
    isUnderWay.value = false;
    if (told.is === "not_judged") return refuse(label, refusalText(told.code), UNKNOWN.has(told.code) ? texts().unknown_again : refusalText(told.code));
    last.current = { body: "", key: "" };
    return told;
  };
  const send: Sending["send"] = async (command, label) => {
    const told = await judged(command, label);
    if (told === null) return null;
    const [first, ...others] = told.results;
    if (first?.ok === false && others.length === 0) return refuse(label, whyRefused(command.type, first));
    return told.results;
  };
  return {
    problem,
    isUnderWay,
    underWay: () => (isUnderWay.value ? underWayText(sentMs.current) : null),
    send,
    judge: judged,
    tell: (text) => void (problem.value = text),
    isHere: () => isHere.current,
  };
}
