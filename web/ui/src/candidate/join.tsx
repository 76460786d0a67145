// The first page of a candidate: which session, and who.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { Field, Problem, common, refusalText } from "../parts/controls.tsx";
import { identify, words } from "./store.ts";

/** Reads 09/04/2007, 9.4.2007, 09 04 2007, 09042007 or 2007-04-09 as 2007-04-09; null when it is no date. */
export function readDate(text: string): string | null {
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim());
  const local = /^(\d{1,2})[\s/.-]+(\d{1,2})[\s/.-]+(\d{4})$/.exec(text.trim()) ?? /^(\d{2})(\d{2})(\d{4})$/.exec(text.trim());
  const parts = iso ? [iso[1], iso[2], iso[3]] : local ? [local[3], local[2], local[1]] : null;
  if (parts === null) return null;
  const [year, month, day] = parts.map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  const isReal = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal ? date.toISOString().slice(0, 10) : null;
}

/** The form; its errors are told by field, the hub's answer in one message. */
export function Join(): VNode {
  const w = words();
  const asked = new URLSearchParams(location.search).get("session") ?? "";
  const number = useSignal(asked);
  const lastName = useSignal("");
  const firstName = useSignal("");
  const birthdate = useSignal("");
  const isTried = useSignal(false);
  const isBusy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const read = readDate(birthdate.value);
  const isNumber = /^\d{1,9}$/.test(number.value.trim());
  const missing = (text: string): string | null => (isTried.value && text.trim() === "" ? common().required : null);
  const go = async (event: Event): Promise<void> => {
    event.preventDefault();
    isTried.value = true;
    problem.value = null;
    if (isBusy.value || read === null || !isNumber || !lastName.value.trim() || !firstName.value.trim()) return;
    isBusy.value = true;
    problem.value = await identify(Number(number.value), lastName.value.trim(), firstName.value.trim(), read);
    isBusy.value = false;
  };
  return (
    <form class="card narrow" onSubmit={(event) => void go(event)} noValidate>
      <h1>{w.join_title}</h1>
      <p class="lead">{w.join_lead}</p>
      <Field label={w.number} hint={w.number_hint} value={number.value} onInput={(text) => (number.value = text)}
        error={isTried.value && !isNumber ? w.number_invalid : null} input={{ inputMode: "numeric", autocomplete: "off", maxLength: 9 }} />
      <Field label={w.last_name} value={lastName.value} onInput={(text) => (lastName.value = text)}
        error={missing(lastName.value)} input={{ autocomplete: "family-name", maxLength: 100 }} />
      <Field label={w.first_name} value={firstName.value} onInput={(text) => (firstName.value = text)}
        error={missing(firstName.value)} input={{ autocomplete: "given-name", maxLength: 100 }} />
      <Field label={w.birthdate} hint={w.birthdate_hint} value={birthdate.value} onInput={(text) => (birthdate.value = text)}
        error={isTried.value && read === null ? w.birthdate_invalid : null} input={{ autocomplete: "bday", maxLength: 10 }} />
      <Problem text={problem.value === null ? null : refusalText(problem.value)} />
      <button type="submit" class="main wide" aria-disabled={isBusy.value}>{isBusy.value ? w.joining : w.join}</button>
    </form>
  );
}
