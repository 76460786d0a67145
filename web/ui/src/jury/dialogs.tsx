// The dialogs of a case: decide, deal with a report, publish, give back. Loaded when first asked for.
import type { ComponentChildren, VNode } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { useSignal, type Signal } from "@preact/signals";
import type { Fault } from "../http.ts";
import { lengthOf, listed } from "../closing.ts";
import { Area, Button, Modal, Problem, common } from "../parts/controls.tsx";
import { VerdictChip } from "./chips.tsx";
import { decide, faultText, instant, isBusy, nameOf, publish, reportOf, resolve, rowOf, shown, unfinalize, unpublish } from "./case_store.ts";
import type { Open } from "./dialogs_open.ts";
import { reportText } from "./entry_text.ts";
import { lineId, reportId } from "./people.tsx";
import { VERDICTS, WORDS_AT_MOST, openOf, type Case, type Said, type Verdict } from "./view.ts";
import { words } from "./words.ts";

export interface CaseDialogProps {
  what: Open;
  onClose: () => void;
}

/** Says what is wrong with some words; null when they may be sent. */
function wordsFault(text: string, isNeeded: boolean): string | null {
  const over = lengthOf(text) - WORDS_AT_MOST;
  if (over > 0) return words().reason_too_long(over);
  return isNeeded && text.trim() === "" ? common().required : null;
}

interface FormProps {
  children: ComponentChildren;
  /** Why the last try was refused. */
  fault: Signal<Fault | null>;
  isRight: () => boolean;
  onSend: () => Promise<Fault | null>;
  action: string;
  kind?: "main" | "danger";
  onClose: () => void;
}

/** A form that stays open, with all that was typed, until the hub has accepted. */
function Form({ children, fault, isRight, onSend, action, kind = "main", onClose }: FormProps): VNode {
  const form = useRef<HTMLFormElement>(null);
  const isWrong = useRef(false);
  useLayoutEffect(() => {
    if (isWrong.current) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
    isWrong.current = false;
  });
  const go = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isBusy.value) return;
    isWrong.current = !isRight();
    if (isWrong.current) return;
    fault.value = await onSend();
    if (fault.value === null) onClose();
  };
  const refused = fault.value;
  return (
    <form ref={form} onSubmit={(event) => void go(event)} noValidate>
      {children}
      <Problem text={refused === null ? null : faultText(refused)} />
      {refused?.code === "changed_meanwhile" && <p class="why">{words().kept}</p>}
      <footer class="answers">
        <Button onPress={onClose}>{common().cancel}</Button>
        <button type="submit" class={kind} aria-disabled={isBusy.value}>{isBusy.value ? common().working : action}</button>
      </footer>
    </form>
  );
}

function Verdicts({ chosen, error }: { chosen: Signal<Verdict | null>; error: string | null }): VNode {
  const w = words();
  const name = useId();
  return (
    <fieldset class="options" aria-describedby={error ? `${name}-error` : undefined}>
      <legend>{w.verdict}</legend>
      {VERDICTS.map((verdict) => (
        <label key={verdict} class="tick">
          <input type="radio" name={name} checked={chosen.value === verdict} aria-invalid={error ? true : undefined} onChange={() => (chosen.value = verdict)} />
          <span>{w[`do_${verdict}`]}</span>
        </label>
      ))}
      {error && <span class="error" id={`${name}-error`}>{error}</span>}
    </fieldset>
  );
}

function Standing({ said }: { said: Said }): VNode {
  const w = words();
  return (
    <div class="why">
      {said.verdict && <p>{w.decision_now} : <VerdictChip verdict={said.verdict} /></p>}
      {(said.reason || said.word) && <p class="said">{said.reason ?? said.word}</p>}
      <small>{w.decided_by(said.by, instant(said.at))}</small>
    </div>
  );
}

function DecisionDialog({ candidate, onClose }: { candidate: number; onClose: () => void }): VNode | null {
  const w = words();
  const chosen = useSignal<Verdict | null>(null);
  const reason = useSignal("");
  const isTried = useSignal(false);
  const fault = useSignal<Fault | null>(null);
  const row = rowOf(candidate);
  if (row === undefined) return null;
  const needsReason = chosen.value !== null && chosen.value !== "validated";
  const wrong = wordsFault(reason.value, needsReason);
  const isRight = (): boolean => {
    isTried.value = true;
    return chosen.value !== null && wrong === null;
  };
  const send = (): Promise<Fault | null> => decide(candidate, chosen.value ?? "validated", reason.value, row.decision?.seq ?? 0);
  return (
    <Modal title={w.decision_title(listed(row))} shape="sheet" onClose={onClose} fallback={() => document.getElementById(lineId(candidate))}>
      {row.decision && <Standing said={row.decision} />}
      <Form fault={fault} isRight={isRight} onSend={send} action={w.decision_send} onClose={onClose}>
        <Verdicts chosen={chosen} error={isTried.value && chosen.value === null ? w.verdict_missing : null} />
        <Area label={needsReason ? w.reason : w.reason_optional} hint={w.reason_hint} need={needsReason ? "mandatory" : "optional"}
          value={reason.value} error={isTried.value ? wrong : null} onInput={(text) => (reason.value = text)} />
      </Form>
    </Modal>
  );
}

