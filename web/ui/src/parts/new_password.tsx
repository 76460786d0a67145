// A new password, typed twice, that may be looked at.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { Text, type Form } from "./form.tsx";

export const passwordWords = catalogue(fr.new_password, (en) => en.new_password);

/** What the hub asks of a new password. */
const MIN_CHARACTERS = 12;
const MAX_CHARACTERS = 200;

export type Passwords = "new_password" | "again";

/** Says what is wrong with a new password typed twice. */
export function passwordFaults(typed: Record<Passwords, string>): Partial<Record<Passwords, string>> {
  const w = passwordWords();
  // The hub counts characters as people do, and an emoji is two units of a string.
  if ([...typed.new_password].length < MIN_CHARACTERS) return { new_password: w.too_short };
  return typed.again === typed.new_password ? {} : { again: w.not_the_same };
}

/** The two fields, and the choice to see what is typed. */
export function NewPassword<Name extends string>({ form }: { form: Form<Name | Passwords> }): VNode {
  const w = passwordWords();
  const isShown = useSignal(false);
  const shared = { autocomplete: "new-password", autocapitalize: "none", maxLength: MAX_CHARACTERS, spellcheck: false } as const;
  const input = isShown.value ? { ...shared, type: "text" as const } : { ...shared, type: "password" as const };
  return (
    <>
      <Text form={form} name="new_password" hint={w.hint} input={input} />
      <Text form={form} name="again" input={input} />
      <label class="tick">
        <input type="checkbox" checked={isShown.value} onChange={(event) => (isShown.value = event.currentTarget.checked)} />
        <span>{w.show}</span>
      </label>
    </>
  );
}
