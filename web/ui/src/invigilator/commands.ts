// Commands of the dashboard: shown at once as under way, settled by the reply, kept so until the decision is folded.
import { computed } from "@preact/signals";
import { ROOM, whoDid } from "../deeds.ts";
import { common, refusalText } from "../parts/controls.tsx";
import type { Command } from "../frames.ts";
import { timeOfDay } from "../locale.ts";
import type { ResultView } from "../wire.ts";
import { say, words } from "./announce.ts";
import { deeds, folded, theLine } from "./feed.ts";
import { ofRoom } from "./of_room.ts";
import * as state from "./state.ts";
import { followSince, versionsOf } from "./ways.ts";

export type CommandType = Command["type"];

/** A command without an answer for so long is said to be without one. */
const UNANSWERED_MS = 3_000;
/** A colleague's decision that made this one needless is on its way to this page too. */
const CATCH_UP_MS = 500;

/** When the command under way for a candidate, or for the room, was sent. */
const pending = ofRoom<ReadonlyMap<number, number>>(new Map());

function setPending(ids: readonly number[], sentMs: number | null): void {
  const next = new Map(pending.peek());
  for (const id of ids) {
    if (sentMs === null) next.delete(id);
    else next.set(id, sentMs);
  }
  pending.value = next;
}

/** Tells whether an answer is long in coming, or has no line to come by. */
function isLate(sentMs: number): boolean {
  return state.line.value.at !== "open" || state.now.value - sentMs > UNANSWERED_MS;
}

/** What is said of a command under way. */
export function underWayText(sentMs: number): string {
  return isLate(sentMs) ? words().unanswered : common().working;
}

/** The same for what is under way about a candidate, or about the room; null when nothing is. */
export function underWay(id: number): string | null {
  const sentMs = pending.value.get(id);
  return sentMs === undefined ? null : underWayText(sentMs);
}

/** Tells whether what is under way about a candidate has no answer yet and should have. */
export function isUnanswered(id: number): boolean {
  const sentMs = pending.value.get(id);
  return sentMs !== undefined && isLate(sentMs);
}

/** Which candidates wait for a reason to be late, and how to go on; null when none does. */
export const lateAsked = ofRoom<{ candidates: number[] } | null>(null);
export const LATE = "late_reason_required";

function targetsOf(command: Command): number[] {
  if (!("candidates" in command)) return [ROOM];
  return command.candidates === "all" ? [...state.order.peek()] : command.candidates;
}

/** `news` holds, by candidate, the version that the command brought to their screens. */
export type Judged =
  | { is: "judged"; results: ResultView[]; isAlready: boolean; news: Map<number, number> }
  | { is: "not_judged"; code: string };

/** Sends a command, shows it as under way and waits until its decision is on the page. */
export async function judge(command: Command, key?: string): Promise<Judged> {
  const line = theLine();
  const mayTakeOver = command.type === "room.take_over";
  if (line === null || (state.hindrance.peek() !== null && !mayTakeOver)) return { is: "not_judged", code: "not_live" };
  const ids = targetsOf(command);
  const versions = versionsOf(ids);
  setPending(ids, state.clock.now());
  state.held.value = new Set([...state.held.peek(), ...ids]);
  const outcome = await line.request(command, key);
  if (outcome.kind !== "ok") {
    setPending(ids, null);
    return { is: "not_judged", code: outcome.kind === "refused" ? outcome.error.code : outcome.kind };
  }
  const { results = [], decision_seq: decision, already: isAlready = false } = outcome.reply;
  const isNews = results.some((result) => result.ok && result.already !== true);
  if (decision !== undefined) await folded(decision, isNews ? undefined : CATCH_UP_MS);
  setPending(ids, null);
  const done = new Set(results.filter((result) => result.ok).map((result) => result.candidate));
  const news = followSince(new Map([...versions].filter(([id]) => done.has(id))));
  return { is: "judged", results, isAlready, news };
}

/** Sends a command and says what came of it; gives its results, or null when the frame as a whole was not judged. */
export async function run(command: Command, label: string): Promise<ResultView[] | null> {
  const judged = await judge(command);
  const [only, ...others] = targetsOf(command);
  if (judged.is === "not_judged") {
    const why = refusalText(judged.code);
    const about = others.length === 0 && only ? `${label}, ${state.nameById(only)}` : label;
    say(judged.code === "not_live" ? why : words().refused(about, why), "bad");
    return null;
  }
  if (judged.isAlready) say(words().refused(label, alreadyText(command.type, ROOM)));
  tellResults(command, label, judged.results);
  return judged.results;
}

/** When something was done, as the room's clock shows it. */
const roomTime = (at: string): string => timeOfDay(Date.parse(at), state.session.peek()?.time_zone);

/** Why one candidate was refused, with the colleague who was faster where that explains it. */
export function whyRefused(type: CommandType, result: ResultView): string {
  const done = whoDid(deeds, type, state.rowOf(result.candidate)?.peek());
  if (result.code === "help_taken" && result.by) return words().taken_already(result.by);
  const why = refusalText(result.code ?? "invalid");
  const isFaster = result.code === "help_closed" || result.code === "no_end_requested";
  return isFaster && done ? `${why} ${words().by_at(done.by, roomTime(done.at))}` : why;
}

/** Says kindly that it had been done before, by whom and when as far as this page knows. */
export function alreadyText(type: CommandType, id: number): string {
  const done = whoDid(deeds, type, state.rowOf(id)?.peek());
  const by = done === null || done.by === state.you.peek().name ? "" : done.by;
  return words().already(by, done === null ? "" : roomTime(done.at));
}

/** Says what came of a command for each candidate it was about; a reason to be late is asked for. */
export function tellResults(command: Command, label: string, results: readonly ResultView[]): void {
  const refused = new Map<string, number[]>();
  const late: number[] = [];
  for (const result of results) {
    if (result.ok) continue;
    if (result.code === LATE) {
      late.push(result.candidate);
      continue;
    }
    const why = whyRefused(command.type, result);
    refused.set(why, [...(refused.get(why) ?? []), result.candidate]);
  }
  if (late.length > 0) lateAsked.value = { candidates: late };
  for (const [why, ids] of refused) {
    say(ids.length === 1 ? words().refused(state.nameById(ids[0] ?? 0), why) : words().refused_many(ids.length, why), "bad");
  }
  const only = results.length === 1 ? results[0] : undefined;
  if (only?.ok && only.already) say(words().refused(label, alreadyText(command.type, only.candidate)));
}

type Plain =
  | "presence.confirm"
  | "presence.cancel"
  | "presence.absent"
  | "resume.authorize"
  | "attempt.end"
  | "attempt.end.cancel"
  | "end_screen.see"
  | "end_screen.unsee";

/** Sends a command that has nothing but candidates. */
export function send(type: Plain, candidates: number[], label: string): Promise<ResultView[] | null> {
  return run({ type, candidates }, label);
}

/** Why a command cannot be given now, in words; undefined when it can. */
export const waits = computed<string | undefined>(() => {
  switch (state.hindrance.value) {
    case "not_live":
      return words().why_not_live;
    case "no_decisions":
      return words().why_no_decisions;
    case "read_only":
      return words().why_read_only;
    case "closed":
      return words().why_closed;
    case null:
      return undefined;
  }
});
