// An import in two steps: check the file, read what is wrong by line and column, confirm.
import type { VNode } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { useSignal, type Signal } from "@preact/signals";
import { centerChoices } from "../centers.ts";
import { words as exam } from "../exam_words.ts";
import { call, type Answer } from "../http.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { Button, Problem, common } from "../parts/controls.tsx";
import { upload } from "../upload.ts";
import { Faults, faultText, type Fault } from "./faults.tsx";

const words = catalogue(fr.importing, (en) => en.importing);

const BYTES_AT_MOST = 2 * 1024 * 1024;
const CSV = "text/csv";
const ODS = "application/vnd.oasis.opendocument.spreadsheet";

interface Checked {
  id: string;
  sessions: number;
  candidates: number;
  errors: Fault[];
  warnings: Fault[];
}

interface Done {
  sessions: { number: number; access_code: string; invigilator_password: string }[];
  candidates: number;
}

interface ImporterProps {
  /** The session that all candidates join; without it the file says which sessions there are. */
  into?: number;
  onDone: () => void;
}

/** What is known of one import, from the file to the receipt. */
interface Course {
  readonly isBusy: Signal<boolean>;
  /** The part of the file that has left, 0 to 1; null when nothing is being sent. */
  readonly sent: Signal<number | null>;
  readonly problem: Signal<string | null>;
  readonly checked: Signal<Checked | null>;
  readonly done: Signal<Done | null>;
}

// What a browser calls a CSV file differs from one system to the next: its name decides.
function typeOf(file: File): string {
  return /\.ods$/i.test(file.name) ? ODS : CSV;
}

/** Says why a file need not even be sent. */
function refusedHere(file: File, into: number | undefined): string | null {
  if (file.size > BYTES_AT_MOST) return "too_large";
  if (/\.(xlsx?|numbers|pdf|docx?)$/i.test(file.name)) return into === undefined ? "not_csv" : "not_csv_or_ods";
  return typeOf(file) === ODS && into === undefined ? "session_required" : null;
}

/** Reads the faults of a confirmation that was refused: `{"12": "code (column)"}`. */
function faultsIn(answer: Answer<unknown>): Fault[] {
  if (answer.ok) return [];
  return Object.entries(answer.error.fields ?? {}).map(([line, said]) => {
    const found = /^(\w+)(?: \((.*)\))?$/.exec(said);
    return { line: Number(line), column: found?.[2] ?? null, code: found?.[1] ?? said };
  });
}

function useCourse(): Course {
  return {
    isBusy: useSignal(false),
    sent: useSignal<number | null>(null),
    problem: useSignal<string | null>(null),
    checked: useSignal<Checked | null>(null),
    done: useSignal<Done | null>(null),
  };
}

function forget(course: Course): void {
  course.checked.value = course.done.value = course.problem.value = null;
}

async function check(course: Course, file: File, into: number | undefined, center: string): Promise<void> {
  forget(course);
  course.problem.value = refusedHere(file, into);
  if (course.problem.value !== null) return;
  course.isBusy.value = true;
  course.sent.value = 0;
  const wanted = new URLSearchParams();
  if (into !== undefined) wanted.set("session", String(into));
  if (center !== "") wanted.set("center", center);
  const typed = new Blob([file], { type: typeOf(file) });
  const answer = await upload<Checked>(`/imports?${wanted.toString()}`, typed, (part) => (course.sent.value = part));
  course.isBusy.value = false;
  course.sent.value = null;
  if (answer.ok) course.checked.value = answer.body;
  else course.problem.value = answer.error.code;
}

async function confirm(course: Course, onDone: () => void): Promise<void> {
  const found = course.checked.value;
  if (found === null || course.isBusy.value) return;
  course.isBusy.value = true;
  const answer = await call<Done>("POST", `/imports/${found.id}/confirm`, {});
  course.isBusy.value = false;
  if (answer.ok) {
    forget(course);
    course.done.value = answer.body;
    onDone();
    return;
  }
  course.problem.value = answer.error.code;
  const faults = faultsIn(answer);
  if (faults.length > 0) course.checked.value = { ...found, errors: faults };
}

