// The page of finalization: three steps, a last look, a receipt; afterwards everything is shown and nothing changes.
import { render, type ComponentChildren, type VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { calendarDate, dateAndTime } from "../dates.ts";
import { ready } from "../locale.ts";
import { isAdmin, requireSignIn, signInAgain } from "../office.ts";
import { Button, Glyph, Problem, common, refusalText } from "../parts/controls.tsx";
import { lazily } from "../parts/lazily.tsx";
import { OfficePage } from "../parts/office.tsx";
import { refocus } from "../parts/refocus.ts";
import { nowMs } from "../parts/window.ts";
import { Candidates, reasonId } from "./candidates.tsx";
import { COMMENT_ID, Course } from "./course.tsx";
import { Documents } from "./documents.tsx";
import type { RecapDialogProps } from "./recap.tsx";
import { ReceiptCard } from "./receipt.tsx";
import { SavingLine, saveNow } from "./saving.tsx";
import {
  aheadMs, asked, chooseReason, isContested, isReadOnly, isTooLong, nameOf, news, number, problems, reload, saver, trouble, view, words, wouldLose,
} from "./store.ts";
import { untilDue, type Finalization, type Problem as Hindrance } from "./view.ts";

/** Others may work on the same session: the page looks again this often, without touching what is typed. */
const LOOK_AGAIN_MS = 30_000;
const RecapDialog = lazily<RecapDialogProps>(async () => (await import("./recap.tsx")).RecapDialog);

function dueText({ due_at, session }: Finalization): string {
  const w = words();
  if (due_at === null) return w.due_unknown;
  const due = Date.parse(due_at);
  const { is_late, unit, amount } = untilDue(due, nowMs.value + aheadMs);
  const [at, length] = [dateAndTime(due, session.time_zone), w[unit](amount)];
  return is_late ? w.due_late(at, length) : w.due_before(at, length);
}

function Head({ shown }: { shown: Finalization }): VNode {
  const w = words();
  const { session } = shown;
  const isLate = shown.due_at !== null && nowMs.value + aheadMs > Date.parse(shown.due_at);
  return (
    <section class="card session-head" aria-label={w.summary_of}>
      <dl class="facts-list">
        <div><dt>{w.place}</dt><dd>{session.site}, {session.room}</dd></div>
        <div><dt>{w.when}</dt><dd>{calendarDate(session.date)}, {session.start_time.slice(0, 5)}</dd></div>
        {session.invigilators !== "" && <div><dt>{w.invigilators}</dt><dd>{session.invigilators}</dd></div>}
        {shown.finalized_at === null && (
          <div class={isLate ? "due late" : "due"}><dt>{w.due}</dt><dd><Glyph shape="clock" /> {dueText(shown)}</dd></div>
        )}
      </dl>
      {shown.finalized_at === null && <p class="hint">{w.lead}</p>}
    </section>
  );
}

/** Somebody else saved first: who, when, and what became of it here. */
function Changed(): VNode | null {
  const w = words();
  const told = news.value;
  if (told === null) return null;
  const close = (): void => {
    news.value = null;
    refocus("check");
  };
  const at = told.at === "" ? "" : dateAndTime(Date.parse(told.at), view.value?.session.time_zone ?? "UTC");
  return (
    <div class="banner info" role="status">
      <Glyph shape="people" />
      <div>
        <p>{w.changed(told.by, at)}</p>
        {told.given_up.length > 0 && <p>{w.changed_reasons(told.given_up.map(nameOf).join(", "))}</p>}
        {told.comment !== null && <p class="strong">{w.changed_comment} <a href={`#${COMMENT_ID}`} onClick={(event) => lead(event, COMMENT_ID)}>{w.step_3}</a></p>}
      </div>
      {told.comment === null && <Button kind="plain" onPress={close}>{w.close_notice}</Button>}
    </div>
  );
}

/** Goes to a field and gives it the focus; the address stays as it is. */
function lead(event: Event, id: string): void {
  event.preventDefault();
  document.getElementById(id)?.focus();
}

function Leads({ to, children }: { to: string; children: ComponentChildren }): VNode {
  return <a href={`#${to}`} onClick={(event) => lead(event, to)}>{children}</a>;
}

function HindranceLine({ one }: { one: Hindrance }): VNode {
  const w = words();
  if (one.candidate === null) return <li><Leads to="nobody">{w.problem_nobody}</Leads></li>;
  const id = one.candidate;
  const remove = (): void => {
    chooseReason(id, null);
    refocus("check");
  };
  if (one.code === "abort_reason_missing") return <li><Leads to={reasonId(id)}>{w.problem_missing(nameOf(id))}</Leads></li>;
  return (
    <li>
      <Leads to={reasonId(id)}>{w.reason_on_finished(nameOf(id))}</Leads>{" "}
      <Button onPress={remove} label={w.reason_remove_for(nameOf(id))}>{w.reason_remove}</Button>
    </li>
  );
}

/** All that keeps the session from being finalized, on top, each leading to its field; it has the focus when it comes. */
function Summary(): VNode | null {
  const w = words();
  const box = useRef<HTMLElement>(null);
  const round = asked.value;
  useEffect(() => {
    if (round > 0) box.current?.focus();
  }, [round]);
  const isUnsaved = saver.state.value.is === "failed";
  const count = problems.value.length + Number(isContested.value) + Number(isTooLong.value) + Number(isUnsaved);
  if (round === 0 || count === 0) return null;
  return (
    <section class="problem summary" ref={box} tabIndex={-1} aria-labelledby="summary">
      <div>
        <h2 id="summary">{w.problems_title}</h2>
        <ul>
          {problems.value.map((one) => <HindranceLine key={`${one.code} ${one.candidate}`} one={one} />)}
          {isContested.value && <li><Leads to={COMMENT_ID}>{w.problem_conflict}</Leads></li>}
          {isTooLong.value && <li><Leads to={COMMENT_ID}>{w.problem_too_long}</Leads></li>}
          {isUnsaved && <li>{w.problem_unsaved} <Button onPress={() => void saveNow()}>{w.save_now}</Button></li>}
        </ul>
      </div>
    </section>
  );
}

function Step({ id, title, tag, lead: text, children }: { id: string; title: string; tag: string; lead?: string; children: ComponentChildren }): VNode {
  return (
    <section class="card step" aria-labelledby={id}>
      <h2 id={id}>{title} {!isReadOnly.value && <small>({tag})</small>}</h2>
      {text && !isReadOnly.value && <p class="hint">{text}</p>}
      {children}
    </section>
  );
}

function Steps(): VNode {
  const w = words();
  return (
    <>
      <Step id="step-1" title={w.step_1} tag={common().mandatory} lead={w.step_1_lead}><Candidates /></Step>
      <Step id="step-2" title={w.step_2} tag={common().optional} lead={w.step_2_lead}><Documents /></Step>
      <Step id="step-3" title={w.step_3} tag={common().optional}><Course /></Step>
    </>
  );
}

/** The state of saving and the way on, always in sight. */
function Foot(): VNode {
  const isRecap = useSignal(false);
  const isBusy = useSignal(false);
  const refuse = (): void => {
    isRecap.value = false;
    asked.value += 1;
  };
  const check = async (): Promise<void> => {
    if (isBusy.value) return;
    isBusy.value = true;
    // What others did meanwhile counts: a test may have been finished since the page was read.
    const isSaved = (await saver.flush()) && (await reload());
    isBusy.value = false;
    if (!isSaved || problems.value.length > 0 || isContested.value || isTooLong.value) refuse();
    else if (!isReadOnly.value) isRecap.value = true;
  };
  return (
    <div class="foot">
      <SavingLine />
      <button type="button" class="main" id="check" aria-disabled={isBusy.value} onClick={() => void check()}>
        {isBusy.value ? common().working : words().check}
      </button>
      {isRecap.value && <RecapDialog onClose={() => (isRecap.value = false)} onRefused={refuse} />}
    </div>
  );
}

function Trouble({ code }: { code: string }): VNode {
  const w = words();
  const text = code === "forbidden" ? w.not_admin : code === "not_found" ? w.unknown : refusalText(code);
  return (
    <div class="card narrow">
      <Problem text={text} />
      {code !== "forbidden" && code !== "not_found" && <Button kind="main" onPress={() => void reload()}>{common().retry}</Button>}
    </div>
  );
}

function Content({ shown }: { shown: Finalization }): VNode {
  const w = words();
  const zone = shown.session.time_zone;
  return (
    <>
      {trouble.value !== null && (
        <div class="banner warn">
          <Glyph shape="alert" />
          <p role="alert">{refusalText(trouble.value)}</p>
          <Button onPress={() => void reload()}>{common().retry}</Button>
        </div>
      )}
      {!isReadOnly.value && <Summary />}
      <Changed />
      <ReceiptCard />
      {shown.reopened_at !== null && shown.finalized_at === null && (
        <div class="banner warn"><Glyph shape="alert" /><p>{w.reopened(dateAndTime(Date.parse(shown.reopened_at), zone))}{shown.reopened_why !== null && <> {w.reopened_why(shown.reopened_why)}</>}</p></div>
      )}
      <Head shown={shown} />
      <Steps />
      {!isReadOnly.value && <Foot />}
    </>
  );
}

function Page(): VNode {
  const w = words();
  const shown = view.value;
  const title = isReadOnly.value && shown !== null ? w.title_over(number) : w.title(number);
  return (
    <OfficePage title={title} beside={<a class="no-print" href={`/sessions/${number}`}>{w.to_session}</a>}>
      {shown !== null ? <Content shown={shown} /> : trouble.value !== null ? <Trouble code={trouble.value} /> : <p class="card narrow" role="status">{common().loading}</p>}
    </OfficePage>
  );
}

/** Looks again while somebody looks at the page. */
function lookAgain(): void {
  if (document.visibilityState === "visible" && view.peek() !== null && !isReadOnly.peek() && saver.state.peek().is === "idle") void reload();
}

async function begin(): Promise<void> {
  const who = await requireSignIn();
  if (who === null) return;
  if (!isAdmin(who)) trouble.value = "forbidden";
  else if (!(await reload()) && trouble.peek() === "not_signed_in") signInAgain();
}

addEventListener("beforeunload", (event) => {
  if (wouldLose()) event.preventDefault();
});
document.addEventListener("visibilitychange", lookAgain);
setInterval(lookAgain, LOOK_AGAIN_MS);

void begin();
await ready;
const root = document.getElementById("page");
if (root) render(<Page />, root);
