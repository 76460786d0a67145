// The issue reports of one candidate: what is reported already, corrected or withdrawn, and a new one.
import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { timeOfDay } from "../locale.ts";
import { Button, Modal, Problem, common } from "../parts/controls.tsx";
import { Picker } from "../parts/report_form.tsx";
import { Category, nameOfReport } from "../parts/report_names.tsx";
import { IDENTITY, draftFromReport, draftOf, identityReport, isComplete, isKnown, toWire, type Draft, type ReportName } from "../reports.ts";
import type { ReportView, Row } from "../wire.ts";
import { words } from "./announce.ts";
import { waits } from "./commands.ts";
import { texts } from "./form.tsx";
import { focusBack, shut } from "./open.ts";
import { ReportForm } from "./report_form.tsx";
import { useSending } from "./sending.ts";
import * as state from "./state.ts";

/** Asks in place before a report is withdrawn; the safe answer has the focus. */
function Removal({ row, report, onDone }: { row: Row; report: ReportView; onDone: (isRemoved: boolean) => void }): VNode {
  const t = texts();
  const sending = useSending();
  const go = async (): Promise<void> => {
    if ((await sending.send({ type: "report.remove", candidates: [row.id], report: report.id }, t.report_remove)) === null) return;
    onDone(true);
  };
  return (
    <div class="confirm" role="group" aria-label={t.report_remove_title}>
      <p><b>{t.report_remove_title}</b> {t.report_remove_text}</p>
      <Problem text={sending.problem.value} />
      <div class="buttons">
        <Button autofocus onPress={() => onDone(false)}>{t.report_keep}</Button>
        <Button kind="danger" waits={sending.isUnderWay.value ? words().why_pending : waits.value} onPress={() => void go()}>{t.report_remove}</Button>
      </div>
    </div>
  );
}

interface StandingProps {
  row: Row;
  report: ReportView;
  isAsking: boolean;
  onEdit: () => void;
  onAsk: (isAsking: boolean) => void;
  onRemoved: () => void;
}

/** One report that stands: what it says, who wrote it and when. */
function Standing({ row, report, isAsking, onEdit, onAsk, onRemoved }: StandingProps): VNode {
  const t = texts();
  const name = nameOfReport(report.name);
  const item = useRef<HTMLLIElement>(null);
  const wasAsking = useRef(isAsking);
  useLayoutEffect(() => {
    if (wasAsking.current && !isAsking) item.current?.querySelector<HTMLElement>("button:last-of-type")?.focus();
    wasAsking.current = isAsking;
  }, [isAsking]);
  const answered = (isRemoved: boolean): void => {
    if (isRemoved) onRemoved();
    onAsk(false);
  };
  return (
    <li class="report" ref={item}>
      <p class="category"><Category name={report.name} /></p>
      {report.question !== null && <p>{t.report_question_at(report.question)}</p>}
      {report.text !== null && <blockquote>{report.text}</blockquote>}
      {!isComplete(report) && <p class="fact warn">{t.report_incomplete}</p>}
      <small>{t.report_by(report.by, timeOfDay(Date.parse(report.at), state.session.value?.time_zone))}</small>
      {isAsking ? (
        <Removal row={row} report={report} onDone={answered} />
      ) : (
        <div class="buttons">
          {isKnown(report.name) && <Button label={words().for_candidate(t.report_edit, name)} onPress={onEdit}>{t.report_edit}</Button>}
          <Button label={words().for_candidate(t.report_remove, name)} waits={waits.value} onPress={() => onAsk(true)}>{t.report_remove}</Button>
        </div>
      )}
    </li>
  );
}

interface OverviewProps {
  row: Row;
  /** Moves focus to the heading: the form it came from has left. */
  takesFocus: boolean;
  onPick: (name: ReportName) => void;
  onEdit: (report: ReportView) => void;
  onRemoved: () => void;
}

function Overview({ row, takesFocus, onPick, onEdit, onRemoved }: OverviewProps): VNode {
  const t = texts();
  const heading = useRef<HTMLHeadingElement>(null);
  const asking = useSignal<number | null>(null);
  useLayoutEffect(() => {
    if (takesFocus) heading.current?.focus();
  }, []);
  const standing = row.reports.length;
  const before = useRef(standing);
  useLayoutEffect(() => {
    // The report that had the focus may be the one that has just left.
    if (standing < before.current && document.activeElement?.closest(".report") === null) heading.current?.focus();
    before.current = standing;
  }, [standing]);
  return (
    <>
      <section class="group first">
        <h3>{t.report_new}</h3>
        {waits.value !== undefined && <p class="why">{waits.value}</p>}
        <Picker onPick={onPick} />
      </section>
      <section class="group">
        <h3 ref={heading} tabIndex={-1}>{t.report_standing}</h3>
        {row.reports.length === 0 && <p>{t.report_none}</p>}
        <ul class="reports">
          {row.reports.map((report) => (
            <Standing
              key={report.id}
              row={row}
              report={report}
              isAsking={asking.value === report.id}
              onEdit={() => onEdit(report)}
              onAsk={(isAsking) => (asking.value = isAsking ? report.id : null)}
              onRemoved={onRemoved}
            />
          ))}
        </ul>
      </section>
    </>
  );
}

