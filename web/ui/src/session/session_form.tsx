// The form of a session: to make one, to change one, to hold one again with those who have not finished.
import type { VNode } from "preact";
import { centerChoices } from "../centers.ts";
import { invigilatorNames, type SessionDetail } from "../exam_session.ts";
import { words as exam } from "../exam_words.ts";
import type { Answer, Fault } from "../http.ts";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { Button, Modal, common, refusalText } from "../parts/controls.tsx";
import { giveBack, Lines, Select, Summary, Text, useForm, type Form } from "../parts/form.tsx";

export const words = catalogue(fr.session_form, (en) => en.session_form);

type Name = "center" | "site" | "room" | "date" | "start_time" | "invigilators" | "observations" | "duration_minutes";
type Purpose = "create" | "edit" | "successor";

const FIELDS: Record<Purpose, readonly Name[]> = {
  create: ["center", "site", "room", "date", "start_time", "invigilators", "observations", "duration_minutes"],
  edit: ["site", "room", "date", "start_time", "invigilators", "observations", "duration_minutes"],
  successor: ["date", "start_time", "site", "room", "invigilators"],
};
const MANDATORY: readonly Name[] = ["site", "room", "date", "start_time", "duration_minutes"];
const LONGEST: Partial<Record<Name, number>> = { site: 100, room: 100, invigilators: 300, observations: 1000 };
const USUAL_MINUTES = 105;
const MINUTES_AT_MOST = 1440;

interface SessionDialogProps {
  purpose: Purpose;
  title: string;
  /** What the button says that sends it. */
  act: string;
  /** What it leads to, where that needs a sentence. */
  lead?: string;
  /** What it begins with: the session to change, or to hold again. */
  from?: SessionDetail;
  /** Sites used before, to choose from. */
  sites?: readonly string[];
  onSend: (body: object) => Promise<Answer<unknown>>;
  onClose: () => void;
}

function first(purpose: Purpose, from: SessionDetail | undefined): Record<Name, string> {
  const isNew = purpose !== "edit";
  return {
    center: "",
    site: from?.site ?? "",
    room: from?.room ?? "",
    date: isNew ? "" : (from?.date ?? ""),
    start_time: from?.start_time.slice(0, 5) ?? "",
    invigilators: invigilatorNames(from?.invigilators ?? "").join("\n"),
    observations: from?.observations ?? "",
    duration_minutes: String(from?.duration_minutes ?? USUAL_MINUTES),
  };
}

/** Writes the values as the hub takes them. */
function bodyOf(values: Record<Name, string>, purpose: Purpose, hasChoice: boolean): Record<string, string | number> {
  const body: Record<string, string | number> = {};
  for (const name of FIELDS[purpose]) {
    const text = values[name].trim();
    if (name === "center") {
      if (hasChoice) body["center"] = Number(text);
    } else if (name === "duration_minutes") body[name] = Number(text);
    else body[name] = name === "invigilators" ? invigilatorNames(text).join(", ") : text;
  }
  return body;
}

function wrongText(name: Name): string {
  const w = words();
  if (name === "date") return w.bad_date;
  if (name === "start_time") return w.bad_time;
  if (name === "duration_minutes") return w.bad_duration;
  return name === "center" ? w.bad_center : w.bad_text;
}

function isRight(name: Name, text: string): boolean {
  if (name === "duration_minutes") return /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MINUTES_AT_MOST;
  if (name === "date") return /^\d{4}-\d\d-\d\d$/.test(text) && text >= "1900" && text < "2201";
  if (name === "start_time") return /^\d\d:\d\d$/.test(text);
  return text.length <= (LONGEST[name] ?? Infinity);
}

