// The candidates of a case: what happened to each, the reports with how they were dealt with, the jury's decision.
import type { VNode } from "preact";
import { calendarDate } from "../dates.ts";
import { timeOfDay } from "../locale.ts";
import { Button, Glyph } from "../parts/controls.tsx";
import { Category, nameOfReport } from "../parts/report_names.tsx";
import { codeOf } from "../reports.ts";
import { listed } from "../closing.ts";
import { VerdictChip } from "./chips.tsx";
import { follow, instant, list, shown } from "./case_store.ts";
import { open } from "./dialogs_open.ts";
import { causeText, reasonText } from "./entry_text.ts";
import { earlierDecisions, isOpen, minutesLost, needsLook, shownRows, type JudgedReport, type JudgedRow, type Shown, type Verdict } from "./view.ts";
import { words } from "./words.ts";

/** The id of one candidate's line. */
export function lineId(candidate: number): string {
  return `candidate-${candidate}`;
}

/** The id of one report. */
export function reportId(report: number): string {
  return `report-${report}`;
}

function Who({ row }: { row: JudgedRow }): VNode {
  const w = words();
  return (
    <div class="who">
      <h3 id={lineId(row.id)} tabIndex={-1}>{listed(row)}</h3>
      <p class="figures">
        {row.certification_number !== null && <span>{w.number(row.certification_number)}</span>}
        <span>{w.born(calendarDate(row.birthdate))}</span>
      </p>
      <Button label={w.follow_for(listed(row))} onPress={() => follow(row.id)}>{w.follow}</Button>
    </div>
  );
}

function Interruptions({ row }: { row: JudgedRow }): VNode | null {
  const w = words();
  const all = row.time.interruptions;
  if (all.length === 0) return null;
  const zone = shown.value?.session.time_zone;
  const at = (text: string | null): string => (text === null ? "…" : timeOfDay(Date.parse(text), zone));
  return (
    <details class="folded">
      <summary>{w.interruptions(all.length, minutesLost(row))}</summary>
      <ul>
        {all.map((one) => <li key={one.from}>{w.interruption_line(at(one.from), at(one.to), causeText(one.cause))}</li>)}
      </ul>
    </details>
  );
}

function Facts({ row }: { row: JudgedRow }): VNode {
  const w = words();
  const { progress, end_screen_seen: seen, time } = row;
  return (
    <div class="test-facts">
      <p>
        {w[`attempt_${row.attempt}`]}
        {progress !== null && (
          <span>
            {", "}<span aria-hidden="true">{w.progress(progress.answered, progress.total)}</span>
            <span class="only-heard">{w.progress_heard(progress.answered, progress.total)}</span>
          </span>
        )}
      </p>
      {row.abort_reason !== null && <p class="status warn"><Glyph shape="alert" /> {reasonText(row.abort_reason)}</p>}
      {row.attempt === "finished" && (
        <p class={`status ${seen ? "good" : "warn"}`}><Glyph shape={seen ? "check" : "eye"} /> {seen ? w.seen : w.unseen}</p>
      )}
      {row.extra_time_percentage > 0 && <p class="hint">{w.extra(row.extra_time_percentage)}</p>}
      {time.minutes_added !== 0 && (
        <p class="hint"><Glyph shape="clock" /> <span aria-hidden="true">{w.added(time.minutes_added)}</span><span class="only-heard">{w.added_heard(time.minutes_added)}</span></p>
      )}
      <Interruptions row={row} />
    </div>
  );
}

function Report({ row, report }: { row: JudgedRow; report: JudgedReport }): VNode {
  const w = words();
  const short = codeOf(report.name) || nameOfReport(report.name);
  const { resolution } = report;
  const isPublished = shown.value?.session.status === "published";
  return (
    <li class="report-line" id={reportId(report.id)} tabIndex={-1}>
      <p class="category"><Category name={report.name} /></p>
      {isOpen(report) && <p><span class="status warn"><Glyph shape="alert" /> {w.to_act}</span></p>}
      {report.question !== null && <p>{w.question(report.question)}</p>}
      {report.text !== null && <p class="said">{report.text}</p>}
      <small>{w.report_by(report.by, instant(report.at))}</small>
      {resolution !== null && (
        <div class="resolution">
          <p>{resolution.word}</p>
          <small><Glyph shape="check" /> {w.resolved_by(resolution.by, instant(resolution.at))}</small>
        </div>
      )}
      {!isPublished && (
        <Button
          label={resolution === null ? w.resolve_for(short, listed(row)) : w.resolve_again_for(short, listed(row))}
          onPress={() => (open.value = { is: "resolve", report: report.id, candidate: row.id })}
        >
          {resolution === null ? w.resolve : w.resolve_again}
        </Button>
      )}
    </li>
  );
}

