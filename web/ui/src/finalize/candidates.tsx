// Step 1: the candidates, those who stopped apart from those who finished; reports, reasons, end screens.
import type { ComponentChildren, VNode } from "preact";
import { useId } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { timeOfDay } from "../locale.ts";
import { Button, Glyph, Modal, common, refusalText } from "../parts/controls.tsx";
import { refocus } from "../parts/refocus.ts";
import type { Row } from "../wire.ts";
import { Reports } from "./reports.tsx";
import { chooseReason, command, isReadOnly, pending, problems, refused, typed, view, words, asked } from "./store.ts";
import { listed, type AbortReason } from "../closing.ts";
import { groupsOf } from "./view.ts";

const REASONS: readonly AbortReason[] = ["candidate", "technical"];

/** The id of what a fault about somebody leads to. */
export function reasonId(candidate: number): string {
  return `reason-${candidate}`;
}

function Who({ row }: { row: Row }): VNode {
  const w = words();
  const { progress } = row;
  const state = row.attempt === "running" ? w.still_running : row.attempt === "ended" ? w.is_ended : row.attempt === "closed" ? w.is_closed : null;
  return (
    <div class="who">
      <h4>{listed(row)}</h4>
      <p class="figures">
        {row.certification_number !== null && <span title={w.certification_number}>{w.number(row.certification_number)}</span>}
        {progress === null ? (
          <span>{w.progress_none}</span>
        ) : (
          <span>
            <span aria-hidden="true">{w.progress(progress.answered, progress.total)}</span>
            <span class="only-heard">{w.progress_heard(progress.answered, progress.total)}</span>
          </span>
        )}
        {state && <span class="status warn">{state}</span>}
      </p>
    </div>
  );
}

/** What was refused about somebody, under what they asked. */
function Refused({ candidate }: { candidate: number }): VNode | null {
  const code = refused.value.get(candidate);
  return code === undefined ? null : <p class="refused" role="alert">{refusalText(code)}</p>;
}

/** A candidate's line; the last column holds what their group asks for. */
function Line({ row, below, children }: { row: Row; below?: VNode; children: ComponentChildren }): VNode {
  return (
    <li class="line">
      <Who row={row} />
      <Reports row={row} />
      <div class="last-column">
        {children}
        <Refused candidate={row.id} />
      </div>
      {below}
    </li>
  );
}

function reasonText(reason: AbortReason): string {
  return reason === "candidate" ? words().reason_candidate : words().reason_technical;
}

function ReasonChoice({ row }: { row: Row }): VNode {
  const w = words();
  const id = reasonId(row.id);
  const chosen = typed.value.abort_reasons[row.id];
  const isMissing = asked.value > 0 && chosen === undefined;
  if (isReadOnly.value) return <p class="given">{chosen ? reasonText(chosen) : w.none}</p>;
  const choose = (value: string): void => chooseReason(row.id, REASONS.find((one) => one === value) ?? null);
  return (
    <>
      <select
        id={id}
        aria-label={w.reason_for(listed(row))}
        aria-required="true"
        aria-invalid={isMissing ? true : undefined}
        aria-describedby={isMissing ? `${id}-error` : chosen ? `${id}-more` : undefined}
        value={chosen ?? ""}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="">{w.reason_choose}</option>
        {REASONS.map((reason) => (
          <option key={reason} value={reason}>{reasonText(reason)}</option>
        ))}
      </select>
      {isMissing && <span class="error" id={`${id}-error`}>{w.reason_missing}</span>}
      {chosen && <span class="hint" id={`${id}-more`}>{chosen === "candidate" ? w.reason_candidate_more : w.reason_technical_more}</span>}
    </>
  );
}

function Unfinished({ rows }: { rows: Row[] }): VNode {
  const w = words();
  const id = useId();
  return (
    <section class="people-group" aria-labelledby={id}>
      <div class="banner warn">
        <Glyph shape="alert" />
        <div>
          <h3 id={id}>{w.unfinished(rows.length)}</h3>
          {!isReadOnly.value && <p>{w.unfinished_lead}</p>}
        </div>
      </div>
      {!isReadOnly.value && (
        <dl class="reasons">
          <div><dt>{w.reason_candidate}</dt><dd>{w.reason_candidate_more}</dd></div>
          <div><dt>{w.reason_technical}</dt><dd>{w.reason_technical_more}</dd></div>
        </dl>
      )}
      <Columns last={w.column_reason} />
      <ul class="rows">
        {rows.map((row) => (
          <Line key={row.id} row={row}>
            <span class="column-name" aria-hidden="true">{w.column_reason}</span>
            <ReasonChoice row={row} />
          </Line>
        ))}
      </ul>
    </section>
  );
}

