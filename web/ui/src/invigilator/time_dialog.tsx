// Minutes given or taken back, with a reason, for one, several or all; what interruptions cost is proposed, never done.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { MINUTES_AT_MOST, lengthMs, lostMs, proposedMinutes } from "../compensation.ts";
import type { Targets } from "../frames.ts";
import { timeOfDay } from "../locale.ts";
import { Field, Modal, common } from "../parts/controls.tsx";
import type { InterruptionView, Row } from "../wire.ts";
import { say } from "./announce.ts";
import { useBatch, type Deed } from "./batch.ts";
import { Barred, BatchModal, Choices } from "./batch_view.tsx";
import { Form, Ready, texts } from "./form.tsx";
import { focusBack, shut } from "./open.ts";
import { useSending } from "./sending.ts";
import * as state from "./state.ts";

const REASON_AT_MOST = 200;
const USUAL_MINUTES = "5";

type Direction = "add" | "take";

function lengthText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return texts().time_length(Math.floor(seconds / 60), seconds % 60);
}

function Interruption({ one }: { one: InterruptionView }): VNode {
  const t = texts();
  const zone = state.session.value?.time_zone;
  const from = timeOfDay(Date.parse(one.from), zone);
  const length = lengthText(lengthMs(one, state.slowNow.value));
  return (
    <li>
      <span>{one.to === null ? t.time_lost_since(from, length) : t.time_lost_at(from, timeOfDay(Date.parse(one.to), zone), length)}</span>
      <small>{t[`time_cause_${one.cause}`]}</small>
    </li>
  );
}

/** The interruptions of a candidate, how long each was, and what they propose. */
function Lost({ row }: { row: Row }): VNode | null {
  const t = texts();
  if (row.time.interruptions.length === 0) return null;
  const lost = lostMs(row);
  const proposed = proposedMinutes(row);
  return (
    <section class="lost">
      <h3>{t.time_lost(lengthText(lost))}</h3>
      <ul class="people">{row.time.interruptions.map((one) => <Interruption key={one.from} one={one} />)}</ul>
      {lost > 0 && <p class="hint">{proposed > 0 ? t.time_proposed(proposed) : t.time_compensated}</p>}
    </section>
  );
}

