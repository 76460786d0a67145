// The sessions of the list: a table that sorts by its headers, or cards where a table does not fit.
import type { VNode } from "preact";
import { account } from "../office.ts";
import type { ExamSession } from "../exam_session.ts";
import { words as exam } from "../exam_words.ts";
import { calendarDate } from "../dates.ts";
import { Glyph } from "../parts/controls.tsx";
import { SessionCard } from "../parts/session_card.tsx";
import { SessionChip } from "../parts/session_chip.tsx";
import { isWide, nowMs } from "../parts/window.ts";
import { narrowing, sortBy, type Sort } from "./list.ts";
import { words } from "./store.ts";

function Header({ column }: { column: Sort }): VNode {
  const sort = narrowing.value.sort;
  const order = sort === column ? "ascending" : sort === `-${column}` ? "descending" : undefined;
  return (
    <th scope="col" aria-sort={order}>
      <button type="button" class="sorts" onClick={() => sortBy(column)}>
        {exam()[column]}
        <span class={`order ${order ?? "none"}`} aria-hidden="true"><Glyph shape="down" /></span>
      </button>
    </th>
  );
}

function placeOf(line: ExamSession): string {
  const isOneOfSeveral = (account.value?.centers.length ?? 0) > 1;
  return isOneOfSeveral ? `${line.site} (${line.center_name})` : line.site;
}

function Row({ line }: { line: ExamSession }): VNode {
  return (
    <tr>
      <th scope="row"><a href={`/sessions/${line.number}`}>{exam().title(line.number)}</a></th>
      <td>{exam().at(calendarDate(line.date), line.start_time)}</td>
      <td>{placeOf(line)}</td>
      <td>{line.room}</td>
      <td class="figure">{line.candidates}</td>
      <td><SessionChip line={line} nowMs={nowMs.value} /></td>
    </tr>
  );
}

function Table({ lines }: { lines: readonly ExamSession[] }): VNode {
  return (
    <div class="scrolls tall">
      <table class="sessions-table">
        <caption class="only-heard">{words().list_title}</caption>
        <thead>
          <tr>
            <Header column="number" />
            <Header column="date" />
            <Header column="site" />
            <Header column="room" />
            <th scope="col" class="figure">{exam().candidates}</th>
            <Header column="status" />
          </tr>
        </thead>
        <tbody>{lines.map((line) => <Row key={line.number} line={line} />)}</tbody>
      </table>
    </div>
  );
}

/** The lines of one page of the list. */
export function Lines({ lines }: { lines: readonly ExamSession[] }): VNode {
  if (isWide.value) return <Table lines={lines} />;
  return (
    <ul class="session-list" aria-label={words().list_title}>
      {lines.map((line) => <SessionCard key={line.number} line={line} href={`/sessions/${line.number}`} place={placeOf(line)} />)}
    </ul>
  );
}
