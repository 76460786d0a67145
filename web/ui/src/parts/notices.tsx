// What a page says for a moment, to the eye and to the ear: one polite region.
import type { VNode } from "preact";
import { signal } from "@preact/signals";
import { Glyph, common } from "./controls.tsx";

const SHOWN_MS = 6_000;
const PROBLEM_SHOWN_MS = 12_000;
/** More than this many at once hides the page behind its own news. */
const AT_MOST = 3;

export interface Notice {
  id: number;
  text: string;
  tone: "info" | "bad" | "quiet";
}

const notices = signal<readonly Notice[]>([]);
let nextId = 1;

/** Says something once; `quiet` is only for who listens. */
export function say(text: string, tone: Notice["tone"] = "info"): void {
  const id = nextId++;
  notices.value = [...notices.value, { id, text, tone }].slice(-AT_MOST);
  setTimeout(() => dismiss(id), tone === "bad" ? PROBLEM_SHOWN_MS : SHOWN_MS);
}

function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
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
