// Dialogs with something to fill in: a call, minutes, a message, a reason to be late.
import type { VNode } from "preact";
import { useId } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { Targets } from "../frames.ts";
import { shortAge } from "../locale.ts";
import { openHelp } from "../needs.ts";
import { Button, Field, Modal, common } from "../parts/controls.tsx";
import { say, words } from "./announce.ts";
import { lateAsked, run, waits } from "./commands.ts";
import { focusBack, shut } from "./open.ts";
import * as state from "./state.ts";

const MESSAGE_AT_MOST = 280;
const REASON_AT_MOST = 200;

function only(candidates: Targets): number | undefined {
  return candidates === "all" ? undefined : candidates[0];
}

/** A call for help: what it says, who has it, how it ends. */
export function HelpDialog({ candidate }: { candidate: number }): VNode | null {
  const word = useSignal("");
  const row = state.rowOf(candidate)?.value;
  const help = row ? openHelp(row) : null;
  const w = words();
  if (row === undefined || help === null) {
    return (
      <Modal title={row ? w.help_title(state.nameOf(row)) : w.needs_label} onClose={shut} fallback={() => focusBack(candidate)}>
        <p>{w.needs_empty}</p>
        <footer class="answers"><Button kind="main" autofocus onPress={shut}>{common().close}</Button></footer>
      </Modal>
    );
  }
  const resolve = (outcome: "accept" | "dismiss", label: string): void => {
    const text = word.value.trim();
    shut();
    void run({ type: "help.resolve", candidates: [candidate], help: help.id, outcome, ...(text ? { word: text } : {}) }, label);
  };
  const take = (): void => void run({ type: "help.take", candidates: [candidate], help: help.id }, w.help_take);
  return (
    <Modal title={w.help_title(state.nameOf(row))} shape="sheet" onClose={shut} fallback={() => focusBack(candidate)}>
      <p class="strong">
        {help.question ? w.help_question(help.question) : w.help_other}{" "}
        <small>{w.help_since(shortAge(state.slowNow.value - Date.parse(help.at)))}</small>
      </p>
      <blockquote>{help.text ?? w.help_no_text}</blockquote>
      {help.taken_by ? <p class="why">{w.help_taken_by(help.taken_by)}</p> : <Button waits={waits.value} onPress={take}>{w.help_take}</Button>}
      <Field label={w.help_word} value={word.value} onInput={(text) => (word.value = text)} input={{ maxLength: MESSAGE_AT_MOST }} />
      <footer class="answers">
        <Button waits={waits.value} onPress={() => resolve("dismiss", w.help_dismiss)}>{w.help_dismiss}</Button>
        <Button kind="main" waits={waits.value} onPress={() => resolve("accept", w.help_accept)}>{w.help_accept}</Button>
      </footer>
    </Modal>
  );
}

function Templates({ texts, onChoose, label }: { texts: readonly string[]; onChoose: (text: string) => void; label: string }): VNode {
  return (
    <div class="templates" role="group" aria-label={label}>
      {texts.map((text) => (
        <button key={text} type="button" class="soft" onClick={() => onChoose(text)}>{text}</button>
      ))}
    </div>
  );
}

