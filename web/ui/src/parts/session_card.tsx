// A session in a list: number, state, place, when, how many.
import type { VNode } from "preact";
import type { ExamSession } from "../exam_session.ts";
import { words as exam } from "../exam_words.ts";
import { calendarDate } from "../dates.ts";
import { Glyph } from "./controls.tsx";
import { SessionChip } from "./session_chip.tsx";
import { nowMs } from "./window.ts";

/** A card that leads to a session. */
export function SessionCard({ line, href, place }: { line: ExamSession; href: string; place: string }): VNode {
  return (
    <li>
      <a class="session" href={href}>
        <span class="session-title">
          <span class="session-number">{exam().title(line.number)}</span>
          <SessionChip line={line} nowMs={nowMs.value} />
        </span>
        <span class="session-place">{place}, {line.room}</span>
        <span class="session-when">
          {exam().at(calendarDate(line.date), line.start_time)}
          {" · "}
          {exam().candidates_count(line.candidates)}
        </span>
        <Glyph shape="right" />
      </a>
    </li>
  );
}
