// Ends under way: the countdown every dashboard shows, and the button that undoes; and the notices.
import type { VNode } from "preact";
import { common, Glyph } from "../parts/controls.tsx";
import { dismiss, notices, words } from "./announce.ts";
import { send, underWay, waits } from "./commands.ts";
import * as state from "./state.ts";

/** From this many on, ends share one line. */
const TOGETHER_FROM = 3;

function Countdown({ atMs }: { atMs: number }): VNode {
  const seconds = Math.max(0, Math.ceil((atMs - state.now.value) / 1000));
  return <b class="count">{seconds > 0 ? words().ending_in(seconds) : words().fact_ending_now}</b>;
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
  const w = words();
  const at = (text: string | null): number => Date.parse(text ?? "");
  const first = Math.min(...ending.map((row) => at(row.ending_at)));
  return (
    <section class="endings" aria-label={w.ending_region}>
      <ul>
        {ending.length >= TOGETHER_FROM ? (
          <Ending ids={ending.map((row) => row.id)} atMs={first} text={w.ending_many(ending.length)} action={w.ending_cancel_all} />
        ) : (
          ending.map((row) => (
            <Ending key={row.id} ids={[row.id]} atMs={at(row.ending_at)} text={w.ending_line(state.nameOf(row))} action={w.ending_cancel} />
          ))
        )}
      </ul>
    </section>
  );
}

/** The one polite live region. */
export function Notices(): VNode {
  return (
    <div class="notices" role="status" aria-live="polite" aria-atomic="false">
      {notices.value.map((notice) => (
        <div key={notice.id} class={notice.tone === "quiet" ? "only-heard" : `notice ${notice.tone}`}>
          <span>{notice.text}</span>
          {notice.tone !== "quiet" && (
            <button type="button" class="plain square" aria-label={common().close} onClick={() => dismiss(notice.id)}>
              <Glyph shape="cross" />
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
