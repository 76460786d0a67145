// The reason the hub asks for when somebody arrives after the start; it becomes a report.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { Field, Modal, common } from "../parts/controls.tsx";
import { lateAsked, tellResults } from "./commands.ts";
import { Form, Ready, texts } from "./form.tsx";
import { focusBack } from "./open.ts";
import { useSending } from "./sending.ts";
import * as state from "./state.ts";

const REASON_AT_MOST = 200;

/** The dialog. */
export function LateDialog({ candidates }: { candidates: number[] }): VNode {
  const t = texts();
  const sending = useSending();
  const typed = useSignal("");
  const isTried = useSignal(false);
  const reason = typed.value.trim();
  const length = [...reason].length;
  const fault = length === 0 ? common().required : length > REASON_AT_MOST ? t.time_reason_too_long(length) : null;
  const close = (): void => {
    lateAsked.value = null;
  };
  const go = async (): Promise<void> => {
    const command = { type: "presence.confirm" as const, candidates, late_reason: reason };
    const told = await sending.send(command, t.late_do);
    if (told === null) return;
    close();
    tellResults(command, t.late_do, told);
  };
  return (
    <Modal title={t.late_title} shape="sheet" onClose={close} fallback={() => focusBack(candidates[0])}>
      <p>{t.late_text(candidates.map((id) => state.nameById(id)).join(", "), candidates.length)}</p>
      <Form
        sending={sending}
        action={t.late_do}
        isRight={() => (isTried.value = true) && fault === null}
        onSend={() => void go()}
        other={{ text: common().cancel, onPress: close }}
      >
        <Ready label={t.late_ready} texts={[t.late_1, t.late_2, t.late_3]} onChoose={(text) => (typed.value = text)} />
        <Field label={t.late_reason} value={typed.value} error={isTried.value ? fault : null} onInput={(text) => (typed.value = text)} />
      </Form>
    </Modal>
  );
}
