// Forms of many fields: what was typed, what is wrong with it, and one summary that leads to each fault.
import type { JSX, VNode } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { type Signal, useSignal } from "@preact/signals";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { Area, Field, Problem } from "./controls.tsx";

const words = catalogue(fr.long_form, (en) => en.long_form);

/** One form: a text per field, and a text per fault. */
export interface Form<Name extends string> {
  readonly id: string;
  readonly labels: Record<Name, string>;
  readonly values: Signal<Record<Name, string>>;
  readonly wrong: Signal<Partial<Record<Name, string>>>;
  /** What is wrong with the whole, not with one field. */
  readonly problem: Signal<string | null>;
  readonly isBusy: Signal<boolean>;
  /** How often it was sent and came back. */
  readonly returned: Signal<number>;
  set: (name: Name, value: string) => void;
}

/** Begins a form with its first values; the labels name the fields in the summary too. */
export function useForm<Name extends string>(first: Record<Name, string>, labels: Record<Name, string>): Form<Name> {
  const id = useId();
  const values = useSignal(first);
  const wrong = useSignal<Partial<Record<Name, string>>>({});
  const problem = useSignal<string | null>(null);
  const isBusy = useSignal(false);
  const returned = useSignal(0);
  const set = (name: Name, value: string): void => {
    values.value = { ...values.value, [name]: value };
    if (wrong.value[name] === undefined) return;
    const { [name]: _mended, ...others } = wrong.value;
    wrong.value = others as Partial<Record<Name, string>>;
  };
  return { id, labels, values, wrong, problem, isBusy, returned, set };
}

/** Hands a form back with its faults: the summary takes the focus. */
export function giveBack<Name extends string>(form: Form<Name>, wrong: Partial<Record<Name, string>>, problem: string | null = null): void {
  form.wrong.value = wrong;
  form.problem.value = problem;
  form.isBusy.value = false;
  form.returned.value += 1;
}

/** What is wrong, above the fields; each line leads to its field. */
export function Summary<Name extends string>({ form }: { form: Form<Name> }): VNode {
  const box = useRef<HTMLDivElement>(null);
  const faults = Object.entries(form.wrong.value) as [Name, string][];
  const times = form.returned.value;
  useEffect(() => {
    if (times > 0) box.current?.focus();
  }, [times]);
  if (faults.length === 0) return <div ref={box} tabIndex={-1}><Problem text={form.problem.value} /></div>;
  const go = (event: Event, name: Name): void => {
    // The address stays as it is: on some pages its last part chooses what is shown.
    event.preventDefault();
    document.getElementById(`${form.id}-${name}`)?.focus();
  };
  return (
    <div ref={box} tabIndex={-1} class="problem summary" role="group" aria-labelledby={`${form.id}-summary`}>
      <p id={`${form.id}-summary`} class="strong">{words().summary(faults.length)}</p>
      <ul>
        {faults.map(([name, text]) => (
          <li key={name}>
            <a href={`#${form.id}-${name}`} onClick={(event) => go(event, name)}>{form.labels[name]}</a>
            {` : ${text}`}
          </li>
        ))}
      </ul>
      {form.problem.value && <p>{form.problem.value}</p>}
    </div>
  );
}

interface TextProps<Name extends string> {
  form: Form<Name>;
  name: Name;
  hint?: string;
  need?: "mandatory" | "optional";
  input?: JSX.IntrinsicElements["input"];
}

function shared<Name extends string>({ form, name, hint, need }: TextProps<Name>) {
  return {
    id: `${form.id}-${name}`,
    label: form.labels[name],
    value: form.values.value[name],
    error: form.wrong.value[name],
    onInput: (text: string) => form.set(name, text),
    hint,
    need,
  };
}

/** One line of a form. */
export function Text<Name extends string>(props: TextProps<Name>): VNode {
  return <Field {...shared(props)} input={props.input ?? {}} />;
}

/** Several lines of a form. */
export function Lines<Name extends string>({ rows = 3, ...props }: TextProps<Name> & { rows?: number }): VNode {
  return <Area {...shared(props)} rows={rows} />;
}

interface ChoiceProps<Name extends string> {
  form: Form<Name>;
  name: Name;
  options: readonly { value: string; text: string }[];
}

/** One of many, out of a list that opens; nothing is chosen to begin with. */
export function Select<Name extends string>({ form, name, options }: ChoiceProps<Name>): VNode {
  const id = `${form.id}-${name}`;
  const error = form.wrong.value[name];
  return (
    <div class="field">
      <label for={id}>{form.labels[name]}</label>
      <select id={id} value={form.values.value[name]} aria-invalid={error ? true : undefined} aria-describedby={error ? `${id}-error` : undefined}
        onChange={(event) => form.set(name, event.currentTarget.value)}>
        <option value="" />
        {options.map((option) => <option key={option.value} value={option.value}>{option.text}</option>)}
      </select>
      {error && <span class="error" id={`${id}-error`}>{error}</span>}
    </div>
  );
}

/** One of a few, all of them in sight. */
export function Choice<Name extends string>({ form, name, options }: ChoiceProps<Name>): VNode {
  const id = `${form.id}-${name}`;
  const error = form.wrong.value[name];
  return (
    <fieldset class="field choice" aria-describedby={error ? `${id}-error` : undefined}>
      <legend>{form.labels[name]}</legend>
      <div class="buttons">
        {options.map((option, index) => (
          <label key={option.value} class="tick">
            <input type="radio" id={index === 0 ? id : undefined} name={id} value={option.value}
              checked={form.values.value[name] === option.value} onChange={() => form.set(name, option.value)} />
            <span>{option.text}</span>
          </label>
        ))}
      </div>
      {error && <span class="error" id={`${id}-error`}>{error}</span>}
    </fieldset>
  );
}
