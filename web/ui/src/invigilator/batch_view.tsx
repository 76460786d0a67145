// What dialogs about several candidates share: who will be and who cannot and why, then what became of each.
import type { ComponentChildren, VNode } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { useComputed, useSignal, type Signal } from "@preact/signals";
import { Button, Modal, Problem, common } from "../parts/controls.tsx";
import type { ResultView, Row } from "../wire.ts";
import { mayTryAgain, summaryOf, useBatch, type Batch, type Deed } from "./batch.ts";
import { LATE, alreadyText, lateAsked, waits, whyRefused } from "./commands.ts";
import { texts } from "./form.tsx";
import { wayText } from "./life.tsx";
import { focusBack, shut } from "./open.ts";
import * as state from "./state.ts";
import { reach } from "./ways.ts";

/** Nobody is connected for them: what is sent to their screen waits, or is never seen. */
export function isUnconnected(row: Row): boolean {
  return row.waiting.clients === 0 && (row.link.state === "offline" || row.link.state === "never");
}

interface ChoicesProps {
  rows: readonly Row[];
  /** Those who are not ticked. */
  spared: Signal<ReadonlySet<number>>;
  note?: (row: Row) => string | null;
  error?: string | null;
}

/** Who it is for, ticked one by one or all at once. */
export function Choices({ rows, spared, note, error }: ChoicesProps): VNode {
  const t = texts();
  const id = useId();
  const toggle = (candidate: number): void => {
    const next = new Set(spared.value);
    if (!next.delete(candidate)) next.add(candidate);
    spared.value = next;
  };
  return (
    <fieldset class="who-for" aria-describedby={error ? id : undefined}>
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
              {note?.(row) && <small>{note(row)}</small>}
            </label>
          </li>
        ))}
      </ul>
      {error && <p class="error" id={id}>{error}</p>}
    </fieldset>
  );
}

/** Who cannot be, and why. */
export function Barred({ why, rows }: { why: (names: string) => string; rows: readonly Row[] }): VNode | null {
  return rows.length === 0 ? null : <p class="why">{why(rows.map(state.nameOf).join(", "))}</p>;
}

/** What became of one: done, done before by whom, or refused and why; then whether the screen shows it. */
function Outcome({ result, batch, deed }: { result: ResultView; batch: Batch; deed: Deed }): VNode {
  const id = result.candidate;
  const version = batch.news.get(id);
  const reached = useComputed(() => (version === undefined ? null : reach(id, version))).value;
  const { type } = deed.command([id]);
  const refused = (): string => deed.refused?.[result.code ?? ""] ?? whyRefused(type, result);
  const text = !result.ok ? refused() : result.already ? alreadyText(type, id) : deed.done;
  return (
    <li>
      <span>{batch.names.get(id)}</span>
      <b class={result.ok ? "good" : "bad"}>{text}</b>
      {reached !== null && <small>{wayText(reached, id)}</small>}
    </li>
  );
}

/** The refused first: they are what a person came to read. */
const rank = (result: ResultView): number => (!result.ok ? 0 : result.already ? 1 : 2);

function Results({ batch, deed }: { batch: Batch; deed: Deed }): VNode {
  const t = texts();
  const results = [...batch.results.value.values()].sort((a, b) => rank(a) - rank(b));
  const again = mayTryAgain(results);
  const late = results.filter((result) => result.code === LATE).map((result) => result.candidate);
  const seen = useComputed(() => [...batch.news].filter(([id, version]) => reach(id, version) === "seen").length).value;
  const why = batch.sending.isUnderWay.value ? batch.underWay() ?? undefined : waits.value;
  const giveReason = (): void => {
    shut();
    lateAsked.value = { candidates: late };
  };
  return (
    <>
      <ul class="people results">
        {results.map((result) => (
          <Outcome key={result.candidate} result={result} batch={batch} deed={deed} />
        ))}
      </ul>
      {batch.news.size > 1 && <p class="hint">{t.batch_seen(seen, batch.news.size)}</p>}
      <Problem text={batch.sending.problem.value} />
      <footer class="answers">
        {again.length > 0 && <Button waits={why} onPress={() => void batch.again(again)}>{batch.underWay() ?? t.batch_again(again.length)}</Button>}
        {late.length > 0 && <Button waits={why} onPress={giveReason}>{t.batch_late(late.length)}</Button>}
        <Button kind="main" autofocus onPress={shut}>{common().close}</Button>
      </footer>
    </>
  );
}

interface BatchModalProps {
  title: string;
  batch: Batch;
  children: ComponentChildren;
  shape?: "sheet" | "question";
}

/** A dialog that becomes its own results; they are heard once, as one sentence. */
export function BatchModal({ title, batch, children, shape = "question" }: BatchModalProps): VNode {
  const deed = batch.deed.value;
  const results = batch.isOver.value ? [...batch.results.value.values()] : [];
  const summary = useRef<HTMLParagraphElement>(null);
  // A button that has done its work leaves: focus stays in the dialog.
  useLayoutEffect(() => {
    if (document.activeElement === document.body) summary.current?.focus({ preventScroll: true });
  });
  return (
    <Modal title={results.length > 0 ? texts().batch_result : title} shape={shape} onClose={shut} fallback={focusBack}>
      <p ref={summary} class="summary" role="status" tabIndex={-1}>{results.length > 0 && summaryOf(results)}</p>
      {results.length > 0 && deed !== null ? <Results batch={batch} deed={deed} /> : children}
    </Modal>
  );
}

interface AskProps {
  title: string;
  lead: (count: number) => string;
  /** Who can be; all are ticked at first. */
  rows: readonly Row[];
  note?: (row: Row) => string | null;
  barred: ComponentChildren;
  deed: Deed;
  action: (count: number) => string;
  /** What the answer that does nothing says; a dangerous deed gives it the focus. */
  keep: string;
  isDangerous?: boolean;
}

/** A deed that needs nothing but the choice of those it is about. */
export function AskForSeveral({ title, lead, rows, note, barred, deed, action, keep, isDangerous = false }: AskProps): VNode {
  const batch = useBatch();
  const spared = useSignal<ReadonlySet<number>>(new Set());
  const chosen = rows.filter((row) => !spared.value.has(row.id)).map((row) => row.id);
  const pending = batch.underWay();
  const why = pending === null ? waits.value : pending;
  return (
    <BatchModal title={title} batch={batch}>
      <p>{lead(chosen.length)}</p>
      {rows.length > 0 && <Choices rows={rows} spared={spared} {...(note ? { note } : {})} />}
      {barred}
      <Problem text={batch.sending.problem.value} />
      {waits.value !== undefined && <p class="why">{waits.value}</p>}
      <footer class="answers">
        <Button kind={isDangerous ? "main" : "soft"} autofocus={isDangerous || chosen.length === 0} onPress={shut}>{keep}</Button>
        {chosen.length > 0 && (
          <Button kind={isDangerous ? "danger" : "main"} autofocus={!isDangerous} waits={why} onPress={() => void batch.run(deed, chosen)}>
            {pending ?? action(chosen.length)}
          </Button>
        )}
      </footer>
    </BatchModal>
  );
}
