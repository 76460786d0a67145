// The dialog of one report: written, corrected or withdrawn over HTTP. Loaded when first asked for.
import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { newKey } from "../keys.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr/dialogs.ts";
import { Button, Modal, Problem, common, refusalText } from "../parts/controls.tsx";
import { Picker, ReportFields } from "../parts/report_form.tsx";
import { Category } from "../parts/report_names.tsx";
import { IDENTITY, draftFromReport, draftOf, faultsOf, identityReport, toWire, type Draft, type ReportName } from "../reports.ts";
import type { ReportView, Row } from "../wire.ts";
import { command, nameOf, view, words, type Deed } from "./store.ts";

const texts = catalogue(fr.dialogs, (en) => en.dialogs);

export interface ReportDialogProps {
  does: "add" | "edit" | "remove";
  candidate: number;
  report: ReportView | null;
  fallback: () => HTMLElement | null;
  onClose: () => void;
}

interface Sender {
  problem: string | null;
  isBusy: boolean;
  send: (deed: Deed) => Promise<boolean>;
}

/** Sends until the hub has accepted; the same words sent again carry the same key and count once. */
function useSender(): Sender {
  const problem = useSignal<string | null>(null);
  const isBusy = useSignal(false);
  const last = useRef({ body: "", key: "" });
  const send = async (deed: Deed): Promise<boolean> => {
    if (isBusy.value) return false;
    const body = JSON.stringify(deed);
    if (last.current.body !== body) last.current = { body, key: newKey() };
    isBusy.value = true;
    const code = await command(deed, last.current.key);
    isBusy.value = false;
    problem.value = code === null ? null : refusalText(code);
    return code === null;
  };
  return { problem: problem.value, isBusy: isBusy.value, send };
}

function Removal({ candidate, report, onClose }: { candidate: number; report: ReportView; onClose: () => void }): VNode {
  const w = words();
  const { problem, isBusy, send } = useSender();
  const go = async (): Promise<void> => {
    if (await send({ type: "report.remove", candidates: [candidate], report: report.id })) onClose();
  };
  return (
    <>
      <p class="category"><Category name={report.name} /></p>
      {report.text !== null && <blockquote>{report.text}</blockquote>}
      <p>{w.report_remove_text}</p>
      <Problem text={problem} />
      <footer class="answers">
        <Button autofocus onPress={onClose}>{common().cancel}</Button>
        <Button kind="danger" waits={isBusy ? common().working : undefined} onPress={() => void go()}>{w.report_remove}</Button>
      </footer>
    </>
  );
}

interface FormProps {
  row: Row;
  edited: ReportView | null;
  first: Draft;
  onChange: (draft: Draft) => void;
  onClose: () => void;
}

function Form({ row, edited, first, onChange, onClose }: FormProps): VNode {
  const t = texts();
  const draft = useSignal(first);
  const isTried = useSignal(false);
  const isWrong = useRef(false);
  const form = useRef<HTMLFormElement>(null);
  const { problem, isBusy, send } = useSender();
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>("input, textarea")?.focus(), []);
  useLayoutEffect(() => {
    if (isWrong.current) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
    isWrong.current = false;
  });
  const go = async (event: Event): Promise<void> => {
    event.preventDefault();
    isTried.value = true;
    isWrong.current = Object.keys(faultsOf(draft.value)).length > 0;
    if (isWrong.current) return;
    const said = { candidates: [row.id], ...toWire(draft.value) };
    const deed: Deed = edited === null ? { type: "report.add", ...said } : { type: "report.edit", report: edited.id, ...said };
    if (await send(deed)) onClose();
  };
  return (
    <>
      <div class="chosen">
        <p class="category"><Category name={draft.value.name} /></p>
        <Button kind="plain" onPress={() => onChange(draft.value)}>{t.report_change}</Button>
      </div>
      <form ref={form} onSubmit={(event) => void go(event)} noValidate>
        <ReportFields draft={draft.value} onDraft={(next) => (draft.value = next)} isTried={isTried.value} />
        <Problem text={problem} />
        <footer class="answers">
          <Button onPress={onClose}>{common().cancel}</Button>
          <button type="submit" class="main" aria-disabled={isBusy}>{isBusy ? common().working : edited === null ? t.report_send : t.report_save}</button>
        </footer>
      </form>
    </>
  );
}

function Writing({ row, report, onClose }: { row: Row; report: ReportView | null; onClose: () => void }): VNode {
  const t = texts();
  const edited = useSignal(report);
  const draft = useSignal<Draft | null>(report === null ? null : draftFromReport(report, row));
  const isChoosing = useSignal(report === null);
  const pick = (name: ReportName): void => {
    // One report holds all that is to correct about an identity: a second one is never begun.
    const standing = name === IDENTITY && edited.value === null ? identityReport(row) : undefined;
    if (standing !== undefined) edited.value = standing;
    draft.value = standing !== undefined ? draftFromReport(standing, row) : draftOf(name, row, draft.value ?? undefined);
    isChoosing.value = false;
  };
  const without = edited.value !== null && edited.value.name !== IDENTITY && identityReport(row) !== undefined ? IDENTITY : null;
  if (isChoosing.value || draft.value === null) {
    return (
      <>
        <p>{t.report_choose}</p>
        <Picker onPick={pick} without={without} takesFocus />
      </>
    );
  }
  const change = (typed: Draft): void => {
    draft.value = typed;
    isChoosing.value = true;
  };
  return (
    <>
      {report === null && edited.value !== null && <p class="why">{t.report_one_identity}</p>}
      <Form row={row} edited={edited.value} first={draft.value} onChange={change} onClose={onClose} />
    </>
  );
}

/** The dialog. */
export function ReportDialog({ does, candidate, report, fallback, onClose }: ReportDialogProps): VNode | null {
  const row = view.value?.candidates.find((one) => one.id === candidate);
  if (row === undefined) return null;
  const title = does === "remove" ? words().report_remove_title : texts().report_title(nameOf(candidate));
  return (
    <Modal title={title} shape="sheet" onClose={onClose} fallback={fallback}>
      {does === "remove" && report !== null ? (
        <Removal candidate={candidate} report={report} onClose={onClose} />
      ) : (
        <Writing row={row} report={report} onClose={onClose} />
      )}
    </Modal>
  );
}