function Directions({ direction, onChange }: { direction: Direction; onChange: (direction: Direction) => void }): VNode {
  const t = texts();
  return (
    <fieldset class="directions">
      <legend>{t.time_direction}</legend>
      {(["add", "take"] as const).map((one) => (
        <label key={one} class="tick">
          <input type="radio" name="direction" checked={direction === one} onChange={() => onChange(one)} />
          <span>{t[`time_${one}`]}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** What stands in the form when it opens: the compensation for one who lost time, else the usual. */
function firstOf(row: Row | undefined): { minutes: string; reason: string } {
  const proposed = row ? proposedMinutes(row) : 0;
  if (row === undefined || proposed === 0) return { minutes: USUAL_MINUTES, reason: "" };
  const closed = row.time.interruptions.filter((one) => one.to !== null).length;
  return { minutes: String(proposed), reason: texts().time_reason_lost(closed, lengthText(lostMs(row))) };
}

function faultsOf(minutes: string, reason: string, direction: Direction, row: Row | undefined): { minutes: string | null; reason: string | null } {
  const t = texts();
  const amount = Number(minutes);
  const length = [...reason.trim()].length;
  const isAmount = /^\d+$/.test(minutes.trim()) && amount >= 1 && amount <= MINUTES_AT_MOST;
  const isTooMany = row !== undefined && direction === "take" && amount > row.time.minutes_added;
  return {
    minutes: isAmount ? (isTooMany ? t.time_too_few(row.time.minutes_added) : null) : t.time_minutes_wrong,
    reason: length === 0 ? common().required : length > REASON_AT_MOST ? t.time_reason_too_long(length) : null,
  };
}

/** What is typed, and what is wrong with it; a reason that was proposed for giving is none for taking back. */
function useAmount(one: Row | undefined) {
  const direction = useSignal<Direction>("add");
  const first = firstOf(one);
  const minutes = useSignal(first.minutes);
  const reason = useSignal(first.reason);
  const turn = (next: Direction): void => {
    direction.value = next;
    if (next === "take" && reason.value === first.reason) reason.value = "";
    if (next === "add" && reason.value === "") reason.value = first.reason;
  };
  const faults = faultsOf(minutes.value, reason.value, direction.value, one);
  const deed = (): Deed => {
    const t = texts();
    const amount = Number(minutes.value) * (direction.value === "add" ? 1 : -1);
    const said = reason.value.trim();
    return {
      label: t.time_title,
      done: t.done_time(amount),
      command: (candidates) => ({ type: "time.add", candidates, minutes: amount, reason: said }),
      refused: { invalid: t.time_too_few_now },
    };
  };
  return { direction, minutes, reason, turn, faults, isRight: faults.minutes === null && faults.reason === null, deed };
}

function AmountFields({ amount, isTried }: { amount: ReturnType<typeof useAmount>; isTried: boolean }): VNode {
  const t = texts();
  const { direction, minutes, reason, faults } = amount;
  return (
    <>
      <Directions direction={direction.value} onChange={amount.turn} />
      <Field
        label={t.time_minutes}
        value={minutes.value}
        error={isTried ? faults.minutes : null}
        onInput={(text) => (minutes.value = text)}
        input={{ inputMode: "numeric", autocomplete: "off" }}
      />
      <Ready label={t.time_minutes_ready} texts={["5", "10", "15"]} onChoose={(text) => (minutes.value = text)} />
      <Field label={t.time_reason} value={reason.value} error={isTried ? faults.reason : null} onInput={(text) => (reason.value = text)} />
      <Ready
        label={t.time_reasons_ready}
        texts={direction.value === "add" ? [t.time_reason_interruption, t.time_reason_late] : [t.time_reason_error]}
        onChoose={(text) => (reason.value = text)}
      />
    </>
  );
}

const actionOf = (direction: Direction): string => (direction === "add" ? texts().time_add : texts().time_take);

function ForOne({ candidate }: { candidate: number }): VNode {
  const t = texts();
  const sending = useSending();
  const one = state.rowOf(candidate)?.value;
  const amount = useAmount(one);
  const isTried = useSignal(false);
  const go = async (): Promise<void> => {
    if ((await sending.send(amount.deed().command([candidate]), t.time_title)) === null) return;
    say(t.time_done);
    shut();
  };
  return (
    <Modal title={t.time_title} shape="sheet" onClose={shut} fallback={() => focusBack(candidate)}>
      {one && <p>{t.time_for(state.nameOf(one))}{one.time.minutes_added > 0 && <> <small>{t.time_added_before(one.time.minutes_added)}</small></>}</p>}
      {one && <Lost row={one} />}
      <Form
        sending={sending}
        action={actionOf(amount.direction.value)}
        isRight={() => (isTried.value = true) && amount.isRight}
        onSend={() => void go()}
        other={{ text: common().cancel, onPress: shut }}
      >
        <AmountFields amount={amount} isTried={isTried.value} />
      </Form>
    </Modal>
  );
}

function ForSeveral(): VNode {
  const t = texts();
  const batch = useBatch();
  const spared = useSignal<ReadonlySet<number>>(new Set());
  const amount = useAmount(undefined);
  const isTried = useSignal(false);
  const isOver = (row: Row): boolean => row.attempt !== "not_started" && row.attempt !== "running";
  const rows = state.allRows.value.filter((row) => !isOver(row));
  const chosen = rows.filter((row) => !spared.value.has(row.id));
  const short = chosen.filter((row) => amount.direction.value === "take" && row.time.minutes_added < Number(amount.minutes.value));
  const whoFault = chosen.length === 0 ? t.time_choose : short.length > 0 ? t.time_too_few_for(short.map(state.nameOf).join(", ")) : null;
  return (
    <BatchModal title={t.time_title} shape="sheet" batch={batch}>
      <Form
        sending={batch.sending}
        underWay={batch.underWay}
        action={actionOf(amount.direction.value)}
        isRight={() => (isTried.value = true) && amount.isRight && whoFault === null}
        onSend={() => void batch.run(amount.deed(), chosen.map((row) => row.id))}
        other={{ text: common().cancel, onPress: shut }}
      >
        <Choices
          rows={rows}
          spared={spared}
          note={(row) => (row.time.minutes_added > 0 ? t.done_time(row.time.minutes_added) : null)}
          error={isTried.value ? whoFault : null}
        />
        <Barred why={t.barred_over} rows={state.allRows.value.filter(isOver)} />
        <AmountFields amount={amount} isTried={isTried.value} />
      </Form>
    </BatchModal>
  );
}

/** The dialog. */
export function TimeDialog({ candidates }: { candidates: Targets }): VNode {
  const only = candidates === "all" ? undefined : candidates[0];
  return only === undefined ? <ForSeveral /> : <ForOne candidate={only} />;
}
