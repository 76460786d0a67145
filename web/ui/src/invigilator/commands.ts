// Commands of the dashboard: shown at once as under way, settled by the reply, kept so until the decision is folded.
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { refusalText } from "../parts/controls.tsx";
import type { Command } from "../frames.ts";
import type { ResultView, Row } from "../wire.ts";
import { say, words } from "./announce.ts";
import { folded, theLine } from "./feed.ts";
import * as state from "./state.ts";

/** Commands about the room itself are pending under this number, which no candidate has. */
export const ROOM = 0;

export type CommandType = Command["type"];

const pending = signal<ReadonlyMap<number, CommandType>>(new Map());

/** The command under way for a candidate, or for the room. */
export function pendingOf(id: number): ReadonlySignal<CommandType | null> {
  return computed(() => pending.value.get(id) ?? null);
}

function setPending(ids: readonly number[], type: CommandType | null): void {
  const next = new Map(pending.peek());
  for (const id of ids) {
    if (type === null) next.delete(id);
    else next.set(id, type);
  }
  pending.value = next;
}

/** Which candidates wait for a reason to be late, and how to go on; null when none does. */
export const lateAsked = signal<{ candidates: number[] } | null>(null);

function targetsOf(command: Command): number[] {
  if (!("candidates" in command)) return [ROOM];
  return command.candidates === "all" ? [...state.order.peek()] : command.candidates;
}

type Judged = { is: "judged"; results: ResultView[] } | { is: "not_judged"; code: string };

/** Sends a command, shows it as under way and waits until its decision is on the page. */
async function judge(command: Command, key?: string): Promise<Judged> {
  const line = theLine();
  const mayTakeOver = command.type === "room.take_over";
  if (line === null || (state.hindrance.peek() !== null && !mayTakeOver)) return { is: "not_judged", code: "not_live" };
  const ids = targetsOf(command);
  setPending(ids, command.type);
  state.held.value = new Set([...state.held.peek(), ...ids]);
  const outcome = await line.request(command, key);
  if (outcome.kind !== "ok") {
    setPending(ids, null);
    return { is: "not_judged", code: outcome.kind === "refused" ? outcome.error.code : outcome.kind };
  }
  const results = outcome.reply.results ?? [];
  const changed = results.some((result) => result.ok && result.already !== true);
  if (changed && outcome.reply.decision_seq !== undefined) await folded(outcome.reply.decision_seq);
  setPending(ids, null);
  return { is: "judged", results };
}

/** Sends a command and says what came of it; gives its results, or null when the frame as a whole was not judged. */
export async function run(command: Command, label: string): Promise<ResultView[] | null> {
  const judged = await judge(command);
  if (judged.is === "not_judged") {
    const why = refusalText(judged.code);
    say(judged.code === "not_live" ? why : words().refused(label, why), "bad");
    return null;
  }
  tellResults(command, label, judged.results);
  return judged.results;
}

/** What a dialog learns of the command it sent: a refusal is told where it was asked for. */
export type Told = { ok: true; results: ResultView[] } | { ok: false; why: string };

/** Sends a command for a dialog that stays open until it is accepted; one refused candidate of several is no refusal. */
export async function attempt(command: Command, key: string): Promise<Told> {
  const judged = await judge(command, key);
  if (judged.is === "not_judged") return { ok: false, why: refusalText(judged.code) };
  const [first, ...others] = judged.results;
  if (first !== undefined && others.length === 0 && !first.ok) return { ok: false, why: whyRefused(first) };
  return { ok: true, results: judged.results };
}

/** Why one candidate was refused, with the colleague's name where the hub gives it. */
export function whyRefused(result: ResultView): string {
  if (result.code === "help_taken" && result.by) return words().taken_already(result.by);
  return refusalText(result.code ?? "invalid");
}

/** Who had done it before, as far as the row says. */
function byWhom(type: CommandType, row: Row | undefined): string | null {
  if (row === undefined) return null;
  if (type === "presence.confirm" || type === "presence.cancel" || type === "presence.absent") return row.presence.by;
  if (type === "resume.authorize") return row.authorization?.by ?? null;
  if (type === "end_screen.see") return row.end_screen_seen?.by ?? null;
  return null;
}

/** Says what came of a command for each candidate it was about; a reason to be late is asked for. */
export function tellResults(command: Command, label: string, results: readonly ResultView[]): void {
  const refused = new Map<string, number[]>();
  const late: number[] = [];
  for (const result of results) {
    if (result.ok) continue;
    if (result.code === "late_reason_required" && command.type === "presence.confirm") {
      late.push(result.candidate);
      continue;
    }
    const why = whyRefused(result);
    refused.set(why, [...(refused.get(why) ?? []), result.candidate]);
  }
  if (late.length > 0) lateAsked.value = { candidates: late };
  for (const [why, ids] of refused) {
    say(ids.length === 1 ? words().refused(state.nameById(ids[0] ?? 0), why) : words().refused_many(ids.length, why), "bad");
  }
  const only = results.length === 1 ? results[0] : undefined;
  if (only?.ok && only.already) {
    const by = only.by ?? byWhom(command.type, state.rowOf(only.candidate)?.peek());
    say(by && by !== state.you.peek().name ? words().already_by(label, by) : words().already(label));
  }
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
