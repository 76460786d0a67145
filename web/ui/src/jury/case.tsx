// One case: the session's sheet, what needs a look, how it went, documents, candidates, replay, timeline.
import type { ComponentChildren, VNode } from "preact";
import { calendarDate } from "../dates.ts";
import { account } from "../office.ts";
import { Button, Glyph, Problem, common, refusalText } from "../parts/controls.tsx";
import { lazily } from "../parts/lazily.tsx";
import { OfficePage } from "../parts/office.tsx";
import { refocus } from "../parts/refocus.ts";
import { listed, type Attachment } from "../closing.ts";
import { assign, instant, isBusy, list, notice, number, reload, shown, trouble } from "./case_store.ts";
import { StatusChip } from "./chips.tsx";
import { open } from "./dialogs_open.ts";
import type { CaseDialogProps } from "./dialogs.tsx";
import { reportText } from "./entry_text.ts";
import { People, lineId, reportId } from "./people.tsx";
import { ReplayPlace } from "./replay_place.tsx";
import { Timeline } from "./timeline.tsx";
import { openOf, type Case } from "./view.ts";
import { words } from "./words.ts";
import { Fact } from "../parts/fact.tsx";

const CaseDialog = lazily<CaseDialogProps>(async () => (await import("./dialogs.tsx")).CaseDialog);

function Sheet({ one }: { one: Case }): VNode {
  const w = words();
  const { session } = one;
  return (
    <dl class="facts-list">
      <Fact term={w.center}>{session.center_name}</Fact>
      <Fact term={w.place}>{session.site}, {session.room}</Fact>
      <Fact term={w.when}>{calendarDate(session.date)}, {session.start_time.slice(0, 5)}</Fact>
      <Fact term={w.duration}>{w.minutes(session.duration_minutes)}</Fact>
      {session.started_at && <Fact term={w.started}>{instant(session.started_at)}</Fact>}
      {session.invigilators !== "" && <Fact term={w.invigilators}>{session.invigilators}</Fact>}
      <Fact term={w.finalized}>
        {w.finalized_by(instant(session.finalized_at), session.finalized_by)}{" "}
        {session.is_late && <span class="status bad"><Glyph shape="clock" /> {w.late}</span>}
      </Fact>
      <Fact term={w.in_charge}>
        {session.assigned_to && session.assigned_at ? w.since(session.assigned_to.name, instant(session.assigned_at)) : w.nobody}
      </Fact>
      <Fact term={w.published}>{session.published_at ? instant(session.published_at) : w.not_published}</Fact>
      {session.observations !== "" && <Fact term={w.observations}>{session.observations}</Fact>}
    </dl>
  );
}

function Actions({ one }: { one: Case }): VNode {
  const w = words();
  const { session } = one;
  const isMine = session.assigned_to?.id === account.value?.id;
  const waits = isBusy.value ? common().working : undefined;
  const isPublished = session.status === "published";
  const take = async (): Promise<void> => {
    await assign();
    refocus("actions");
  };
  return (
    <div class="buttons" id="actions" tabIndex={-1}>
      {!isMine && <Button waits={waits} onPress={() => void take()}>{session.assigned_to ? w.assign_from(session.assigned_to.name) : w.assign}</Button>}
      {isPublished ? (
        <Button onPress={() => (open.value = { is: "unpublish" })}>{w.unpublish}</Button>
      ) : (
        <>
          <Button kind="main" onPress={() => (open.value = { is: "publish" })}>{w.publish}</Button>
          <Button kind="danger" onPress={() => (open.value = { is: "unfinalize" })}>{w.unfinalize}</Button>
        </>
      )}
    </div>
  );
}

/** Goes to a line of the page; the list shows everybody first, so that the line is there. */
function lead(event: Event, id: string): void {
  event.preventDefault();
  list.value = "all";
  requestAnimationFrame(() => document.getElementById(id)?.focus());
}

function Leads({ to, children }: { to: string; children: ComponentChildren }): VNode {
  return <a href={`#${to}`} onClick={(event) => lead(event, to)}>{children}</a>;
}

function Group({ title, children }: { title: string; children: VNode[] }): VNode | null {
  if (children.length === 0) return null;
  return (
    <li>
      <h3>{title}</h3>
      <ul>{children}</ul>
    </li>
  );
}

