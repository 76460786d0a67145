// Ends under way: the countdown every dashboard shows, and the button that undoes; the rows offer the same.
import type { VNode } from "preact";
import { Glyph } from "../parts/controls.tsx";
import { words } from "./announce.ts";
import { send, underWay, waits } from "./commands.ts";
import { texts } from "./form.tsx";
import * as state from "./state.ts";

/** From this many on, ends share one line. */
const TOGETHER_FROM = 3;

function Countdown({ atMs }: { atMs: number }): VNode {
  const seconds = Math.max(0, Math.ceil((atMs - state.now.value) / 1000));
  return <b class="count">{seconds > 0 ? texts().ending_in(seconds) : words().fact_ending_now}</b>;
}

function Ending({ ids, atMs, text, action }: { ids: number[]; atMs: number; text: string; action: string }): VNode {
  const pending = ids.map(underWay).find((text) => text !== null);
  const why = pending ? words().why_pending : waits.value;
  const isLate = state.now.value >= atMs;
  const undo = (): void => {
    if (why === undefined) void send("attempt.end.cancel", ids, words().step_cancel_end);
  };
  return (
    <li>
      <Glyph shape="stop" />
      <span>{text} <Countdown atMs={atMs} /></span>
      {!isLate && (
        <button type="button" class="main" aria-label={words().for_candidate(action, text)} aria-disabled={why !== undefined} title={why} onClick={undo}>
          {pending ?? action}
        </button>
      )}
    </li>
  );
}

/** The strip of ends under way. */
export function Endings(): VNode | null {
  const ending = state.allRows.value.filter((row) => row.attempt === "running" && row.ending_at !== null);
  if (ending.length === 0) return null;
  const t = texts();
  const at = (text: string | null): number => Date.parse(text ?? "");
  const first = Math.min(...ending.map((row) => at(row.ending_at)));
  return (
    <section class="endings" aria-label={t.ending_region}>
      <ul>
        {ending.length >= TOGETHER_FROM ? (
          <Ending ids={ending.map((row) => row.id)} atMs={first} text={t.ending_many(ending.length)} action={t.ending_cancel_all} />
        ) : (
          ending.map((row) => (
            <Ending key={row.id} ids={[row.id]} atMs={at(row.ending_at)} text={t.ending_line(state.nameOf(row))} action={t.ending_cancel} />
          ))
        )}
      </ul>
    </section>
  );
}
