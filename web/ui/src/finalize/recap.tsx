// The last look: what is about to be finalized, by name and by number, before a person confirms. Loaded when asked for.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { Button, Modal, Problem, refusalText } from "../parts/controls.tsx";
import { nameOfReport } from "../parts/report_names.tsx";
import { codeOf } from "../reports.ts";
import { sizeText } from "./documents.tsx";
import { confirm, typed, view, words } from "./store.ts";
import { listed } from "../closing.ts";
import { recapOf, type Recap } from "./view.ts";
import { Fact } from "../parts/fact.tsx";

function ReportCounts({ recap }: { recap: Recap }): VNode {
  const w = words();
  if (recap.reports.length === 0) return <>{w.none}</>;
  return (
    <ul>
      {recap.reports.map(({ name, count }) => (
        <li key={name}>
          <b>{w.recap_report(codeOf(name) || "–", count)}</b> {nameOfReport(name)}
        </li>
      ))}
    </ul>
  );
}

function People({ recap }: { recap: Recap }): VNode {
  const w = words();
  return (
    <>
      <Fact term={w.recap_finished}>{recap.finished}</Fact>
      <Fact term={w.recap_unseen}>
        {recap.unseen.length === 0 ? (
          w.recap_unseen_none
        ) : (
          <>
            <ul>{recap.unseen.map((row) => <li key={row.id}>{listed(row)}</li>)}</ul>
            <small>{w.recap_unseen_more}</small>
          </>
        )}
      </Fact>
      <Fact term={w.recap_reasons}>
        {recap.reasons.length === 0 ? w.none : (
          <ul>
            {recap.reasons.map(({ row, reason }) => (
              <li key={row.id}>{listed(row)} : {reason === "candidate" ? w.reason_candidate : w.reason_technical}</li>
            ))}
          </ul>
        )}
        {recap.is_closing && <small>{w.recap_closing}</small>}
      </Fact>
      {recap.never > 0 && <Fact term={w.recap_never}>{recap.never}</Fact>}
      <Fact term={w.recap_reports}><ReportCounts recap={recap} /></Fact>
    </>
  );
}

function Rest(): VNode {
  const w = words();
  const documents = view.value?.documents ?? [];
  const { incident, comment } = typed.value;
  return (
    <>
      <Fact term={w.recap_documents}>
        {documents.length === 0 ? w.none : <ul>{documents.map((one) => <li key={one.id}>{one.name} <small>{sizeText(one.size_bytes)}</small></li>)}</ul>}
      </Fact>
      <Fact term={w.recap_course}>
        {incident === null ? w.incident_unset : incident ? (comment.trim() === "" ? w.recap_no_comment : <blockquote>{comment}</blockquote>) : w.incident_no}
      </Fact>
    </>
  );
}

export interface RecapDialogProps {
  onClose: () => void;
  onRefused: () => void;
}

/** The dialog; a refusal leads back to the page, where what stands in the way is named. */
export function RecapDialog({ onClose, onRefused }: RecapDialogProps): VNode | null {
  const w = words();
  const isBusy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const shown = view.value;
  if (shown === null) return null;
  const go = async (): Promise<void> => {
    isBusy.value = true;
    const code = await confirm();
    isBusy.value = false;
    if (code === null) onClose();
    else if (LEADS_BACK.has(code)) onRefused();
    else problem.value = refusalText(code);
  };
  return (
    <Modal title={w.recap_title} onClose={onClose} fallback={() => document.getElementById("receipt")}>
      <p>{w.recap_lead}</p>
      {shown.is_late && <p class="why">{w.recap_late}</p>}
      <dl class="recap">
        <People recap={recapOf(shown.candidates, typed.value.abort_reasons)} />
        <Rest />
      </dl>
      <Problem text={problem.value} />
      <footer class="answers">
        <Button onPress={onClose}>{w.keep_editing}</Button>
        <Button kind="main" waits={isBusy.value ? w.confirming : undefined} onPress={() => void go()}>{isBusy.value ? w.confirming : w.confirm}</Button>
      </footer>
    </Modal>
  );
}

/** Refusals about what the page shows. */
const LEADS_BACK = new Set(["abort_reason_missing", "abort_reason_on_finished", "nobody_started", "draft_changed", "unsaved"]);
