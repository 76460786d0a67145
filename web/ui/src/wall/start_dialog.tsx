// "Démarrer ensemble": who can and who cannot, then what became of each room, with the codes to be told.
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useSignal, type Signal } from "@preact/signals";
import { call } from "../http.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr/wall_start.ts";
import { Button, Glyph, Modal, common, refusalText } from "../parts/controls.tsx";
import type { Reply, RoomSummary } from "../wire.ts";
import { choose } from "./selection.ts";
import { attemptOf, startAll, whyNot, type Attempt, type Course, type Hub, type WhyNot } from "./starting.ts";
import * as store from "./store.ts";
import { roomName, roomTime, words } from "./words.ts";

const texts = catalogue(fr.wall_start, (en) => en.wall_start);

const hub: Hub = {
  command: (number, body) => call<Reply>("POST", `/sessions/${number}/commands`, body),
  accessCode: async (number) => {
    const answer = await call<{ access_code?: string }>("GET", `/sessions/${number}`);
    return answer.ok ? (answer.body.access_code ?? null) : null;
  },
  wait: (ms) => new Promise((done) => setTimeout(done, ms)),
};

function nameOf(number: number): string {
  const room = store.roomOf(number)?.peek();
  return room ? `${roomName(room)}, ${room.site}` : words().session(number);
}

function whyText(why: WhyNot, room: RoomSummary | undefined): string {
  const t = texts();
  if (why === "started" && room?.started_at) return t.why_started(roomTime(room, room.started_at));
  return t[why === "gone" ? "why_gone" : why === "closed" ? "why_closed" : "why_over"];
}

function remark(room: RoomSummary): string {
  const t = texts();
  const here = room.candidates === 0 ? words().nobody_listed : room.expected > 0 ? t.missing(room.expected) : t.all_here;
  return room.invigilators === 0 ? `${here}, ${t.nobody_there}` : here;
}

function Can({ numbers }: { numbers: readonly number[] }): VNode | null {
  if (numbers.length === 0) return null;
  return (
    <section class="group first">
      <h3>{texts().can(numbers.length)}</h3>
      <ul class="start-list">
        {numbers.map((number) => {
          const room = store.roomOf(number)?.value;
          return <li key={number}><b>{nameOf(number)}</b> {room && <small>{remark(room)}</small>}</li>;
        })}
      </ul>
    </section>
  );
}

function Cannot({ refused }: { refused: readonly { number: number; why: WhyNot }[] }): VNode | null {
  if (refused.length === 0) return null;
  return (
    <section class="group">
      <h3>{texts().cannot(refused.length)}</h3>
      <ul class="start-list">
        {refused.map(({ number, why }) => (
          <li key={number}><b>{nameOf(number)}</b> <small>{whyText(why, store.roomOf(number)?.value)}</small></li>
        ))}
      </ul>
    </section>
  );
}

interface PreviewProps {
  numbers: readonly number[];
  onClose: () => void;
  onGo: (numbers: number[]) => void;
}

function Preview({ numbers, onClose, onGo }: PreviewProps): VNode {
  const t = texts();
  const judged = numbers.map((number) => ({ number, why: whyNot(store.roomOf(number)?.value, store.now.value) }));
  const can = judged.filter((one) => one.why === null).map((one) => one.number);
  const refused = judged.flatMap(({ number, why }) => (why === null ? [] : [{ number, why }]));
  return (
    <Modal title={can.length > 0 ? t.title(can.length) : t.title_none} onClose={onClose}>
      {can.length > 0 && <p class="strong">{t.takes_over(can.length)}</p>}
      {can.length > 0 && <p>{t.effect}</p>}
      <Can numbers={can} />
      <Cannot refused={refused} />
      <footer class="answers">
        <Button autofocus onPress={onClose}>{can.length > 0 ? common().cancel : common().close}</Button>
        {can.length > 0 && <Button kind="main" onPress={() => onGo(can)}>{t.go(can.length)}</Button>}
      </footer>
    </Modal>
  );
}

function courseText(course: Course): string {
  const t = texts();
  switch (course.is) {
    case "waiting":
      return t.waiting;
    case "taking_over":
      return t.taking_over;
    case "starting":
      return t.starting;
    case "started":
      return course.isAlready ? t.was_started : t.started;
    case "failed":
      return (course.isHeld ? t.failed_held : t.failed)(refusalText(course.error));
  }
}

function Outcome({ number, course }: { number: number; course: Course }): VNode {
  const t = texts();
  const tone = course.is === "failed" ? "bad" : course.is === "started" ? "good" : "calm";
  return (
    <li class={`start-line ${tone}`}>
      <b>{nameOf(number)}</b>
      <span class={`start-course ${tone}`}>
        <Glyph shape={course.is === "failed" ? "alert" : course.is === "started" ? "check" : "clock"} /> {courseText(course)}
      </span>
      {course.is === "started" && (
        <span class="start-code"><small>{t.access_code}</small> <b>{course.code ?? t.code_unknown}</b></span>
      )}
    </li>
  );
}

interface ResultsProps {
  courses: Signal<ReadonlyMap<number, Course>>;
  isUnderWay: boolean;
  onClose: () => void;
  onAgain: (numbers: number[]) => void;
}

function Results({ courses, isUnderWay, onClose, onAgain }: ResultsProps): VNode {
  const t = texts();
  const all = [...courses.value];
  const failed = all.filter(([, course]) => course.is === "failed").map(([number]) => number);
  const started = all.filter(([, course]) => course.is === "started").length;
  return (
    <Modal title={isUnderWay ? t.title_running : t.title_done} onClose={() => !isUnderWay && onClose()}>
      <p role="status" class="strong">{isUnderWay ? t.title_running : t.done(started, failed.length)}</p>
      <ul class="start-list">{all.map(([number, course]) => <Outcome key={number} number={number} course={course} />)}</ul>
      <footer class="answers">
        {failed.length > 0 && <Button waits={isUnderWay ? common().working : undefined} onPress={() => onAgain(failed)}>{t.again(failed.length)}</Button>}
        <Button kind="main" autofocus waits={isUnderWay ? common().working : undefined} onPress={onClose}>{common().close}</Button>
      </footer>
    </Modal>
  );
}

/** The dialog, from the question to what came of it. */
export function StartDialog({ numbers, onClose }: { numbers: readonly number[]; onClose: () => void }): VNode {
  const courses = useSignal<ReadonlyMap<number, Course>>(new Map());
  const isUnderWay = useSignal(false);
  const attempts = useRef(new Map<number, Attempt>());
  const tell = (number: number, course: Course): void => {
    courses.value = new Map(courses.peek()).set(number, course);
  };
  const go = async (chosen: number[]): Promise<void> => {
    isUnderWay.value = true;
    // Rooms are let go of when they were acted on, not when somebody only looked.
    choose(false);
    for (const number of chosen) {
      if (!attempts.current.has(number)) attempts.current.set(number, attemptOf(number));
      tell(number, { is: "waiting" });
    }
    await startAll(hub, chosen.flatMap((number) => attempts.current.get(number) ?? []), tell);
    isUnderWay.value = false;
  };
  if (courses.value.size === 0) return <Preview key="preview" numbers={numbers} onClose={onClose} onGo={(chosen) => void go(chosen)} />;
  return <Results key="results" courses={courses} isUnderWay={isUnderWay.value} onClose={onClose} onAgain={(failed) => void go(failed)} />;
}