function ResolveDialog({ report: id, candidate, onClose }: { report: number; candidate: number; onClose: () => void }): VNode | null {
  const w = words();
  const word = useSignal("");
  const isTried = useSignal(false);
  const fault = useSignal<Fault | null>(null);
  const report = reportOf(id);
  if (report === undefined) return null;
  const wrong = wordsFault(word.value, true);
  const isRight = (): boolean => {
    isTried.value = true;
    return wrong === null;
  };
  return (
    <Modal title={w.resolve_title(reportText(report.name))} shape="sheet" onClose={onClose} fallback={() => document.getElementById(reportId(id))}>
      <p class="strong">{nameOf(candidate)}</p>
      {report.text !== null && <blockquote>{report.text}</blockquote>}
      {report.resolution && <Standing said={report.resolution} />}
      <Form fault={fault} isRight={isRight} onSend={() => resolve(id, word.value, report.resolution?.seq ?? 0)} action={w.resolve_send} onClose={onClose}>
        <Area label={w.resolve_word} hint={w.reason_hint} need="mandatory" value={word.value}
          error={isTried.value ? wrong : null} onInput={(text) => (word.value = text)} />
      </Form>
    </Modal>
  );
}

function Names({ title, names }: { title: string; names: readonly string[] }): VNode | null {
  if (names.length === 0) return null;
  return (
    <div>
      <h3>{title}</h3>
      <ul>{names.map((name) => <li key={name}>{name}</li>)}</ul>
    </div>
  );
}

/** What is still open, by name, before somebody publishes. */
function Left({ one }: { one: Case }): VNode {
  const w = words();
  const left = openOf(one);
  const isReady = one.session.attention.length === 0 && left.undecided.length === 0;
  if (isReady) return <p>{w.publish_ready}</p>;
  return (
    <>
      <p class="why">{w.publish_left}</p>
      {left.comment && <p>{w.attention_comment}</p>}
      <Names title={w.attention_reports(left.reports.length)} names={left.reports.map(({ row, report }) => `${reportText(report.name)} – ${listed(row)}`)} />
      <Names title={w.attention_seen(left.unseen.length)} names={left.unseen.map(listed)} />
      <Names title={w.attention_reasons(left.reasons.length)} names={left.reasons.map(listed)} />
      <Names title={w.publish_undecided(left.undecided.length)} names={left.undecided.map(listed)} />
    </>
  );
}

function PublishDialog({ onClose }: { onClose: () => void }): VNode | null {
  const w = words();
  const fault = useSignal<Fault | null>(null);
  const one = shown.value;
  if (one === null) return null;
  const isReady = one.session.attention.length === 0 && openOf(one).undecided.length === 0;
  return (
    <Modal title={w.publish_title} onClose={onClose} fallback={() => document.getElementById("actions")}>
      <Form fault={fault} isRight={() => true} onSend={publish} action={isReady ? w.publish_do : w.publish_anyway} onClose={onClose}>
        <Left one={one} />
      </Form>
    </Modal>
  );
}

function UnpublishDialog({ onClose }: { onClose: () => void }): VNode {
  const w = words();
  const fault = useSignal<Fault | null>(null);
  return (
    <Modal title={w.unpublish_title} onClose={onClose} fallback={() => document.getElementById("actions")}>
      <Form fault={fault} isRight={() => true} onSend={unpublish} action={w.unpublish} kind="danger" onClose={onClose}>
        <p>{w.unpublish_text}</p>
      </Form>
    </Modal>
  );
}

function UnfinalizeDialog({ onClose }: { onClose: () => void }): VNode {
  const w = words();
  const reason = useSignal("");
  const isTried = useSignal(false);
  const fault = useSignal<Fault | null>(null);
  const wrong = wordsFault(reason.value, true);
  const isRight = (): boolean => {
    isTried.value = true;
    return wrong === null;
  };
  return (
    <Modal title={w.unfinalize_title} onClose={onClose} fallback={() => document.getElementById("actions")}>
      <Form fault={fault} isRight={isRight} onSend={() => unfinalize(reason.value)} action={w.unfinalize_do} kind="danger" onClose={onClose}>
        <p>{w.unfinalize_text}</p>
        <Area label={w.unfinalize_reason} hint={w.reason_hint} need="mandatory" value={reason.value}
          error={isTried.value ? wrong : null} onInput={(text) => (reason.value = text)} />
      </Form>
    </Modal>
  );
}

/** The one that is open. */
export function CaseDialog({ what, onClose }: CaseDialogProps): VNode | null {
  switch (what.is) {
    case "decide":
      return <DecisionDialog candidate={what.candidate} onClose={onClose} />;
    case "resolve":
      return <ResolveDialog report={what.report} candidate={what.candidate} onClose={onClose} />;
    case "publish":
      return <PublishDialog onClose={onClose} />;
    case "unpublish":
      return <UnpublishDialog onClose={onClose} />;
    case "unfinalize":
      return <UnfinalizeDialog onClose={onClose} />;
  }
}