function Columns({ last }: { last: string }): VNode {
  const w = words();
  return (
    <div class="columns-head" aria-hidden="true">
      <span>{w.column_name}</span>
      <span>{w.column_reports}</span>
      <span>{last}</span>
    </div>
  );
}

function Seen({ row }: { row: Row }): VNode {
  const w = words();
  const id = useId();
  const seen = row.end_screen_seen;
  const isPending = pending.value.has(row.id);
  if (isReadOnly.value) {
    return <p class="given"><Glyph shape={seen ? "check" : "cross"} /> {seen ? w.seen_yes : w.seen_no}</p>;
  }
  const tick = (): void => void command({ type: seen ? "end_screen.unsee" : "end_screen.see", candidates: [row.id] });
  return (
    <label class="tick" for={id}>
      <input
        id={id}
        type="checkbox"
        aria-label={w.seen_for(listed(row))}
        checked={seen !== null}
        aria-busy={isPending}
        onClick={(event) => {
          // The box shows what the hub knows: it changes when the hub has said so.
          event.preventDefault();
          if (!isPending) tick();
        }}
      />
      <span aria-hidden="true">
        {isPending ? common().working : w.seen}
        {seen && !isPending && <small> {w.seen_by(seen.by, timeOfDay(Date.parse(seen.at), view.value?.session.time_zone))}</small>}
      </span>
    </label>
  );
}

function SeenAll({ unseen, onClose }: { unseen: Row[]; onClose: () => void }): VNode {
  const w = words();
  const go = async (): Promise<void> => {
    onClose();
    await command({ type: "end_screen.see", candidates: unseen.map((row) => row.id) });
    refocus("finished");
  };
  return (
    <Modal title={w.seen_all_title} onClose={onClose} fallback={() => document.getElementById("finished")}>
      <p>{w.seen_all_text(unseen.length)}</p>
      <footer class="answers">
        <Button autofocus onPress={onClose}>{common().cancel}</Button>
        <Button kind="main" onPress={() => void go()}>{w.seen_all_do(unseen.length)}</Button>
      </footer>
    </Modal>
  );
}

/** A reason that stopped applying: who finished meanwhile, and one press to take it away. */
function Outdated({ row }: { row: Row }): VNode | null {
  const w = words();
  if (isReadOnly.value || typed.value.abort_reasons[row.id] === undefined) return null;
  const remove = (): void => {
    chooseReason(row.id, null);
    refocus("check");
  };
  return (
    <div class="banner warn outdated">
      <Glyph shape="alert" />
      <p>{w.reason_on_finished(listed(row))}</p>
      <Button id={reasonId(row.id)} label={w.reason_remove_for(listed(row))} onPress={remove}>{w.reason_remove}</Button>
    </div>
  );
}

function Finished({ rows }: { rows: Row[] }): VNode {
  const w = words();
  const isAsking = useSignal(false);
  const unseen = rows.filter((row) => row.end_screen_seen === null);
  return (
    <section class="people-group" aria-labelledby="finished">
      <div class="group-head">
        <h3 id="finished" tabIndex={-1}>{rows.length === 0 ? w.finished_none : w.finished(rows.length)}</h3>
        {!isReadOnly.value && unseen.length > 1 && <Button onPress={() => (isAsking.value = true)}>{w.seen_all(unseen.length)}</Button>}
      </div>
      {rows.length > 0 && <Columns last={w.column_seen} />}
      <ul class="rows">
        {rows.map((row) => (
          <Line key={row.id} row={row} below={<Outdated row={row} />}>
            <Seen row={row} />
          </Line>
        ))}
      </ul>
      {isAsking.value && <SeenAll unseen={unseen} onClose={() => (isAsking.value = false)} />}
    </section>
  );
}

function Never({ rows }: { rows: Row[] }): VNode | null {
  const w = words();
  if (rows.length === 0) return null;
  const why = { absent: w.never_absent, expected: w.never_expected, confirmed: w.never_confirmed };
  return (
    <details class="never">
      <summary>{w.never(rows.length)}</summary>
      <ul>
        {rows.map((row) => (
          <li key={row.id}>{listed(row)} <small>{why[row.presence.state]}</small></li>
        ))}
      </ul>
    </details>
  );
}

/** The step. */
export function Candidates(): VNode | null {
  const shown = view.value;
  if (shown === null) return null;
  const { unfinished, finished, never } = groupsOf(shown.candidates);
  const isNobody = problems.value.some((one) => one.code === "nobody_started");
  return (
    <>
      {isNobody && <p class="why" id="nobody" tabIndex={-1}>{words().nobody}</p>}
      {unfinished.length > 0 && <Unfinished rows={unfinished} />}
      {!isNobody && <Finished rows={finished} />}
      <Never rows={never} />
    </>
  );
}
