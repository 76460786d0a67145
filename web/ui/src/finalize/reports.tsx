// The reports of one candidate in their row: what stands, corrected or withdrawn, and the way to a new one.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { Button } from "../parts/controls.tsx";
import { lazily } from "../parts/lazily.tsx";
import { nameOfReport } from "../parts/report_names.tsx";
import { codeOf, isComplete, isKnown } from "../reports.ts";
import type { ReportView, Row } from "../wire.ts";
import type { ReportDialogProps } from "./report_dialog.tsx";
import { isReadOnly, words } from "./store.ts";
import { listed } from "../closing.ts";

const ReportDialog = lazily<ReportDialogProps>(async () => (await import("./report_dialog.tsx")).ReportDialog);

/** A report in few words: its code if it has one, else its name. */
function shortName(report: ReportView): string {
  return codeOf(report.name) || nameOfReport(report.name);
}

function Standing({ row, report, onOpen }: { row: Row; report: ReportView; onOpen: (does: "edit" | "remove") => void }): VNode {
  const w = words();
  const code = codeOf(report.name);
  const [short, name] = [shortName(report), listed(row)];
  return (
    <li class="report-line">
      <p>
        {code !== "" && <b class="tag">{code}</b>} <span>{nameOfReport(report.name)}</span>
        {report.question !== null && <small> {w.report_question(report.question)}</small>}
        {!isComplete(report) && <span class="status warn">{w.report_incomplete}</span>}
      </p>
      {report.text !== null && <p class="said">{report.text}</p>}
      {!isReadOnly.value && (
        <div class="buttons small">
          {isKnown(report.name) && <Button label={w.report_edit_for(short, name)} onPress={() => onOpen("edit")}>{w.report_edit}</Button>}
          <Button label={w.report_remove_for(short, name)} onPress={() => onOpen("remove")}>{w.report_remove}</Button>
        </div>
      )}
    </li>
  );
}

/** The cell. */
export function Reports({ row }: { row: Row }): VNode {
  const w = words();
  const open = useSignal<{ does: "add" | "edit" | "remove"; report: ReportView | null } | null>(null);
  const addId = `add-report-${row.id}`;
  return (
    <div class="reports-column">
      <span class="column-name" aria-hidden="true">{w.column_reports}</span>
      {row.reports.length === 0 && isReadOnly.value && <p class="given">{w.report_none}</p>}
      <ul class="report-lines">
        {row.reports.map((report) => (
          <Standing key={report.id} row={row} report={report} onOpen={(does) => (open.value = { does, report })} />
        ))}
      </ul>
      {!isReadOnly.value && (
        <Button id={addId} label={w.report_add_for(listed(row))} onPress={() => (open.value = { does: "add", report: null })}>{w.report_add}</Button>
      )}
      {open.value && (
        <ReportDialog {...open.value} candidate={row.id} fallback={() => document.getElementById(addId)} onClose={() => (open.value = null)} />
      )}
    </div>
  );
}
