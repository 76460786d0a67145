// What is said, to the eye and to the ear.
import type { VNode } from "preact";
import { common, Glyph } from "../parts/controls.tsx";
import { dismiss, notices } from "./announce.ts";

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
