// Minutes given or taken back, with a reason, for one, several or all; what interruptions cost is proposed, never done.
import type { VNode } from "preact";
import { useSignal, type Signal } from "@preact/signals";
import { MINUTES_AT_MOST, lengthMs, lostMs, proposedMinutes } from "../compensation.ts";
import type { Targets } from "../frames.ts";
import { timeOfDay } from "../locale.ts";
import { Button, Field, Modal, common } from "../parts/controls.tsx";
import type { InterruptionView, Row } from "../wire.ts";
import { say } from "./announce.ts";
import { tellResults } from "./commands.ts";
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

/** Who gets the minutes, when there is a choice. */
function Who({ rows, spared, error }: { rows: readonly Row[]; spared: Signal<ReadonlySet<number>>; error: string | null }): VNode {
  const t = texts();
  const toggle = (id: number): void => {
    const next = new Set(spared.value);
    if (!next.delete(id)) next.add(id);
    spared.value = next;
  };
  return (
    <fieldset class="who-for" aria-describedby={error ? "who-error" : undefined}>
      <legend>{t.time_who} <small>({t.time_count(rows.filter((row) => !spared.value.has(row.id)).length)})</small></legend>
      <div class="buttons">
        <Button onPress={() => (spared.value = new Set())}>{t.time_everybody}</Button>
        <Button onPress={() => (spared.value = new Set(rows.map((row) => row.id)))}>{t.time_nobody}</Button>
      </div>
      <ul class="people scrolls">
        {rows.map((row) => (
          <li key={row.id}>
            <label>
              <input type="checkbox" checked={!spared.value.has(row.id)} onChange={() => toggle(row.id)} />
              <span>{state.nameOf(row)}</span>
              {row.time.minutes_added > 0 && <small>{`+${row.time.minutes_added} min`}</small>}
            </label>
          </li>
        ))}
      </ul>
      {error && <p class="error" id="who-error">{error}</p>}
    </fieldset>
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

/** The dialog. */
export function TimeDialog({ candidates }: { candidates: Targets }): VNode {
  const t = texts();
  const sending = useSending();
  const id = candidates === "all" ? undefined : candidates[0];
  const one = id === undefined ? undefined : state.rowOf(id)?.value;
  const rows = state.allRows.value.filter((row) => row.attempt === "not_started" || row.attempt === "running");
  const spared = useSignal<ReadonlySet<number>>(new Set());
  const direction = useSignal<Direction>("add");
  const first = firstOf(one);
  const minutes = useSignal(first.minutes);
  const reason = useSignal(first.reason);
  const isTried = useSignal(false);
  const chosen = id === undefined ? rows.filter((row) => !spared.value.has(row.id)).map((row) => row.id) : [id];
  const faults = faultsOf(minutes.value, reason.value, direction.value, one);
  const short = rows.filter((row) => chosen.includes(row.id) && direction.value === "take" && row.time.minutes_added < Number(minutes.value));
  const whoFault = chosen.length === 0 ? t.time_choose : short.length > 0 ? t.time_too_few_for(short.map(state.nameOf).join(", ")) : null;
  const isRight = (): boolean => {
    isTried.value = true;
    return faults.minutes === null && faults.reason === null && (id !== undefined || whoFault === null);
  };
  // A reason that was proposed for giving is none for taking back.
  const turn = (next: Direction): void => {
    direction.value = next;
    if (next === "take" && reason.value === first.reason) reason.value = "";
    if (next === "add" && reason.value === "") reason.value = first.reason;
  };
  const go = async (): Promise<void> => {
    const amount = Number(minutes.value) * (direction.value === "add" ? 1 : -1);
    const command = { type: "time.add" as const, candidates: chosen, minutes: amount, reason: reason.value.trim() };
    const told = await sending.send(command, t.time_title);
    if (told === null) return;
    tellResults(command, t.time_title, told);
    if (told.some((result) => result.ok)) say(t.time_done);
    shut();
  };
  const isAdding = direction.value === "add";
  return (
    <Modal title={t.time_title} shape="sheet" onClose={shut} fallback={() => focusBack(id)}>
      {one && <p>{t.time_for(state.nameOf(one))}{one.time.minutes_added > 0 && <> <small>{t.time_added_before(one.time.minutes_added)}</small></>}</p>}
      {one && <Lost row={one} />}
      <Form sending={sending} action={isAdding ? t.time_add : t.time_take} isRight={isRight} onSend={() => void go()} other={{ text: common().cancel, onPress: shut }}>
        {id === undefined && <Who rows={rows} spared={spared} error={isTried.value ? whoFault : null} />}
        <Directions direction={direction.value} onChange={turn} />
        <Field
          label={t.time_minutes}
          value={minutes.value}
          error={isTried.value ? faults.minutes : null}
          onInput={(text) => (minutes.value = text)}
          input={{ inputMode: "numeric", autocomplete: "off" }}
        />
        <Ready label={t.time_minutes_ready} texts={["5", "10", "15"]} onChoose={(text) => (minutes.value = text)} />
        <Field label={t.time_reason} value={reason.value} error={isTried.value ? faults.reason : null} onInput={(text) => (reason.value = text)} />
        <Ready
          label={t.time_reasons_ready}
          texts={isAdding ? [t.time_reason_interruption, t.time_reason_late] : [t.time_reason_error]}
          onChoose={(text) => (reason.value = text)}
        />
      </Form>
    </Modal>
  );
}
