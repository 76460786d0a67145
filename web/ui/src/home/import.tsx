// The import of a center: check the file, read what is wrong by line and column, confirm.
import type { VNode } from "preact";
import { useId, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { call } from "../http.ts";
import { Button, Problem, common, refusalText } from "../parts/controls.tsx";
import { importWords, refresh, words } from "./store.ts";

/** More lines than this help nobody: the file is corrected and checked again. */
const SHOWN_AT_MOST = 50;

interface Fault {
  line: number | null;
  column: string | null;
  code: string;
}

interface Checked {
  id: string | number;
  sessions: number;
  candidates: number;
  errors: Fault[];
  warnings: Fault[];
}

interface Done {
  sessions: { number: number; access_code: string; invigilator_password: string }[];
  candidates: number;
}

function faultText(code: string): string {
  const known: Record<string, string> = importWords();
  return known[code] ?? refusalText(code);
}

function Faults({ faults, title }: { faults: readonly Fault[]; title: string }): VNode | null {
  if (faults.length === 0) return null;
  const w = words();
  return (
    <div class="faults">
      <h3>{title}</h3>
      <div class="scrolls" tabIndex={0} role="region" aria-label={title}>
        <table>
          <thead><tr><th scope="col">{w.import_line}</th><th scope="col">{w.import_column}</th><th scope="col">{w.import_problem}</th></tr></thead>
          <tbody>
            {faults.slice(0, SHOWN_AT_MOST).map((fault, index) => (
              <tr key={index}><td>{fault.line ?? "–"}</td><td>{fault.column ?? "–"}</td><td>{faultText(fault.code)}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
      {faults.length > SHOWN_AT_MOST && <p class="hint">{w.import_more(faults.length - SHOWN_AT_MOST)}</p>}
    </div>
  );
}

function Receipt({ done }: { done: Done }): VNode {
  const w = words();
  return (
    <div class="receipt" role="status">
      <p class="strong">{w.import_done(done.candidates)}</p>
      <p class="hint">{w.import_keep}</p>
      <div class="scrolls" tabIndex={0} role="region" aria-label={w.import_keep}>
        <table>
          <thead><tr><th scope="col">{w.number}</th><th scope="col">{w.invigilator_password}</th><th scope="col">{w.access_code}</th></tr></thead>
          <tbody>
            {done.sessions.map((line) => (
              <tr key={line.number}><td>{line.number}</td><td><code>{line.invigilator_password}</code></td><td><code>{line.access_code}</code></td></tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** The two steps. */
export function Import(): VNode {
  const w = words();
  const id = useId();
  const picker = useRef<HTMLInputElement>(null);
  const isBusy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const checked = useSignal<Checked | null>(null);
  const done = useSignal<Done | null>(null);
  const forget = (): void => {
    checked.value = done.value = problem.value = null;
  };
  const check = async (event: Event): Promise<void> => {
    event.preventDefault();
    const file = picker.current?.files?.[0];
    if (file === undefined || isBusy.value) return;
    forget();
    isBusy.value = true;
    // What a browser calls a CSV file differs from one system to the next: the hub wants one type.
    const answer = await call<Checked>("POST", "/imports", new Blob([file], { type: "text/csv" }));
    isBusy.value = false;
    if (answer.ok) checked.value = answer.body;
    else problem.value = answer.error.code;
  };
  const confirm = async (): Promise<void> => {
    if (checked.value === null || isBusy.value) return;
    isBusy.value = true;
    const answer = await call<Done>("POST", `/imports/${checked.value.id}/confirm`, {});
    isBusy.value = false;
    if (!answer.ok) {
      problem.value = answer.error.code;
      return;
    }
    forget();
    done.value = answer.body;
    if (picker.current) picker.current.value = "";
    await refresh();
  };
  const found = checked.value;
  const errors = found?.errors ?? [];
  return (
    <section class="card import" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{w.import_title}</h2>
      <p class="hint">{w.import_lead}</p>
      <form onSubmit={(event) => void check(event)}>
        <div class="field">
          <label for={id}>{w.import_file}</label>
          <input ref={picker} id={id} type="file" accept=".csv,text/csv" required onChange={forget} />
        </div>
        <button type="submit" class="soft" aria-disabled={isBusy.value}>{isBusy.value && found === null ? w.import_checking : w.import_check}</button>
      </form>
      <Problem text={problem.value === null ? null : faultText(problem.value)} />
      <div role="status">
        {found && <p class="strong">{errors.length > 0 ? w.import_errors(errors.length) : w.import_found(found.sessions, found.candidates)}</p>}
      </div>
      {found && <Faults faults={errors} title={w.import_problem} />}
      {found && <Faults faults={found.warnings} title={w.import_warnings(found.warnings.length)} />}
      {found && errors.length === 0 && (
        <Button kind="main" waits={isBusy.value ? common().working : undefined} onPress={() => void confirm()}>{w.import_confirm(found.candidates)}</Button>
      )}
      {done.value && <Receipt done={done.value} />}
    </section>
  );
}