/** Finds what is wrong before anything is sent. */
function judge(values: Record<Name, string>, purpose: Purpose, hasChoice: boolean): Partial<Record<Name, string>> {
  const wrong: Partial<Record<Name, string>> = {};
  for (const name of FIELDS[purpose]) {
    const text = values[name].trim();
    if (text === "" && (MANDATORY.includes(name) || (name === "center" && hasChoice))) wrong[name] = common().required;
    else if (text !== "" && !isRight(name, text)) wrong[name] = wrongText(name);
  }
  return wrong;
}

/** Reads the hub's answer as faults of the fields it names. */
function faultsOf(error: Fault, purpose: Purpose): [Partial<Record<Name, string>>, string | null] {
  const named = Object.keys(error.fields ?? {}).filter((name): name is Name => (FIELDS[purpose] as readonly string[]).includes(name));
  const textOf = (name: Name): string => (error.fields?.[name] === "required" ? common().required : wrongText(name));
  const wrong = Object.fromEntries(named.map((name) => [name, textOf(name)])) as Partial<Record<Name, string>>;
  return [wrong, named.length > 0 ? null : refusalText(error.code)];
}

function Sites({ form, sites, isFirst }: { form: Form<Name>; sites: readonly string[]; isFirst: boolean }): VNode {
  const list = `${form.id}-sites`;
  return (
    <>
      <Text form={form} name="site" input={{ autofocus: isFirst, autocomplete: "off", list: sites.length > 0 ? list : undefined }} />
      {sites.length > 0 && <datalist id={list}>{sites.map((site) => <option key={site} value={site} />)}</datalist>}
    </>
  );
}

function labels(): Record<Name, string> {
  const w = exam();
  return {
    center: w.center,
    site: w.site,
    room: w.room,
    date: w.date,
    start_time: w.start_time,
    invigilators: w.invigilators,
    observations: w.observations,
    duration_minutes: w.duration_minutes,
  };
}

function Fields({ form, sites, isWhole }: { form: Form<Name>; sites: readonly string[]; isWhole: boolean }): VNode {
  return (
    <>
      <Sites form={form} sites={sites} isFirst={isWhole} />
      <Text form={form} name="room" input={{ autocomplete: "off" }} />
      <div class="pair">
        <Text form={form} name="date" input={{ type: "date", autofocus: !isWhole }} />
        <Text form={form} name="start_time" input={{ type: "time" }} />
      </div>
      {isWhole && <Text form={form} name="duration_minutes" input={{ inputMode: "numeric", autocomplete: "off" }} />}
      <Lines form={form} name="invigilators" hint={words().invigilators_hint} rows={2} need="optional" />
      {isWhole && <Lines form={form} name="observations" need="optional" />}
    </>
  );
}

/** The dialog. It stays open with what was typed until the hub has said yes. */
export function SessionDialog({ purpose, title, act, lead, from, sites = [], onSend, onClose }: SessionDialogProps): VNode {
  const form = useForm<Name>(first(purpose, from), labels());
  const centers = purpose === "create" ? centerChoices() : [];
  const hasChoice = centers.length > 1;
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (form.isBusy.value) return;
    const wrong = judge(form.values.value, purpose, hasChoice);
    if (Object.keys(wrong).length > 0) return giveBack(form, wrong);
    form.isBusy.value = true;
    const answer = await onSend(bodyOf(form.values.value, purpose, hasChoice));
    if (answer.ok) onClose();
    else giveBack(form, ...faultsOf(answer.error, purpose));
  };
  return (
    <Modal title={title} shape="sheet" onClose={onClose}>
      {lead && <p>{lead}</p>}
      <form noValidate onSubmit={(event) => void send(event)}>
        <Summary form={form} />
        {hasChoice && <Select form={form} name="center" options={centers} />}
        <Fields form={form} sites={sites} isWhole={purpose !== "successor"} />
        <div class="answers">
          <Button onPress={onClose}>{common().cancel}</Button>
          <button type="submit" class="main" aria-disabled={form.isBusy.value}>{form.isBusy.value ? common().working : act}</button>
        </div>
      </form>
    </Modal>
  );
}