function Receipt({ done, hasCodes }: { done: Done; hasCodes: boolean }): VNode {
  const w = words();
  const box = useRef<HTMLDivElement>(null);
  // The button that was pressed is gone: focus goes on to what came of it.
  useEffect(() => box.current?.focus(), []);
  return (
    <div ref={box} class="receipt" role="status" tabIndex={-1}>
      <p class="strong">{w.done(done.candidates)}</p>
      {hasCodes && (
        <>
          <p class="hint">{w.keep}</p>
          <div class="scrolls" tabIndex={0} role="region" aria-label={w.keep}>
            <table>
              <thead><tr><th scope="col">{exam().number}</th><th scope="col">{w.invigilator_password}</th><th scope="col">{w.access_code}</th></tr></thead>
              <tbody>
                {done.sessions.map((line) => (
                  <tr key={line.number}>
                    <td><a href={`/sessions/${line.number}`}>{exam().title(line.number)}</a></td>
                    <td><code>{line.invigilator_password}</code></td>
                    <td><code>{line.access_code}</code></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </div>
  );
}

function Sending({ sent }: { sent: number | null }): VNode | null {
  const w = words();
  const id = useId();
  if (sent === null) return null;
  const isSent = sent >= 1;
  return (
    <div class="sending">
      <label for={id}>{isSent ? w.checking : w.sending(Math.floor(sent * 100))}</label>
      {isSent ? <progress id={id} /> : <progress id={id} value={sent} max={1} />}
    </div>
  );
}

function Found({ course, into, onDone }: { course: Course; into: number | undefined; onDone: () => void }): VNode | null {
  const w = words();
  const found = course.checked.value;
  if (found === null) return null;
  const isRight = found.errors.length === 0;
  const summary = into === undefined ? w.found(found.sessions, found.candidates) : w.found_people(found.candidates);
  return (
    <>
      <div role="status">{isRight && <p class="strong">{summary}</p>}</div>
      {!isRight && <Faults key={found.id} faults={found.errors} title={w.errors(found.errors.length)} isGrave />}
      {found.warnings.length > 0 && <Faults faults={found.warnings} title={w.warnings(found.warnings.length)} />}
      {isRight && (
        <Button kind="main" waits={course.isBusy.value ? common().working : undefined} onPress={() => void confirm(course, onDone)}>{w.confirm(found.candidates)}</Button>
      )}
    </>
  );
}

function Center({ centers, value, onChoose }: { centers: readonly { value: string; text: string }[]; value: string; onChoose: (value: string) => void }): VNode {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{exam().center}</label>
      <select id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="" />
        {centers.map((one) => <option key={one.value} value={one.value}>{one.text}</option>)}
      </select>
    </div>
  );
}

/** The two steps, wherever they stand. */
export function Importer({ into, onDone }: ImporterProps): VNode {
  const w = words();
  const id = useId();
  const picker = useRef<HTMLInputElement>(null);
  const course = useCourse();
  const center = useSignal("");
  const isMany = into === undefined;
  const centers = isMany ? centerChoices() : [];
  const submit = (event: Event): void => {
    event.preventDefault();
    if (course.isBusy.value) return;
    const file = picker.current?.files?.[0];
    forget(course);
    if (!file) course.problem.value = "no_file";
    else if (centers.length > 1 && center.value === "") course.problem.value = "no_center";
    else void check(course, file, into, center.value);
  };
  const finish = (): void => {
    if (picker.current) picker.current.value = "";
    onDone();
  };
  return (
    <div class="import">
      <p class="hint">{isMany ? w.lead : w.lead_into}</p>
      <a class="download" href="/api/imports/template.csv" download>{w.template}</a>
      <form onSubmit={submit} noValidate>
        {centers.length > 1 && <Center centers={centers} value={center.value} onChoose={(value) => (center.value = value)} />}
        <div class="field">
          <label for={id}>{isMany ? w.file : w.file_or_sheet}</label>
          <input ref={picker} id={id} type="file" accept={isMany ? `.csv,${CSV}` : `.csv,.ods,${CSV},${ODS}`} onChange={() => forget(course)} />
        </div>
        <button type="submit" class="soft" aria-disabled={course.isBusy.value}>{w.check}</button>
      </form>
      <Sending sent={course.sent.value} />
      <Problem text={course.problem.value === null ? null : faultText(course.problem.value)} />
      <Found course={course} into={into} onDone={finish} />
      {course.done.value && <Receipt done={course.done.value} hasCodes={isMany} />}
    </div>
  );
}

/** The import of several sessions, on the home page. */
export function Import({ onDone }: { onDone: () => void }): VNode {
  return (
    <section class="card" id="import" tabIndex={-1} aria-labelledby="import-title">
      <h2 id="import-title">{words().title}</h2>
      <Importer onDone={onDone} />
    </section>
  );
}
