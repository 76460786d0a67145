// What is to correct in a candidate's identity: the mark, and the text of the one report that says it.
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Area, Modal, common } from "../parts/controls.tsx";
import { IDENTITY, TEXT_AT_MOST, identityReport } from "../reports.ts";
import type { ReportView, Row } from "../wire.ts";
import { say } from "./announce.ts";
import { Form, texts } from "./form.tsx";
import { focusBack, shut } from "./open.ts";
import { useSending } from "./sending.ts";
import * as state from "./state.ts";

/**
 * The dialog. The hub opens the report along with the mark, once for however many colleagues mark the same candidate;
 * so the mark always goes first, and the text then completes the report that stands.
 */
export function IdentityDialog({ candidate }: { candidate: number }): VNode | null {
  const t = texts();
  const sending = useSending();
  const row = state.rowOf(candidate)?.value;
  const known = useRef(row ? (identityReport(row)?.text ?? null) : null);
  const typed = useSignal(known.current ?? "");
  const isTried = useSignal(false);
  if (row === undefined) return null;
  const text = typed.value.trim();
  const length = [...text].length;
  const fault = text === "" ? common().required : length > TEXT_AT_MOST ? t.report_fault_too_long(length) : null;
  const label = t.identity_title(state.nameOf(row));

  const mark = async (): Promise<boolean> => {
    if (state.rowOf(candidate)?.peek().identity === "to_correct") return true;
    return (await sending.send({ type: "identity.check", candidates: [candidate], state: "to_correct" }, label)) !== null;
  };
  const isWritten = async (standing: ReportView | undefined, marked: Row): Promise<boolean> => {
    const said = { candidates: [candidate], name: IDENTITY, text };
    if (standing !== undefined) return (await sending.send({ type: "report.edit", report: standing.id, ...said }, label)) !== null;
    // Withdrawn by somebody since the mark; without the mark on this page yet, the report may only be late.
    if (marked.identity === "to_correct") return (await sending.send({ type: "report.add", ...said }, label)) !== null;
    sending.tell(t.identity_unseen);
    return false;
  };
  const save = async (): Promise<void> => {
    if (!(await mark())) return;
    const marked = state.rowOf(candidate)?.peek();
    if (marked === undefined) return;
    const standing = identityReport(marked);
    const other = standing?.text ?? null;
    if (other !== null && other !== known.current && other !== text) {
      known.current = other;
      return sending.tell(t.identity_replace(other));
    }
    if (!(await isWritten(standing, marked))) return;
    say(t.report_saved);
    shut();
  };
  const later = async (): Promise<void> => {
    if (await mark()) shut();
  };
  return (
    <Modal title={label} shape="sheet" onClose={shut} fallback={() => focusBack(candidate)}>
      <p>{t.identity_lead}</p>
      <Form
        sending={sending}
        action={t.identity_do}
        isRight={() => (isTried.value = true) && fault === null}
        onSend={() => void save()}
        other={row.identity === "to_correct" ? { text: common().cancel, onPress: shut } : { text: t.identity_later, onPress: () => void later() }}
      >
        <Area
          label={t.report_text_identity}
          hint={t.report_hint_identity}
          need="mandatory"
          value={typed.value}
          error={isTried.value ? fault : null}
          onInput={(next) => (typed.value = next)}
        />
      </Form>
    </Modal>
  );
}
