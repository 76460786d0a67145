// Everything about one candidate, and every command, in a sheet; the dangerous one stands apart, last.
import type { ComponentChildren, VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useComputed, useSignal } from "@preact/signals";
import { awaySince, openHelp } from "../needs.ts";
import { factsOf } from "../facts.ts";
import type { Command } from "../frames.ts";
import { calendarDate } from "../dates.ts";
import { timeOfDay } from "../locale.ts";
import { Button, Modal, Problem } from "../parts/controls.tsx";
import type { Row } from "../wire.ts";
import { words } from "./announce.ts";
import { LATE, alreadyText, lateAsked, tellResults, underWay, waits, whyRefused } from "./commands.ts";
import { FactTag } from "./facts_view.tsx";
import { texts } from "./form.tsx";
import { Life } from "./life.tsx";
import { focusBack, open, shut } from "./open.ts";
import { useSending } from "./sending.ts";
import * as state from "./state.ts";

function Detail({ term, children }: { term: string; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Details({ row }: { row: Row }): VNode {
  const t = texts();
  const end = row.time.theoretical_end;
  return (
    <dl class="details">
      <Detail term={t.born}>{calendarDate(row.birthdate)}</Detail>
      {row.certification_number !== null && <Detail term={t.certification_number}>{row.certification_number}</Detail>}
      {end !== null && <Detail term={t.end_planned}>{timeOfDay(Date.parse(end), state.session.value?.time_zone)}</Detail>}
      {row.extra_time_percentage > 0 && <Detail term={t.extra_time}>{words().extra(row.extra_time_percentage)}</Detail>}
      {row.time.minutes_added !== 0 && <Detail term={t.minutes_added}>{row.time.minutes_added}</Detail>}
      {row.time.interruptions.length > 0 && <Detail term={t.interruptions}>{row.time.interruptions.length}</Detail>}
    </dl>
  );
}

/** How the sheet gives a command, and what stands on its button meanwhile. */
interface Give {
  (command: Command, label: string): void;
  why: string | undefined;
  textOf: (label: string) => string;
}

/** A button that gives a command at once. */
function Do({ give, command, label, kind = "soft" }: { give: Give; command: Command; label: string; kind?: "main" | "soft" }): VNode {
  return <Button kind={kind} waits={give.why} onPress={() => give(command, label)}>{give.textOf(label)}</Button>;
}

function Group({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <section class="group">
      <h3>{title}</h3>
      <div class="buttons">{children}</div>
    </section>
  );
}

function PresenceGroup({ row, give }: { row: Row; give: Give }): VNode | null {
  if (row.attempt !== "not_started") return null;
  const t = texts();
  const { state: presence } = row.presence;
  const candidates = [row.id];
  return (
    <Group title={t.presence_title}>
      {presence !== "confirmed" && <Do give={give} kind="main" command={{ type: "presence.confirm", candidates }} label={t.present} />}
      {presence !== "expected" && (
        <Do give={give} command={{ type: "presence.cancel", candidates }} label={presence === "absent" ? t.undo_absence : words().undo_presence} />
      )}
      {presence !== "absent" && <Do give={give} command={{ type: "presence.absent", candidates }} label={t.absent} />}
    </Group>
  );
}

function IdentityGroup({ row, give }: { row: Row; give: Give }): VNode {
  const t = texts();
  const check = (judged: Row["identity"], label: string, press: () => void): VNode => (
    <button
      type="button"
      class="soft"
      aria-pressed={row.identity === judged}
      aria-disabled={give.why !== undefined}
      title={give.why}
      onClick={() => {
        if (give.why === undefined) press();
      }}
    >
      {give.textOf(label)}
    </button>
  );
  return (
    <Group title={t.identity_group}>
      {check("checked", t.identity_checked, () => give({ type: "identity.check", candidates: [row.id], state: "checked" }, t.identity_checked))}
      {check("to_correct", t.identity_to_correct, () => open({ is: "identity", candidate: row.id }))}
    </Group>
  );
}

function ActionsGroup({ row, give }: { row: Row; give: Give }): VNode {
  const t = texts();
  const isRunning = row.attempt === "running";
  const isOver = row.attempt === "finished" || row.attempt === "ended";
  const isAway = awaySince(row) !== null || row.waiting.clients > 0;
  const candidates = [row.id];
  return (
    <Group title={t.actions_title}>
      {openHelp(row) && <Button kind="main" onPress={() => open({ is: "help", candidate: row.id })}>{words().step_help}</Button>}
      {isRunning && row.ending_at === null && (
        <Do
          give={give}
          kind={isAway && !row.authorization ? "main" : "soft"}
          command={{ type: "resume.authorize", candidates }}
          label={row.authorization ? t.resume_again : words().resume}
        />
      )}
      {isOver && !row.end_screen_seen && <Do give={give} kind="main" command={{ type: "end_screen.see", candidates }} label={t.see_end_screen} />}
      {isOver && row.end_screen_seen && <Do give={give} command={{ type: "end_screen.unsee", candidates }} label={t.unsee_end_screen} />}
      {!isOver && row.attempt !== "closed" && (
        <Button waits={give.why} onPress={() => open({ is: "time", candidates })}>{t.add_time}</Button>
      )}
      <Button onPress={() => open({ is: "reports", candidate: row.id })}>{t.report}</Button>
      <Button waits={give.why} onPress={() => open({ is: "message", candidates })}>{t.send_message}</Button>
    </Group>
  );
}

function DangerGroup({ row, give }: { row: Row; give: Give }): VNode | null {
  if (row.attempt !== "running") return null;
  const t = texts();
  return (
    <section class="group danger-zone">
      <h3>{t.danger_title}</h3>
      {row.ending_at === null ? (
        <Button kind="danger" waits={give.why} onPress={() => open({ is: "end", candidate: row.id })}>{t.end}</Button>
      ) : (
        <Do give={give} kind="main" command={{ type: "attempt.end.cancel", candidates: [row.id] }} label={words().step_cancel_end} />
      )}
    </section>
  );
}

/** Lets the sheet give commands: a refusal, or a colleague who was faster, is told in the sheet, which covers the notices. */
function useGiving(candidate: number): { give: Give; problem: string | null; note: string | null } {
  const sending = useSending();
  const note = useSignal<string | null>(null);
  const given = useRef("");
  const pending = useComputed(() => underWay(candidate)).value;
  const go = async (command: Command, label: string): Promise<void> => {
    note.value = null;
    given.current = label;
    const judged = await sending.judge(command, label);
    if (judged === null) return;
    const only = judged.results[0];
    if (!sending.isHere()) tellResults(command, label, judged.results);
    else if (only?.code === LATE) lateAsked.value = { candidates: [candidate] };
    else if (only?.ok === false) sending.tell(whyRefused(command.type, only));
    else if (only?.already) note.value = words().refused(label, alreadyText(command.type, candidate));
  };
  const give: Give = Object.assign((command: Command, label: string) => void go(command, label), {
    why: pending === null ? waits.value : words().why_pending,
    textOf: (label: string) => (pending !== null && given.current === label ? pending : label),
  });
  return { give, problem: sending.problem.value, note: note.value };
}

/** The sheet of one candidate. */
export function OptionsSheet({ candidate }: { candidate: number }): VNode | null {
  const row = state.rowOf(candidate)?.value;
  const { give, problem, note } = useGiving(candidate);
  const top = useRef<HTMLParagraphElement>(null);
  // A button that has done its work leaves: focus stays in the sheet.
  useLayoutEffect(() => {
    if (document.activeElement === document.body) top.current?.focus({ preventScroll: true });
  });
  if (row === undefined) return null;
  return (
    <Modal title={state.nameOf(row)} shape="sheet" onClose={shut} fallback={() => focusBack(candidate)}>
      <p ref={top} class="told" role="status" tabIndex={-1}>{note}</p>
      <Problem text={problem} />
      <ul class="facts">
        {factsOf(row, state.slowNow.value).map((fact) => (
          <FactTag key={fact.is} fact={fact} />
        ))}
        <Life id={candidate} />
      </ul>
      <Details row={row} />
      {waits.value !== undefined && <p class="why">{waits.value}</p>}
      <ActionsGroup row={row} give={give} />
      <PresenceGroup row={row} give={give} />
      <IdentityGroup row={row} give={give} />
      <DangerGroup row={row} give={give} />
    </Modal>
  );
}
