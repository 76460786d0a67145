// A procedural text to candidates' screens, from a template or typed.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import type { Targets } from "../frames.ts";
import { Area, Modal, common } from "../parts/controls.tsx";
import { say } from "./announce.ts";
import { tellResults } from "./commands.ts";
import { Form, Ready, texts } from "./form.tsx";
import { focusBack, shut } from "./open.ts";
import { useSending } from "./sending.ts";
import * as state from "./state.ts";

const MESSAGE_AT_MOST = 280;

/** The dialog. */
export function MessageDialog({ candidates }: { candidates: Targets }): VNode {
  const t = texts();
  const sending = useSending();
  const typed = useSignal("");
  const isTried = useSignal(false);
  const id = candidates === "all" ? undefined : candidates[0];
  const text = typed.value.trim();
  const length = [...text].length;
  const fault = length === 0 ? common().required : length > MESSAGE_AT_MOST ? t.message_too_long(length) : null;
  const go = async (): Promise<void> => {
    const command = { type: "message.send" as const, candidates, text };
    const told = await sending.send(command, t.message_title);
    if (told === null) return;
    tellResults(command, t.message_title, told);
    if (told.some((result) => result.ok)) say(t.message_sent);
    shut();
  };
  return (
    <Modal title={t.message_title} shape="sheet" onClose={shut} fallback={() => focusBack(id)}>
      <p>{id === undefined ? t.message_to_all : t.message_to(state.nameById(id))}</p>
      <Form
        sending={sending}
        action={common().send}
        isRight={() => (isTried.value = true) && fault === null}
        onSend={() => void go()}
        other={{ text: common().cancel, onPress: shut }}
      >
        <Ready label={t.message_templates} texts={[t.message_1, t.message_2, t.message_3, t.message_4, t.message_5]} onChoose={(chosen) => (typed.value = chosen)} />
        <Area label={t.message_text} value={typed.value} error={isTried.value ? fault : null} onInput={(next) => (typed.value = next)} />
      </Form>
    </Modal>
  );
}