function Attention({ one }: { one: Case }): VNode {
  const w = words();
  const left = openOf(one);
  const isReady = one.session.attention.length === 0;
  return (
    <section class="card" aria-labelledby="attention">
      <h2 id="attention">{w.attention_title}</h2>
      {isReady && <p><span class="status good"><Glyph shape="check" /> {w.ready}</span> {w.attention_none}</p>}
      <ul class="open-points">
        {left.comment && <li><Leads to="course">{w.attention_comment}</Leads></li>}
        <Group title={w.attention_reports(left.reports.length)}>
          {left.reports.map(({ row, report }) => <li key={report.id}><Leads to={reportId(report.id)}>{reportText(report.name)} – {listed(row)}</Leads></li>)}
        </Group>
        <Group title={w.attention_seen(left.unseen.length)}>
          {left.unseen.map((row) => <li key={row.id}><Leads to={lineId(row.id)}>{listed(row)}</Leads></li>)}
        </Group>
        <Group title={w.attention_reasons(left.reasons.length)}>
          {left.reasons.map((row) => <li key={row.id}><Leads to={lineId(row.id)}>{listed(row)}</Leads></li>)}
        </Group>
      </ul>
    </section>
  );
}

function DocumentLine({ one }: { one: Attachment }): VNode {
  const w = words();
  return (
    <li class="document">
      <Glyph shape="note" />
      <div>
        <a href={`/api/sessions/${number}/documents/${one.id}`} download={one.name} aria-label={w.document_open(one.name)}>{one.name}</a>
        <small>{w.document_by(one.by, instant(one.at))}</small>
      </div>
    </li>
  );
}

function Course({ one }: { one: Case }): VNode {
  const w = words();
  const told = one.incident === null ? w.course_unset : one.incident ? w.course_incident : w.course_fine;
  return (
    <section class="card" aria-labelledby="course">
      <h2 id="course" tabIndex={-1}>{w.course}</h2>
      <p>{told} {one.incident && one.comment === "" && w.course_no_comment}</p>
      {one.comment !== "" && <blockquote>{one.comment}</blockquote>}
      <h3>{one.documents.length === 0 ? w.documents_none : w.documents}</h3>
      <ul class="documents">{one.documents.map((each) => <DocumentLine key={each.id} one={each} />)}</ul>
    </section>
  );
}

function Notice(): VNode | null {
  const told = notice.value;
  const code = shown.value === null ? null : trouble.value;
  if (told === null && code === null) return null;
  const close = (): void => {
    notice.value = null;
    refocus("actions");
  };
  return (
    <div class={`banner ${told?.tone ?? "bad"}`} role="alert">
      <Glyph shape="alert" />
      <p>{told?.text ?? refusalText(code ?? "")}</p>
      {told === null ? <Button onPress={() => void reload()}>{common().retry}</Button> : <Button kind="plain" onPress={close}>{common().close}</Button>}
    </div>
  );
}

function Content({ one }: { one: Case }): VNode {
  const w = words();
  return (
    <>
      <Notice />
      <section class="card" aria-label={w.sheet}>
        <Sheet one={one} />
        {one.session.status === "published" && <p class="why">{w.published_note}</p>}
        <Actions one={one} />
      </section>
      <Attention one={one} />
      <Course one={one} />
      <People />
      <ReplayPlace />
      <Timeline />
      {open.value && <CaseDialog what={open.value} onClose={() => (open.value = null)} />}
    </>
  );
}

function Trouble({ code }: { code: string }): VNode {
  const w = words();
  return (
    <div class="card narrow">
      <Problem text={code === "forbidden" || code === "not_found" ? w.unknown : refusalText(code)} />
      {code !== "forbidden" && code !== "not_found" && <Button kind="main" onPress={() => void reload()}>{common().retry}</Button>}
    </div>
  );
}

/** The page. */
export function CasePage(): VNode {
  const w = words();
  const one = shown.value;
  const beside = (
    <>
      {one && <StatusChip status={one.session.status} />}
      <a href="/jury">{w.to_queue}</a>
    </>
  );
  return (
    <OfficePage title={w.case_title(number ?? 0)} beside={beside}>
      {one !== null ? <Content one={one} /> : trouble.value !== null ? <Trouble code={trouble.value} /> : <p class="card narrow" role="status">{common().loading}</p>}
    </OfficePage>
  );
}
