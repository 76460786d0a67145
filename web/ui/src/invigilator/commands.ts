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

/** Sends a command; gives its results, or null when the frame as a whole was not judged. */
export async function run(command: Command, label: string): Promise<ResultView[] | null> {
  const line = theLine();
  const ids = targetsOf(command);
  if (line === null || state.hindrance.peek() !== null) {
    if (command.type !== "room.take_over" || line === null) {
      say(refusalText("not_live"), "bad");
      return null;
    }
  }
  setPending(ids, command.type);
  state.held.value = new Set([...state.held.peek(), ...ids]);
  const outcome = await line.request(command);
  if (outcome.kind !== "ok") {
    setPending(ids, null);
    const code = outcome.kind === "refused" ? outcome.error.code : outcome.kind;
    say(words().refused(label, refusalText(code)), "bad");
    return null;
  }
  const results = outcome.reply.results ?? [];
  const changed = results.some((result) => result.ok && result.already !== true);
  if (changed && outcome.reply.decision_seq !== undefined) await folded(outcome.reply.decision_seq);
  setPending(ids, null);
  tellResults(command, label, results);
  return results;
}

/** Who had done it before, as far as the row says. */
function byWhom(type: CommandType, row: Row | undefined): string | null {
  if (row === undefined) return null;
  if (type === "presence.confirm" || type === "presence.cancel" || type === "presence.absent") return row.presence.by;
  if (type === "resume.authorize") return row.authorization?.by ?? null;
  if (type === "end_screen.see") return row.end_screen_seen?.by ?? null;
  return null;
}

function tellResults(command: Command, label: string, results: readonly ResultView[]): void {
  const refused = new Map<string, number[]>();
  for (const result of results) {
    if (result.ok) continue;
    const code = result.code ?? "invalid";
    refused.set(code, [...(refused.get(code) ?? []), result.candidate]);
  }
  const late = refused.get("late_reason_required");
  if (late !== undefined && command.type === "presence.confirm") {
    refused.delete("late_reason_required");
    lateAsked.value = { candidates: late };
  }
  for (const [code, ids] of refused) {
    const why = refusalText(code);
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
