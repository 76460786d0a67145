// The queue of finalized sessions: filters, lines that become cards on a phone, pages.
import type { VNode } from "preact";
import { useId } from "preact/hooks";
import { calendarDate, dateAndTime } from "../dates.ts";
import { account } from "../office.ts";
import { Button, Glyph, Problem, common, refusalText } from "../parts/controls.tsx";
import { OfficePage } from "../parts/office.tsx";
import { refocus } from "../parts/refocus.ts";
import { isWide } from "../parts/window.ts";
import { ask, centers, filters, isAsking, isFiltered, narrow, queue, trouble, widen } from "./queue_store.ts";
import type { Attention, Line } from "./view.ts";
import { words } from "./words.ts";
import { StatusChip } from "./chips.tsx";

interface SelectProps {
  label: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  onChoose: (value: string) => void;
}

/** One choice with a visible label. */
export function Select({ label, value, options, onChoose }: SelectProps): VNode {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {options.map(([each, text]) => <option key={each} value={each}>{text}</option>)}
      </select>
    </div>
  );
}

function Search(): VNode {
  const w = words();
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{w.search} <small>({w.search_hint})</small></label>
      <input id={id} type="search" autocomplete="off" maxLength={100} value={filters.value.q} onInput={(event) => narrow({ q: event.currentTarget.value })} />
    </div>
  );
}

function Filters(): VNode {
  const w = words();
  const now = filters.value;
  const known = [...centers.value].sort((a, b) => a[1].localeCompare(b[1], "fr"));
  const sorts = [
    ["", w.sort_finalized_at], ["-finalized_at", w.sort_finalized_at_down], ["date", w.sort_date],
    ["-date", w.sort_date_down], ["number", w.sort_number], ["-number", w.sort_number_down],
  ] as const;
  const choices = (
    <div class="filters">
      <Select label={w.status} value={now.status} onChoose={(status) => narrow({ status })}
        options={[["", w.any], ["finalized", w.status_finalized], ["in_review", w.status_in_review], ["published", w.status_published]]} />
      <Select label={w.attention} value={now.attention} onChoose={(attention) => narrow({ attention })}
        options={[["", w.attention_any], ["yes", w.attention_yes], ["no", w.attention_no]]} />
      <Select label={w.assigned} value={now.assigned} onChoose={(assigned) => narrow({ assigned })}
        options={[["", w.assigned_any], ["me", w.assigned_me], ["nobody", w.assigned_nobody]]} />
      {(known.length > 1 || now.center !== "") && (
        <Select label={w.center} value={now.center} onChoose={(center) => narrow({ center })}
          options={[["", w.any], ...known.map(([id, name]) => [String(id), name] as const)]} />
      )}
      <Select label={w.sort} value={now.sort} onChoose={(sort) => narrow({ sort })} options={sorts} />
    </div>
  );
  const clear = (): void => {
    widen();
    refocus("found");
  };
  // On a phone the list comes first: the choices unfold.
  return (
    <form class="card" role="search" aria-label={w.filters} onSubmit={(event) => event.preventDefault()}>
      <Search />
      {isWide.value ? choices : <details class="folded"><summary>{w.more_filters}</summary>{choices}</details>}
      {isFiltered() && <div class="buttons"><Button onPress={clear}>{w.clear}</Button></div>}
    </form>
  );
}

/** Why a session needs a look, in words. */
export function whyText(reason: Attention): string {
  return words()[`why_${reason}`];
}

function Reasons({ line }: { line: Line }): VNode {
  const w = words();
  if (line.attention.length === 0) return <span class="status good"><Glyph shape="check" /> {w.ready}</span>;
  return (
    <ul class="why-list">
      {line.attention.map((reason) => <li key={reason} class="status warn"><Glyph shape="alert" /> {whyText(reason)}</li>)}
    </ul>
  );
}

function assignedText(line: Line): string {
  const w = words();
  if (line.assigned_to === null) return w.assigned_to_nobody;
  return line.assigned_to.id === account.value?.id ? w.assigned_to_me : w.assigned_to(line.assigned_to.name);
}

function SessionLine({ line }: { line: Line }): VNode {
  const w = words();
  return (
    <li class="case-line">
      <div class="which">
        <a class="strong" href={`/jury/${line.number}`}>{w.session(line.number)}</a>
        <StatusChip status={line.status} />
      </div>
      <div>
        <p class="strong">{line.center_name}</p>
        <p>{line.site}, {line.room}</p>
        <p class="hint">{calendarDate(line.date)}, {line.start_time.slice(0, 5)} · {w.candidates_count(line.candidates)}</p>
      </div>
      <div>
        <p>
          {w.finalized_at(dateAndTime(Date.parse(line.finalized_at), line.time_zone))}{" "}
          {line.is_late && <span class="status bad"><Glyph shape="clock" /> {w.late}</span>}
        </p>
        <p class="hint">{assignedText(line)}</p>
      </div>
      <Reasons line={line} />
    </li>
  );
}

function Pages(): VNode | null {
  const w = words();
  const shown = queue.value;
  if (shown === null || shown.total <= shown.page_size) return null;
  const last = Math.ceil(shown.total / shown.page_size);
  const go = (page: number): void => {
    narrow({ page });
    document.getElementById("found")?.focus();
  };
  return (
    <nav class="pages" aria-label={w.pages}>
      {shown.page > 1 && <Button onPress={() => go(shown.page - 1)}>{w.page_before}</Button>}
      <span>{w.page(shown.page, last)}</span>
      {shown.page < last && <Button onPress={() => go(shown.page + 1)}>{w.page_after}</Button>}
    </nav>
  );
}

function List(): VNode {
  const w = words();
  const shown = queue.value;
  if (shown === null) return trouble.value === null ? <p class="card" role="status">{common().loading}</p> : <></>;
  const isNone = shown.total === 0;
  return (
    <section class="card" aria-labelledby="found" aria-busy={isAsking.value}>
      <h2 id="found" tabIndex={-1}>{w.found(shown.total)}</h2>
      <span class="only-heard" role="status">{isAsking.value ? "" : w.found(shown.total)}</span>
      {isNone && <p class="empty">{isFiltered() ? w.none : w.none_at_all}</p>}
      <ul class="rows">
        {shown.sessions.map((line) => <SessionLine key={line.number} line={line} />)}
      </ul>
      <Pages />
    </section>
  );
}

/** The page. */
export function QueuePage({ note }: { note: string | null }): VNode {
  return (
    <OfficePage title={words().queue_title}>
      {note && <p class="banner info" role="status"><Glyph shape="check" /> <span>{note}</span></p>}
      <Filters />
      {trouble.value !== null && (
        <div class="card">
          <Problem text={refusalText(trouble.value)} />
          <Button kind="main" onPress={() => void ask()}>{common().retry}</Button>
        </div>
      )}
      <List />
    </OfficePage>
  );
}