function isSame(one: ReportView, other: ReportView): boolean {
  return one.name === other.name && one.question === other.question && one.text === other.text;
}

/** Says what a colleague did meanwhile to the report being corrected. */
function Meanwhile({ edited, standing }: { edited: ReportView; standing: ReportView | undefined }): VNode {
  const t = texts();
  const words = (report: ReportView): string => [nameOfReport(report.name), report.text].filter(Boolean).join(", ");
  const news = standing === undefined ? t.report_gone : isSame(edited, standing) ? null : t.report_changed(words(standing));
  return <div role="status" class={news === null ? "" : "why"}>{news}</div>;
}

interface Begun {
  first: Draft;
  /** The report to correct; null writes a new one. */
  edited: ReportView | null;
  /** True when a new one was asked for, and this one holds all of it. */
  isFound: boolean;
}

interface WritingProps extends Begun {
  row: Row;
  onDone: (isSaved: boolean) => void;
}

/** The writing of one report. */
function Writing({ row, first, edited, isFound, onDone }: WritingProps): VNode {
  const t = texts();
  const draft = useSignal(first);
  const isChoosing = useSignal(false);
  const sending = useSending();
  const standing = row.reports.find((report) => report.id === edited?.id);
  const identity = identityReport(row);
  const action = edited === null ? t.report_send : t.report_save;
  const go = async (): Promise<void> => {
    const said = { candidates: [row.id], ...toWire(draft.value) };
    const told = await (standing === undefined
      ? sending.send({ type: "report.add", ...said }, action)
      : sending.send({ type: "report.edit", report: standing.id, ...said }, action));
    if (told === null) return;
    onDone(true);
  };
  const pick = (name: ReportName): void => {
    draft.value = draftOf(name, row, draft.value);
    isChoosing.value = false;
  };
  return (
    <section class="group first">
      <h3>{isChoosing.value ? t.report_choose : edited === null ? t.report_new : t.report_edited}</h3>
      {edited !== null && <Meanwhile edited={edited} standing={standing} />}
      {isFound && <p class="why">{t.report_one_identity}</p>}
      {isChoosing.value ? (
        <Picker onPick={pick} without={identity !== undefined && identity.id !== edited?.id ? IDENTITY : null} takesFocus />
      ) : (
        <ReportForm
          draft={draft.value}
          onDraft={(next) => (draft.value = next)}
          sending={sending}
          action={action}
          onSend={() => void go()}
          onChange={() => (isChoosing.value = true)}
          other={{ text: common().back, onPress: () => onDone(false) }}
        />
      )}
    </section>
  );
}

/** The sheet. */
export function ReportsSheet({ candidate, draft }: { candidate: number; draft?: Draft }): VNode | null {
  const row = state.rowOf(candidate)?.value;
  const writing = useSignal<Begun | null>(draft ? { first: draft, edited: null, isFound: false } : null);
  const hasWritten = useRef(false);
  // Said inside the dialog: while it is open, everything outside is silent.
  const news = useSignal("");
  if (row === undefined) return null;
  const write = (begun: Begun): void => {
    hasWritten.current = true;
    writing.value = begun;
    news.value = "";
  };
  const edit = (report: ReportView, isFound: boolean): void => write({ first: draftFromReport(report, row), edited: report, isFound });
  const begin = (name: ReportName): void => {
    const standing = name === IDENTITY ? identityReport(row) : undefined;
    if (standing !== undefined) edit(standing, true);
    else write({ first: draftOf(name, row), edited: null, isFound: false });
  };
  const done = (isSaved: boolean): void => {
    writing.value = null;
    news.value = isSaved ? texts().report_saved : "";
  };
  const now = writing.value;
  return (
    <Modal title={texts().report_title(state.nameOf(row))} shape="sheet" onClose={shut} fallback={() => focusBack(candidate)}>
      <div class="only-heard" role="status">{news.value}</div>
      {now === null ? (
        <Overview
          row={row}
          takesFocus={hasWritten.current}
          onPick={begin}
          onEdit={(report) => edit(report, false)}
          onRemoved={() => (news.value = texts().report_removed)}
        />
      ) : (
        <Writing {...now} row={row} onDone={done} />
      )}
    </Modal>
  );
}