function Reports({ row }: { row: JudgedRow }): VNode {
  return (
    <div class="reports-column">
      <span class="column-name" aria-hidden="true">{words().column_reports}</span>
      {row.reports.length === 0 ? <p class="hint">{words().no_reports}</p> : (
        <ul class="report-lines">
          {row.reports.map((report) => <Report key={report.id} row={row} report={report} />)}
        </ul>
      )}
    </div>
  );
}

function History({ row }: { row: JudgedRow }): VNode | null {
  const w = words();
  const one = shown.value;
  const earlier = one === null ? [] : earlierDecisions(one, row);
  if (earlier.length === 0) return null;
  return (
    <details class="folded">
      <summary>{w.history(earlier.length)}</summary>
      <ul>
        {earlier.map((entry) => (
          <li key={entry.seq}>
            <VerdictChip verdict={entry.codes["verdict"] as Verdict} />
            {entry.detail?.["reason"] && <p class="said">{entry.detail["reason"]}</p>}
            <small>{w.decided_by(entry.by, instant(entry.at))}</small>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Decision({ row }: { row: JudgedRow }): VNode {
  const w = words();
  const { decision } = row;
  const isPublished = shown.value?.session.status === "published";
  if (row.attempt === "not_started") return <p class="hint">{w.no_decision_needed}</p>;
  return (
    <div class="decision">
      {decision?.verdict ? (
        <>
          <VerdictChip verdict={decision.verdict} />
          {decision.reason && <p class="said">{decision.reason}</p>}
          <small>{w.decided_by(decision.by, instant(decision.at))}</small>
        </>
      ) : (
        <p class="hint">{w.undecided}</p>
      )}
      {!isPublished && (
        <Button
          kind={decision === null ? "main" : "soft"}
          label={decision === null ? w.decide_for(listed(row)) : w.decide_again_for(listed(row))}
          onPress={() => (open.value = { is: "decide", candidate: row.id })}
        >
          {decision === null ? w.decide : w.decide_again}
        </Button>
      )}
      <History row={row} />
    </div>
  );
}

function Lists(): VNode {
  const w = words();
  const rows = shown.value?.candidates ?? [];
  const kinds: readonly (readonly [Shown, string])[] = [["all", w.show_all], ["attention", w.show_attention], ["undecided", w.show_undecided]];
  return (
    <div class="buttons" role="group" aria-label={w.show}>
      {kinds.map(([kind, text]) => (
        <button key={kind} type="button" class="soft" aria-pressed={list.value === kind} onClick={() => (list.value = kind)}>
          {text} ({shownRows(rows, kind).length})
        </button>
      ))}
    </div>
  );
}

/** The section. */
export function People(): VNode {
  const w = words();
  const rows = shownRows(shown.value?.candidates ?? [], list.value);
  return (
    <section class="card" aria-labelledby="candidates">
      <h2 id="candidates">{w.candidates}</h2>
      <Lists />
      {rows.length === 0 && <p class="empty">{w.candidates_none}</p>}
      <div class="columns-head" aria-hidden="true">
        <span>{w.column_candidate}</span>
        <span>{w.column_facts}</span>
        <span>{w.column_reports}</span>
        <span>{w.column_decision}</span>
      </div>
      <ul class="rows">
        {rows.map((row) => (
          <li key={row.id} class={needsLook(row) ? "line look" : "line"}>
            <Who row={row} />
            <Facts row={row} />
            <Reports row={row} />
            <Decision row={row} />
          </li>
        ))}
      </ul>
    </section>
  );
}
