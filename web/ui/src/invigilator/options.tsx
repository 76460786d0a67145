// Everything about one candidate, and every command, in a sheet; the dangerous one stands apart, last.
import type { ComponentChildren, VNode } from "preact";
import { useComputed } from "@preact/signals";
import { awaySince, openHelp } from "../needs.ts";
import { factsOf } from "../facts.ts";
import { calendarDate, timeOfDay } from "../locale.ts";
import { Button, Modal } from "../parts/controls.tsx";
import type { Row } from "../wire.ts";
import { words } from "./announce.ts";
import { pendingOf, run, send, waits } from "./commands.ts";
import { FactTag } from "./facts_view.tsx";
import { focusBack, open, shut } from "./open.ts";
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
  const w = words();
  const end = row.time.theoretical_end;
  return (
    <dl class="details">
      <Detail term={w.born}>{calendarDate(row.birthdate)}</Detail>
      {row.certification_number !== null && <Detail term={w.certification_number}>{row.certification_number}</Detail>}
      {end !== null && <Detail term={w.end_planned}>{timeOfDay(Date.parse(end), state.session.value?.time_zone)}</Detail>}
      {row.extra_time_percentage > 0 && <Detail term={w.extra_time}>{w.extra(row.extra_time_percentage)}</Detail>}
      {row.time.minutes_added !== 0 && <Detail term={w.minutes_added}>{row.time.minutes_added}</Detail>}
      {row.time.interruptions.length > 0 && <Detail term={w.interruptions}>{row.time.interruptions.length}</Detail>}
    </dl>
  );
}

function Group({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <section class="group">
      <h3>{title}</h3>
      <div class="buttons">{children}</div>
    </section>
  );
}

function PresenceGroup({ row, why }: { row: Row; why: string | undefined }): VNode | null {
  if (row.attempt !== "not_started") return null;
  const w = words();
  const { state: presence } = row.presence;
  return (
    <Group title={w.presence_title}>
      {presence !== "confirmed" && (
        <Button kind="main" waits={why} onPress={() => void send("presence.confirm", [row.id], w.present)}>{w.present}</Button>
      )}
      {presence !== "expected" && (
        <Button waits={why} onPress={() => void send("presence.cancel", [row.id], w.undo_presence)}>
          {presence === "absent" ? w.undo_absence : w.undo_presence}
        </Button>
      )}
      {presence !== "absent" && (
        <Button waits={why} onPress={() => void send("presence.absent", [row.id], w.absent)}>{w.absent}</Button>
      )}
    </Group>
  );
}

function IdentityGroup({ row, why }: { row: Row; why: string | undefined }): VNode {
  const w = words();
  const check = (judged: Row["identity"], label: string, press: () => void): VNode => (
    <button
      type="button"
      class="soft"
      aria-pressed={row.identity === judged}
      aria-disabled={why !== undefined}
      title={why}
      onClick={() => {
        if (why === undefined) press();
      }}
    >
      {label}
    </button>
  );
  return (
    <Group title={w.identity_title}>
      {check("checked", w.identity_checked, () => void run({ type: "identity.check", candidates: [row.id], state: "checked" }, w.identity_checked))}
      {check("to_correct", w.identity_to_correct, () => open({ is: "identity", candidate: row.id }))}
    </Group>
  );
}

function ActionsGroup({ row, why }: { row: Row; why: string | undefined }): VNode {
  const w = words();
  const isRunning = row.attempt === "running";
  const isOver = row.attempt === "finished" || row.attempt === "ended";
  const isAway = awaySince(row) !== null || row.waiting.clients > 0;
  return (
    <Group title={w.actions_title}>
      {openHelp(row) && <Button kind="main" onPress={() => open({ is: "help", candidate: row.id })}>{w.step_help}</Button>}
      {isRunning && row.ending_at === null && (
        <Button kind={isAway && !row.authorization ? "main" : "soft"} waits={why} onPress={() => void send("resume.authorize", [row.id], w.resume)}>
          {row.authorization ? w.resume_again : w.resume}
        </Button>
      )}
      {isOver && !row.end_screen_seen && (
        <Button kind="main" waits={why} onPress={() => void send("end_screen.see", [row.id], w.see_end_screen)}>{w.see_end_screen}</Button>
      )}
      {isOver && row.end_screen_seen && (
        <Button waits={why} onPress={() => void send("end_screen.unsee", [row.id], w.unsee_end_screen)}>{w.unsee_end_screen}</Button>
      )}
      {!isOver && row.attempt !== "closed" && (
        <Button waits={why} onPress={() => open({ is: "time", candidates: [row.id] })}>{w.add_time}</Button>
      )}
      <Button onPress={() => open({ is: "reports", candidate: row.id })}>{w.report}</Button>
      <Button waits={why} onPress={() => open({ is: "message", candidates: [row.id] })}>{w.send_message}</Button>
    </Group>
  );
}

function DangerGroup({ row, why }: { row: Row; why: string | undefined }): VNode | null {
  if (row.attempt !== "running") return null;
  const w = words();
  return (
    <section class="group danger-zone">
      <h3>{w.danger_title}</h3>
      {row.ending_at === null ? (
        <Button kind="danger" waits={why} onPress={() => open({ is: "end", candidate: row.id })}>{w.end}</Button>
      ) : (
        <Button kind="main" waits={why} onPress={() => void send("attempt.end.cancel", [row.id], w.step_cancel_end)}>{w.step_cancel_end}</Button>
      )}
    </section>
  );
}

/** The sheet of one candidate. */
export function OptionsSheet({ candidate }: { candidate: number }): VNode | null {
  const row = state.rowOf(candidate)?.value;
  const isPending = useComputed(() => pendingOf(candidate).value !== null).value;
  if (row === undefined) return null;
  const why = isPending ? words().why_pending : waits.value;
  return (
    <Modal title={state.nameOf(row)} shape="sheet" onClose={shut} fallback={() => focusBack(candidate)}>
      <ul class="facts">
        {factsOf(row, state.slowNow.value).map((fact) => (
          <FactTag key={fact.is} fact={fact} />
        ))}
      </ul>
      <Details row={row} />
      {waits.value !== undefined && <p class="why">{waits.value}</p>}
      <ActionsGroup row={row} why={why} />
      <PresenceGroup row={row} why={why} />
      <IdentityGroup row={row} why={why} />
      <DangerGroup row={row} why={why} />
    </Modal>
  );
}