/** Minutes for one or for all who have not finished. */
export function TimeDialog({ candidates }: { candidates: Targets }): VNode {
  const w = words();
  const minutes = useSignal("5");
  const reason = useSignal("");
  const isTried = useSignal(false);
  const amount = Number(minutes.value);
  const isAmount = Number.isInteger(amount) && amount !== 0 && Math.abs(amount) <= 600;
  const open = state.allRows.value.filter((row) => row.attempt === "not_started" || row.attempt === "running");
  const id = only(candidates);
  const go = (event: Event): void => {
    event.preventDefault();
    isTried.value = true;
    if (!isAmount || reason.value.trim() === "") return;
    shut();
    const targets = id === undefined ? open.map((row) => row.id) : [id];
    void run({ type: "time.add", candidates: targets, minutes: amount, reason: reason.value.trim() }, w.time_title);
  };
  return (
    <Modal title={w.time_title} shape="sheet" onClose={shut} fallback={() => focusBack(id)}>
      <form onSubmit={go} noValidate>
        <p>{id === undefined ? w.time_for_all(open.length) : w.time_for(state.nameById(id))}</p>
        <Templates label={w.time_minutes} texts={["5", "10", "15"]} onChoose={(text) => (minutes.value = text)} />
        <Field
          label={w.time_minutes}
          value={minutes.value}
          error={isTried.value && !isAmount ? common().required : null}
          onInput={(text) => (minutes.value = text)}
          input={{ type: "number", min: -600, max: 600, step: 1, inputMode: "numeric" }}
        />
        <Field
          label={w.time_reason}
          value={reason.value}
          error={isTried.value && reason.value.trim() === "" ? common().required : null}
          onInput={(text) => (reason.value = text)}
          input={{ maxLength: REASON_AT_MOST }}
        />
        <Templates label={w.time_reason} texts={[w.time_reason_interruption, w.time_reason_late]} onChoose={(text) => (reason.value = text)} />
        <footer class="answers">
          <Button onPress={shut}>{common().cancel}</Button>
          <button type="submit" class="main" aria-disabled={waits.value !== undefined} title={waits.value}>{w.time_do}</button>
        </footer>
      </form>
    </Modal>
  );
}

/** A procedural text, from a template or typed. */
export function MessageDialog({ candidates }: { candidates: Targets }): VNode {
  const w = words();
  const text = useSignal("");
  const area = useId();
  const id = only(candidates);
  const go = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (text.value.trim() === "" || waits.value !== undefined) return;
    shut();
    const told = await run({ type: "message.send", candidates, text: text.value.trim() }, w.message_title);
    if (told?.some((result) => result.ok)) say(w.message_sent);
  };
  return (
    <Modal title={w.message_title} shape="sheet" onClose={shut} fallback={() => focusBack(id)}>
      <form onSubmit={(event) => void go(event)}>
        <p>{id === undefined ? w.message_to_all : w.message_to(state.nameById(id))}</p>
        <Templates label={w.message_templates} texts={[w.message_1, w.message_2, w.message_3, w.message_4, w.message_5]} onChoose={(chosen) => (text.value = chosen)} />
        <div class="field">
          <label for={area}>{w.message_text}</label>
          <textarea id={area} rows={3} maxLength={MESSAGE_AT_MOST} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />
        </div>
        <footer class="answers">
          <Button onPress={shut}>{common().cancel}</Button>
          <button type="submit" class="main" aria-disabled={waits.value !== undefined || text.value.trim() === ""} title={waits.value}>{common().send}</button>
        </footer>
      </form>
    </Modal>
  );
}

/** The reason the hub asks for when somebody arrives after the start. */
export function LateDialog(): VNode | null {
  const w = words();
  const reason = useSignal("");
  const asked = lateAsked.value;
  if (asked === null) return null;
  const close = (): void => {
    lateAsked.value = null;
    reason.value = "";
  };
  const go = (event: Event): void => {
    event.preventDefault();
    const text = reason.value.trim();
    if (text === "") return;
    close();
    void run({ type: "presence.confirm", candidates: asked.candidates, late_reason: text }, w.present);
  };
  return (
    <Modal title={w.late_title} shape="sheet" onClose={close} fallback={() => focusBack(asked.candidates[0])}>
      <form onSubmit={go}>
        <p>{w.late_text(asked.candidates.map((id) => state.nameById(id)).join(", "))}</p>
        <Templates label={w.late_reason} texts={[w.late_1, w.late_2, w.late_3]} onChoose={(text) => (reason.value = text)} />
        <Field label={w.late_reason} value={reason.value} onInput={(text) => (reason.value = text)} input={{ maxLength: REASON_AT_MOST }} />
        <footer class="answers">
          <Button onPress={close}>{common().cancel}</Button>
          <button type="submit" class="main" aria-disabled={reason.value.trim() === ""}>{w.late_do}</button>
        </footer>
      </form>
    </Modal>
  );
}
