// What is asked before something happens to somebody's account, and the form of an invitation.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { Button, Modal, Problem, common, refusalText } from "../parts/controls.tsx";
import { Choice, Summary, Text, giveBack, useForm } from "../parts/form.tsx";
import { account, type Role } from "../office.ts";
import { centers, makeLink, roleName, setDisabled, words, type Member } from "./store.ts";

export interface AskProps {
  member: Member;
  onClose: () => void;
}

interface QuestionProps {
  title: string;
  lines: readonly string[];
  confirm: string;
  kind: "main" | "danger";
  deed: () => Promise<string | null>;
  onClose: () => void;
}

/** A question with a safe answer under the finger; what went wrong stands in it. */
function Question({ title, lines, confirm, kind, deed, onClose }: QuestionProps): VNode {
  const isBusy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const go = async (): Promise<void> => {
    isBusy.value = true;
    problem.value = await deed();
    isBusy.value = false;
    if (problem.value === null) onClose();
  };
  return (
    <Modal title={title} onClose={onClose}>
      {lines.map((line) => <p key={line}>{line}</p>)}
      <Problem text={problem.value === null ? null : refusalText(problem.value)} />
      <div class="answers">
        <Button autofocus onPress={onClose}>{common().cancel}</Button>
        <Button kind={kind} waits={isBusy.value ? common().working : undefined} onPress={() => void go()}>{confirm}</Button>
      </div>
    </Modal>
  );
}

/** Before somebody is kept out. */
export function AskDisable({ member, onClose }: AskProps): VNode {
  const w = words();
  return (
    <Question title={w.disable_title(member.name)} lines={[w.disable_lead]} confirm={w.disable_confirm} kind="danger"
      deed={() => setDisabled(member, true)} onClose={onClose} />
  );
}

/** Before a link for a new password is made. */
export function AskReset({ member, onClose }: AskProps): VNode {
  const w = words();
  const make = async (): Promise<string | null> => {
    const answer = await makeLink({ account: member.id });
    return answer.ok ? null : answer.error.code;
  };
  return (
    <Question title={w.reset_title(member.name)} lines={[w.reset_lead, w.reset_then]} confirm={w.reset_make} kind="main"
      deed={make} onClose={onClose} />
  );
}

type Name = "email" | "role" | "centers";

/** The roles that this person may invite. */
function invitable(): readonly Role[] {
  return account.value?.role === "operator" ? ["center_admin", "invigilator", "jury", "operator"] : ["invigilator", "center_admin"];
}

interface CentersProps {
  id: string;
  chosen: readonly number[];
  onChoose: (chosen: number[]) => void;
  error: string | undefined;
  hint: string | undefined;
}

function Centers({ id, chosen, onChoose, error, hint }: CentersProps): VNode {
  const toggle = (center: number, isChosen: boolean): void => {
    onChoose(isChosen ? [...chosen, center] : chosen.filter((one) => one !== center));
  };
  return (
    <fieldset class="field choice" aria-describedby={error ? `${id}-error` : undefined}>
      <legend>{words().centers}</legend>
      {hint && <span class="hint">{hint}</span>}
      <div class="center-choice">
        {(centers.value ?? []).map((center, index) => (
          <label key={center.id} class="tick">
            <input type="checkbox" id={index === 0 ? id : undefined} checked={chosen.includes(center.id)}
              onChange={(event) => toggle(center.id, event.currentTarget.checked)} />
            <span>{center.name}</span>
          </label>
        ))}
      </div>
      {error && <span class="error" id={`${id}-error`}>{error}</span>}
    </fieldset>
  );
}

/** Says under each field what the hub found wrong; a code that is no field's stands above them all. */
function faultsOf(code: string, fields: Record<string, string> | null | undefined): Partial<Record<Name, string>> {
  const w = words();
  if (code === "email_taken") return { email: refusalText(code) };
  const found = Object.keys(fields ?? {});
  return {
    ...(found.includes("email") && { email: w.email_wrong }),
    ...(found.some((one) => one.startsWith("centers")) && { centers: w.centers_missing }),
  };
}

/** The form. */
export function Invite({ onClose }: { onClose: () => void }): VNode {
  const w = words();
  const form = useForm<Name>({ email: "", role: invitable()[0] ?? "", centers: "" }, { email: w.email, role: w.role, centers: w.centers });
  const role = form.values.value.role as Role;
  const all = centers.value ?? [];
  const chosen = useSignal<number[]>(all.length === 1 && account.value?.role === "center_admin" ? all.map((one) => one.id) : []);
  const isOwnOnly = all.length === 1 && account.value?.role === "center_admin";
  const hasCenters = !isOwnOnly && (role === "center_admin" || (role === "invigilator" && all.length > 0));
  const isOptional = role === "invigilator" && account.value?.role === "operator";
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (form.isBusy.value) return;
    const email = form.values.value.email.trim();
    const wrong: Partial<Record<Name, string>> = {
      ...(!/^\S+@\S+\.\S+$/.test(email) && { email: w.email_wrong }),
      ...(hasCenters && !isOptional && chosen.value.length === 0 && { centers: w.centers_missing }),
    };
    if (Object.keys(wrong).length > 0) return giveBack(form, wrong);
    form.isBusy.value = true;
    const answer = await makeLink({ email, role, centers: hasCenters || isOwnOnly ? chosen.value : [] });
    if (answer.ok) return onClose();
    const found = faultsOf(answer.error.code, answer.error.fields);
    giveBack(form, found, Object.keys(found).length > 0 ? null : refusalText(answer.error.code));
  };
  return (
    <Modal title={w.invite_title} onClose={onClose}>
      <form onSubmit={(event) => void send(event)} noValidate>
        <p class="hint">{w.invite_lead}</p>
        <Summary form={form} />
        <Text form={form} name="email" hint={w.email_hint} input={{ type: "email", autocomplete: "off", maxLength: 254 }} />
        <Choice form={form} name="role" options={invitable().map((one) => ({ value: one, text: roleName(one) }))} />
        {hasCenters && (
          <Centers id={`${form.id}-centers`} chosen={chosen.value} error={form.wrong.value.centers} hint={isOptional ? w.centers_optional : undefined}
            onChoose={(ids) => {
              chosen.value = ids;
              form.set("centers", "");
            }} />
        )}
        <div class="answers">
          <Button onPress={onClose}>{common().cancel}</Button>
          <button type="submit" class="main" aria-disabled={form.isBusy.value}>{form.isBusy.value ? common().working : w.invite_make}</button>
        </div>
      </form>
    </Modal>
  );
}
