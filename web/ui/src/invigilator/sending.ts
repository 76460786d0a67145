// How a dialog sends what was filled in: it stays open until the hub has accepted, and shows a refusal in place.
import { useEffect, useRef } from "preact/hooks";
import { useSignal, type ReadonlySignal } from "@preact/signals";
import type { Command } from "../frames.ts";
import { newKey } from "../keys.ts";
import type { ResultView } from "../wire.ts";
import { say, words } from "./announce.ts";
import { attempt, waits } from "./commands.ts";

export interface Sending {
  /** Why the last try was refused. */
  problem: ReadonlySignal<string | null>;
  isUnderWay: ReadonlySignal<boolean>;
  /** Gives the results, or null when the dialog has to stay open. */
  send: (command: Command, label: string) => Promise<ResultView[] | null>;
  tell: (problem: string | null) => void;
}

/** Lets one dialog send; the same words sent again after an unknown outcome carry the same key and count once. */
export function useSending(): Sending {
  const problem = useSignal<string | null>(null);
  const isUnderWay = useSignal(false);
  const isHere = useRef(true);
  const last = useRef({ body: "", key: "" });
  useEffect(() => () => void (isHere.current = false), []);
  const send = async (command: Command, label: string): Promise<ResultView[] | null> => {
    if (isUnderWay.value || waits.value !== undefined) return null;
    const body = JSON.stringify(command);
    if (last.current.body !== body) last.current = { body, key: newKey() };
    problem.value = null;
    isUnderWay.value = true;
    const told = await attempt(command, last.current.key);
    isUnderWay.value = false;
    if (told.ok) {
      last.current = { body: "", key: "" };
      return told.results;
    }
    // Whoever closed the dialog meanwhile still has to hear that nothing was done.
    if (isHere.current) problem.value = told.why;
    else say(words().refused(label, told.why), "bad");
    return null;
  };
  return { problem, isUnderWay, send, tell: (text) => void (problem.value = text) };
}
