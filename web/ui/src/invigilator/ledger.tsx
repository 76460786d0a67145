// The interruptions of the room: what each lost and was given; minutes given one by one, or all that is proposed at once.
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { lostMs, proposedMinutes } from "../compensation.ts";
import type { Targets } from "../frames.ts";
import { batchesOf, interrupted, mayBeGiven, offersOf, type Batch } from "../ledger.ts";
import { Button, Modal, Problem, common } from "../parts/controls.tsx";
import { useKeptFocus } from "../parts/kept_focus.ts";
import type { Row } from "../wire.ts";
import { Choices } from "./batch_view.tsx";
import { run, tellResults, waits, whyRefused } from "./commands.ts";
import { texts } from "./form.tsx";
import { Interruptions, lengthText } from "./interruptions.tsx";
import { focusBack, open, shut } from "./open.ts";
import { useSending, type Sending } from "./sending.ts";
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

/** What became of the minutes of one candidate. */
interface Line {
  candidate: number;
  isDone: boolean;
  text: string;
}

/** Sends one command per amount until one is not judged; gives a line for each who was, and whether that is everybody. */
async function giveAll(batches: readonly Batch[], sending: Sending): Promise<{ lines: Line[]; isWhole: boolean }> {
  const label = texts().time_title;
  const lines: Line[] = [];
  for (const batch of batches) {
    const command = { type: "time.add" as const, candidates: batch.candidates, minutes: batch.minutes, reason: reasonOf(batch) };
    const judged = await sending.judge(command, label);
    if (judged === null) return { lines, isWhole: false };
    if (!sending.isHere()) tellResults(command, label, judged.results);
    for (const result of judged.results) {
      const text = result.ok ? texts().done_time(batch.minutes) : whyRefused(command.type, result);
      lines.push({ candidate: result.candidate, isDone: result.ok, text });
    }
  }
  return { lines, isWhole: true };
}

function Results({ lines }: { lines: readonly Line[] }): VNode {
  return (
    <ul class="people results">
      {lines.map(({ candidate, isDone, text }) => (
        <li key={candidate}>
          <span>{state.nameById(candidate)}</span> <b class={isDone ? "good" : "bad"}>{text}</b>
        </li>
      ))}
    </ul>
  );
}

interface PreviewProps {
  rows: readonly Row[];
  onDone: (lines: Line[]) => void;
  onBack: () => void;
}

/** Who will get how many minutes; whoever is ticked off gets none. Who got them is asked for no second time. */
function Preview({ rows, onDone, onBack }: PreviewProps): VNode {
  const t = texts();
  const sending = useSending();
  const spared = useSignal<ReadonlySet<number>>(new Set());
  const done = useSignal<Line[]>([]);
  const offers = offersOf(rows);
  const minutesOf = (row: Row): string => t.done_time(proposedMinutes(row));
  const chosen = offers.filter((offer) => !spared.value.has(offer.candidate));
  const pending = sending.underWay();
  const go = async (): Promise<void> => {
    const { lines, isWhole } = await giveAll(batchesOf(chosen), sending);
    done.value = [...done.value, ...lines];
    if (isWhole) onDone(done.value);
  };
  return (
    <>
      <p>{t.ledger_preview(chosen.length)}</p>
      {done.value.length > 0 && <Results lines={done.value} />}
      <Choices rows={rows.filter((row) => offers.some((offer) => offer.candidate === row.id))} spared={spared} note={minutesOf} />
      <Problem text={sending.problem.value} />
      <footer class="answers">
        <Button autofocus onPress={onBack}>{common().back}</Button>
        {chosen.length > 0 && <Button kind="main" waits={pending ?? waits.value} onPress={() => void go()}>{pending ?? t.ledger_give_to(chosen.length)}</Button>}
      </footer>
    </>
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
          rows={rows}
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
