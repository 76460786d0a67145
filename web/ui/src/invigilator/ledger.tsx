// The interruptions of the room: what each lost and was given; minutes given one by one, or all that is proposed at once.
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useSignal, type Signal } from "@preact/signals";
import { lostMs, proposedMinutes } from "../compensation.ts";
import type { Targets } from "../frames.ts";
import { newKey } from "../keys.ts";
import { batchesOf, interrupted, mayBeGiven, offersOf, type Batch, type Offer } from "../ledger.ts";
import { Button, Modal, common } from "../parts/controls.tsx";
import { useKeptFocus } from "../parts/kept_focus.ts";
import type { Row } from "../wire.ts";
import { attempt, run, waits } from "./commands.ts";
import { texts } from "./form.tsx";
import { Interruptions, lengthText } from "./interruptions.tsx";
import { focusBack, open, shut } from "./open.ts";
import { Results, lineOf, type Line } from "./results.tsx";
import * as state from "./state.ts";

function give(row: Row, minutes: number): void {
  const reason = texts().time_reason_lost(row.time.interruptions.filter((one) => one.to !== null).length, lengthText(lostMs(row)));
  void run({ type: "time.add", candidates: [row.id], minutes, reason }, texts().time_title);
}

function Person({ row }: { row: Row }): VNode {
  const t = texts();
  const proposed = proposedMinutes(row);
  const isOffered = proposed > 0 && mayBeGiven(row);
  const name = state.nameOf(row);
  return (
    <li class="report">
      <h3>{name}</h3>
      <Interruptions list={row.time.interruptions} />
      <p class="hint">{t.ledger_sums(lengthText(lostMs(row)), row.time.minutes_added)}{!mayBeGiven(row) && ` · ${t.ledger_over}`}</p>
      {isOffered && (
        <div class="buttons">
          <Button kind="main" waits={waits.value} label={t.ledger_for(t.ledger_give(proposed), name)} onPress={() => give(row, proposed)}>
            {t.ledger_give(proposed)}
          </Button>
          <Button waits={waits.value} label={t.ledger_for(t.ledger_edit, name)} onPress={() => open({ is: "time", candidates: [row.id] })}>
            {t.ledger_edit}
          </Button>
        </div>
      )}
    </li>
  );
}

function reasonOf(batch: Batch): string {
  const t = texts();
  return t.ledger_reason(batch.causes.map((cause) => t[`time_cause_${cause}`]).join(", "));
}

/** Sends one command per amount, one after the other, and gives a line for each person. */
async function giveAll(batches: readonly Batch[], keyOf: (body: string) => string): Promise<Line[]> {
  const lines: Line[] = [];
  for (const batch of batches) {
    const command = { type: "time.add" as const, candidates: batch.candidates, minutes: batch.minutes, reason: reasonOf(batch) };
    const told = await attempt(command, keyOf(JSON.stringify(command)));
    const results = told.ok ? told.results.map(lineOf) : batch.candidates.map((candidate) => ({ candidate, isDone: false, text: told.why }));
    lines.push(...results.map((line) => (line.isDone ? { ...line, text: texts().ledger_plus(batch.minutes) } : line)));
  }
  return lines;
}

interface PreviewProps {
  offers: readonly Offer[];
  onDone: (lines: Line[]) => void;
  onBack: () => void;
}

/** Who will get how many minutes; whoever is ticked off gets none. */
function Preview({ offers, onDone, onBack }: PreviewProps): VNode {
  const t = texts();
  const spared = useSignal<ReadonlySet<number>>(new Set());
  const isUnderWay = useSignal(false);
  // The same decision asked again after an unknown outcome counts once.
  const keys = useRef(new Map<string, string>());
  const keyOf = (body: string): string => {
    const key = keys.current.get(body) ?? newKey();
    keys.current.set(body, key);
    return key;
  };
  const chosen = offers.filter((offer) => !spared.value.has(offer.candidate));
  const go = async (): Promise<void> => {
    if (isUnderWay.value) return;
    isUnderWay.value = true;
    onDone(await giveAll(batchesOf(chosen), keyOf));
  };
  return (
    <>
      <p>{t.ledger_preview(chosen.length)}</p>
      <Choice offers={offers} spared={spared} />
      <footer class="answers">
        <Button autofocus onPress={onBack}>{common().back}</Button>
        {chosen.length > 0 && (
          <Button kind="main" waits={waits.value} onPress={() => void go()}>{isUnderWay.value ? common().working : t.ledger_give_to(chosen.length)}</Button>
        )}
      </footer>
    </>
  );
}

function Choice({ offers, spared }: { offers: readonly Offer[]; spared: Signal<ReadonlySet<number>> }): VNode {
  const toggle = (id: number): void => {
    const next = new Set(spared.value);
    if (!next.delete(id)) next.add(id);
    spared.value = next;
  };
  return (
    <ul class="people">
      {offers.map(({ candidate, minutes }) => (
        <li key={candidate}>
          <label>
            <input type="checkbox" checked={!spared.value.has(candidate)} onChange={() => toggle(candidate)} />
            <span>{state.nameById(candidate)}</span>
            <small>{texts().ledger_plus(minutes)}</small>
          </label>
        </li>
      ))}
    </ul>
  );
}

/** The list, with the way to all of it where only some are shown. */
function List({ rows, onAll, onMore }: { rows: readonly Row[]; onAll: () => void; onMore: (() => void) | null }): VNode {
  const t = texts();
  const part = useRef<HTMLDivElement>(null);
  const lead = useRef<HTMLParagraphElement>(null);
  useKeptFocus(part, lead);
  const offers = offersOf(rows);
  return (
    <div class="reports" ref={part}>
      <p class="hint" ref={lead} tabIndex={-1}>{rows.length === 0 ? t.ledger_none : t.ledger_lead}</p>
      {offers.length > 1 && <Button kind="main" waits={waits.value} onPress={onAll}>{t.ledger_give_all(offers.length)}</Button>}
      <ul class="reports">{rows.map((row) => <Person key={row.id} row={row} />)}</ul>
      {onMore !== null && <Button onPress={onMore}>{t.ledger_more}</Button>}
    </div>
  );
}

/** The sheet, of some or of all. */
export function Ledger({ candidates }: { candidates: Targets }): VNode {
  const t = texts();
  const shown = useSignal(candidates);
  const isAsked = useSignal(false);
  const lines = useSignal<readonly Line[] | null>(null);
  const all = interrupted(state.allRows.value);
  const rows = all.filter((row) => shown.value === "all" || shown.value.includes(row.id));
  return (
    <Modal title={t.ledger_title} shape="sheet" onClose={shut} fallback={focusBack}>
      {lines.value !== null ? (
        <>
          <Results lines={lines.value} />
          <footer class="answers"><Button kind="main" autofocus onPress={() => (lines.value = null)}>{common().back}</Button></footer>
        </>
      ) : isAsked.value ? (
        <Preview
          offers={offersOf(rows)}
          onBack={() => (isAsked.value = false)}
          onDone={(done) => {
            isAsked.value = false;
            lines.value = done;
          }}
        />
      ) : (
        <List rows={rows} onAll={() => (isAsked.value = true)} onMore={rows.length < all.length ? () => (shown.value = "all") : null} />
      )}
    </Modal>
  );
}
