// One report on the dashboard: its category, then the fields that the category requires, sent over the room's line.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { Button } from "../parts/controls.tsx";
import { ReportFields } from "../parts/report_form.tsx";
import { Category } from "../parts/report_names.tsx";
import { faultsOf, type Draft } from "../reports.ts";
import { Form, texts } from "./form.tsx";
import type { Sending } from "./sending.ts";

interface ReportFormProps {
  draft: Draft;
  onDraft: (draft: Draft) => void;
  sending: Sending;
  action: string;
  onSend: () => void;
  onChange: () => void;
  other: { text: string; onPress: () => void };
}

/** The fields of one report; it is checked before it is sent, and the hub judges it again. */
export function ReportForm({ draft, onDraft, sending, action, onSend, onChange, other }: ReportFormProps): VNode {
  const isTried = useSignal(false);
  const isRight = (): boolean => {
    isTried.value = true;
    return Object.keys(faultsOf(draft)).length === 0;
  };
  return (
    <>
      <div class="chosen">
        <p class="category"><Category name={draft.name} /></p>
        <Button kind="plain" onPress={onChange}>{texts().report_change}</Button>
      </div>
      <Form sending={sending} action={action} isRight={isRight} onSend={onSend} other={other} takesFocus>
        <ReportFields draft={draft} onDraft={onDraft} isTried={isTried.value} />
      </Form>
    </>
  );
}
