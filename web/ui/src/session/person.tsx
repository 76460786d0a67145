// The form of one candidate: to add somebody to the list, or to correct what stands there.
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { listed } from "../closing.ts";
import { extraMinutes, type SessionDetail } from "../exam_session.ts";
import type { Fault as HttpFault } from "../http.ts";
import { Button, Modal, common, refusalText } from "../parts/controls.tsx";
import { Choice, giveBack, Summary, Text, useForm, type Form } from "../parts/form.tsx";
import { bodyOf, EMPTY, extraTime, FIELDS, faultOf, judge, valuesOf, type Fault, type Name } from "./candidate_rules.ts";
import { words } from "./roster.tsx";
import { change, told, type Candidate } from "./store.ts";

export interface PersonProps {
  session: SessionDetail;
  /** Who is corrected; null: somebody new. */
  candidate: Candidate | null;
  onClose: () => void;
}

function labels(): Record<Name, string> {
  const w = words();
  return Object.fromEntries(FIELDS.map((name) => [name, w[name]])) as Record<Name, string>;
}

function textOf(fault: Fault): string {
  return fault === "required" ? common().required : words()[fault];
}

function spelled(faults: Partial<Record<Name, Fault>>): Partial<Record<Name, string>> {
  return Object.fromEntries(Object.entries(faults).map(([name, fault]) => [name, textOf(fault)])) as Partial<Record<Name, string>>;
}

function refused(form: Form<Name>, error: HttpFault): void {
  if (error.code === "candidate_duplicate") return giveBack(form, {}, refusalText(error.code));
  const named = Object.entries(error.fields ?? {}).filter((pair): pair is [Name, string] => (FIELDS as readonly string[]).includes(pair[0]));
  const faults = Object.fromEntries(named.map(([name, code]) => [name, faultOf(name, code)])) as Partial<Record<Name, Fault>>;
  giveBack(form, spelled(faults), named.length > 0 ? null : refusalText(error.code));
}

function Birthplace({ form }: { form: Form<Name> }): VNode {
  const w = words();
  return (
    <fieldset class="group">
      <legend>{w.birth_title}</legend>
      <Text form={form} name="birth_country" input={{ autocomplete: "off" }} />
      <Text form={form} name="birth_insee_code" hint={w.birth_insee_hint} input={{ autocomplete: "off", maxLength: 10 }} />
      <div class="pair">
        <Text form={form} name="birth_postal_code" input={{ autocomplete: "off" }} />
        <Text form={form} name="birth_town" input={{ autocomplete: "off" }} />
      </div>
    </fieldset>
  );
}

function Others({ form, minutes }: { form: Form<Name>; minutes: number }): VNode {
  const w = words();
  const percentage = extraTime(form.values.value.extra_time_percentage) ?? 0;
  return (
    <fieldset class="group">
      <legend>{w.contact_title}</legend>
      <Text form={form} name="extra_time_percentage" hint={w.extra_hint} need="optional" input={{ autocomplete: "off" }} />
      <p class="hint" role="status">{percentage > 0 && w.extra_is(extraMinutes(minutes, percentage))}</p>
      <Text form={form} name="results_email" need="optional" input={{ type: "email", autocomplete: "off" }} />
      <Text form={form} name="invitation_email" need="optional" input={{ type: "email", autocomplete: "off" }} />
      <Text form={form} name="external_id" need="optional" input={{ autocomplete: "off" }} />
    </fieldset>
  );
}

function Who({ form }: { form: Form<Name> }): VNode {
  const w = words();
  const sexes = [
    { value: "F", text: w.sex_f },
    { value: "M", text: w.sex_m },
  ];
  return (
    <>
      <Text form={form} name="last_name" input={{ autofocus: true, autocomplete: "off" }} />
      <Text form={form} name="first_name" input={{ autocomplete: "off" }} />
      <Text form={form} name="birthdate" input={{ type: "date" }} />
      <Choice form={form} name="sex" options={sexes} />
    </>
  );
}

/** Sends the form unless it has faults; gives the name that was written, or null when the form came back. */
async function send(form: Form<Name>, candidate: Candidate | null): Promise<string | null> {
  const values = form.values.value;
  const faults = judge(values, new Date().toISOString().slice(0, 10));
  if (Object.keys(faults).length > 0) {
    giveBack(form, spelled(faults));
    return null;
  }
  form.isBusy.value = true;
  const answer =
    candidate === null
      ? await change("POST", "/candidates", bodyOf(values))
      : await change("PATCH", `/candidates/${candidate.id}`, bodyOf(values, valuesOf(candidate)));
  form.isBusy.value = false;
  if (answer.ok) return listed(values);
  refused(form, answer.error);
  return null;
}

function Buttons({ isNew, isBusy, onAct, onClose }: { isNew: boolean; isBusy: boolean; onAct: (goesOn: boolean) => void; onClose: () => void }): VNode {
  const w = words();
  const act = isNew ? w.add_do : w.save_do;
  return (
    <div class="answers">
      <Button onPress={onClose}>{common().cancel}</Button>
      {isNew && <button type="submit" class="soft" aria-disabled={isBusy} onClick={() => onAct(true)}>{w.add_more}</button>}
      <button type="submit" class="main" aria-disabled={isBusy} onClick={() => onAct(false)}>{isBusy ? common().working : act}</button>
    </div>
  );
}

/** The dialog. After "add and continue" it stays, empty, for the next one. */
export function Person({ session, candidate, onClose }: PersonProps): VNode {
  const w = words();
  const form = useForm<Name>(candidate === null ? EMPTY : valuesOf(candidate), labels());
  const added = useSignal("");
  const goesOn = useRef(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const name = form.isBusy.value ? null : await send(form, candidate);
    if (name === null) return;
    if (goesOn.current) {
      added.value = w.added(name);
      form.values.value = EMPTY;
      document.getElementById(`${form.id}-last_name`)?.focus();
      return;
    }
    told.value = candidate === null ? w.added(name) : w.saved(name);
    onClose();
  };
  const title = candidate === null ? w.add_title : w.edit_title(listed(candidate));
  return (
    <Modal title={title} shape="sheet" onClose={onClose} fallback={() => document.getElementById("add-candidate")}>
      <p role="status" class={added.value ? "told" : ""}>{added.value}</p>
      <form noValidate onSubmit={(event) => void submit(event)}>
        <Summary form={form} />
        <Who form={form} />
        <Birthplace form={form} />
        <Others form={form} minutes={session.duration_minutes} />
        <Buttons isNew={candidate === null} isBusy={form.isBusy.value} onAct={(isMore) => (goesOn.current = isMore)} onClose={onClose} />
      </form>
    </Modal>
  );
}
