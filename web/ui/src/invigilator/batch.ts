// One command for several candidates: sent in pieces the wire can carry, with a result for each, and again for the refused.
import { useRef } from "preact/hooks";
import { useSignal, type ReadonlySignal } from "@preact/signals";
import type { Command } from "../frames.ts";
import type { ResultView } from "../wire.ts";
import { say } from "./announce.ts";
import { tellResults } from "./commands.ts";
import { texts } from "./form.tsx";
import { useSending, type Sending } from "./sending.ts";
import * as state from "./state.ts";

/** The wire takes so many candidates in one frame. */
const IN_ONE_FRAME = 500;
/** What was refused for a state that may have passed since. */
const MAY_PASS: ReadonlySet<string> = new Set(["not_started", "attempt_ending", "not_finished"]);

/** What is done to each, in words for the one who reads the results. */
export interface Deed {
  label: string;
  done: string;
  command: (candidates: number[]) => Command;
  /** Words of this deed for some codes of refusal. */
  refused?: Readonly<Record<string, string>>;
}

export interface Batch {
  sending: Sending;
  deed: ReadonlySignal<Deed | null>;
  /** By candidate, as far as they are known; `isOver` once they all are. */
  results: ReadonlySignal<ReadonlyMap<number, ResultView>>;
  isOver: ReadonlySignal<boolean>;
  /** What each screen has to show of it. */
  news: ReadonlyMap<number, number>;
  /** How they were named when it was sent: somebody may leave the list meanwhile. */
  names: ReadonlyMap<number, string>;
  /** What stands on the button that sends; null while nothing is under way. */
  underWay: () => string | null;
  run: (deed: Deed, candidates: readonly number[]) => Promise<void>;
  again: (candidates: readonly number[]) => Promise<void>;
}

/** Lets a dialog act on several; who was answered is not asked for twice when only a part of it came through. */
export function useBatch(): Batch {
  const sending = useSending();
  const results = useSignal<ReadonlyMap<number, ResultView>>(new Map());
  const isOver = useSignal(false);
  const asked = useSignal(0);
  const deed = useSignal<Deed | null>(null);
  const news = useRef(new Map<number, number>());
  const names = useRef(new Map<number, string>());
  const send = async (one: Deed, candidates: number[]): Promise<boolean> => {
    const command = one.command(candidates);
    for (const id of candidates) names.current.set(id, state.nameById(id));
    const judged = await sending.judge(command, one.label);
    if (judged === null) return false;
    for (const [id, version] of judged.news) news.current.set(id, version);
    results.value = new Map([...results.value, ...judged.results.map((result) => [result.candidate, result] as const)]);
    if (!sending.isHere()) tellResults(command, one.label, judged.results);
    return true;
  };
  const go = async (one: Deed, candidates: readonly number[]): Promise<void> => {
    if (sending.isUnderWay.value) return;
    deed.value = one;
    asked.value = candidates.length;
    for (let at = 0; at < candidates.length; at += IN_ONE_FRAME) {
      if (!(await send(one, candidates.slice(at, at + IN_ONE_FRAME)))) return;
    }
    isOver.value = true;
    if (!sending.isHere()) say(summaryOf([...results.value.values()]));
  };
  const underWay = (): string | null => {
    const text = sending.underWay();
    return text !== null && asked.value > IN_ONE_FRAME ? `${text} ${texts().batch_progress(results.value.size, asked.value)}` : text;
  };
  return {
    sending,
    deed,
    results,
    isOver,
    news: news.current,
    names: names.current,
    underWay,
    run: (one, candidates) => go(one, candidates.filter((id) => !results.value.has(id))),
    again: async (candidates) => {
      if (deed.value !== null) await go(deed.value, candidates);
    },
  };
}

/** Counts what came of it, in one sentence. */
export function summaryOf(results: readonly ResultView[]): string {
  const already = results.filter((result) => result.ok && result.already).length;
  const refused = results.filter((result) => !result.ok).length;
  return texts().batch_summary(results.length - already - refused, already, refused);
}

/** Those for whom a second try makes sense. */
export function mayTryAgain(results: readonly ResultView[]): number[] {
  return results.filter((result) => !result.ok && MAY_PASS.has(result.code ?? "")).map((result) => result.candidate);
}
