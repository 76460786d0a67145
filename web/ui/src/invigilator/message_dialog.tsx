// A procedural text to candidates' screens, from a template or typed: to one, or to those ticked in one of the lists.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import type { Targets } from "../frames.ts";
import { Area, Modal, common } from "../parts/controls.tsx";
import { say, words } from "./announce.ts";
import { useBatch, type Deed } from "./batch.ts";
import { BatchModal, Choices, isUnconnected } from "./batch_view.tsx";
import { Form, Ready, texts } from "./form.tsx";
import { focusBack, shut } from "./open.ts";
import { useSending, type Sending } from "./sending.ts";
import * as state from "./state.ts";

const MESSAGE_AT_MOST = 280;
const LISTS = ["all", "running", "ready", "needs"] as const satisfies readonly state.Filter[];

const deedOf = (text: string): Deed => ({
  label: texts().message_title,
  done: texts().done_message,
  command: (candidates) => ({ type: "message.send", candidates, text }),
});

interface MessageFormProps {
  sending: Sending;
  underWay: () => string | null;
  isRight: () => boolean;
  onSend: (text: string) => void;
  children?: VNode;
}

/** The words, and whoever they are for above them. */
function MessageForm({ sending, underWay, isRight, onSend, children }: MessageFormProps): VNode {
  const t = texts();
  const typed = useSignal("");
  const isTried = useSignal(false);
  const text = typed.value.trim();
  const length = [...text].length;
  const fault = length === 0 ? common().required : length > MESSAGE_AT_MOST ? t.message_too_long(length) : null;
  const judge = (): boolean => {
    isTried.value = true;
    return isRight() && fault === null;
  };
  return (
    <Form sending={sending} underWay={underWay} action={common().send} isRight={judge} onSend={() => onSend(text)} other={{ text: common().cancel, onPress: shut }}>
      {children}
      <Ready label={t.message_templates} texts={[t.message_1, t.message_2, t.message_3, t.message_4, t.message_5]} onChoose={(chosen) => (typed.value = chosen)} />
      <Area label={t.message_text} value={typed.value} error={isTried.value ? fault : null} onInput={(next) => (typed.value = next)} />
    </Form>
  );
}

function ToOne({ candidate }: { candidate: number }): VNode {
  const t = texts();
  const sending = useSending();
  const row = state.rowOf(candidate)?.value;
  const go = async (text: string): Promise<void> => {
    if ((await sending.send(deedOf(text).command([candidate]), t.message_title)) === null) return;
    say(t.message_sent);
    shut();
  };
  return (
    <Modal title={t.message_title} shape="sheet" onClose={shut} fallback={() => focusBack(candidate)}>
      <p>{t.message_to(state.nameById(candidate))}</p>
      {row && isUnconnected(row) && <p class="why">{t.message_held_one}</p>}
      <MessageForm sending={sending} underWay={sending.underWay} isRight={() => true} onSend={(text) => void go(text)} />
    </Modal>
  );
}

/** The lists to choose from; another list begins with everybody ticked, so that nobody unseen is written to. */
function Lists({ chosen, onChoose }: { chosen: state.Filter; onChoose: (list: state.Filter) => void }): VNode {
  return (
    <div class="chips" role="group" aria-label={words().filter_label}>
      {LISTS.map((name) => (
        <button key={name} type="button" class="chip" aria-pressed={chosen === name} onClick={() => onChoose(name)}>
          {words()[`filter_${name}`]} <b>{state.allRows.value.filter((row) => state.belongs(row, name)).length}</b>
        </button>
      ))}
    </div>
  );
}

function ToSeveral(): VNode {
  const t = texts();
  const batch = useBatch();
  const list = useSignal<state.Filter>("all");
  const spared = useSignal<ReadonlySet<number>>(new Set());
  const isTried = useSignal(false);
  const rows = state.allRows.value.filter((row) => state.belongs(row, list.value));
  const chosen = rows.filter((row) => !spared.value.has(row.id));
  const choose = (next: state.Filter): void => {
    list.value = next;
    spared.value = new Set();
  };
  const isRight = (): boolean => {
    isTried.value = true;
    return chosen.length > 0;
  };
  return (
    <BatchModal title={t.message_title} shape="sheet" batch={batch}>
      <MessageForm sending={batch.sending} underWay={batch.underWay} isRight={isRight} onSend={(text) => void batch.run(deedOf(text), chosen.map((row) => row.id))}>
        <>
          <Lists chosen={list.value} onChoose={choose} />
          <Choices
            rows={rows}
            spared={spared}
            note={(row) => (isUnconnected(row) ? t.unconnected : null)}
            error={isTried.value && chosen.length === 0 ? t.time_choose : null}
          />
          {chosen.some(isUnconnected) && <p class="why">{t.message_held}</p>}
        </>
      </MessageForm>
    </BatchModal>
  );
}

/** The dialog. */
export function MessageDialog({ candidates }: { candidates: Targets }): VNode {
  const only = candidates === "all" ? undefined : candidates[0];
  return only === undefined ? <ToSeveral /> : <ToOne candidate={only} />;
}
