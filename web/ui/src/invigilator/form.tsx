// What the dialogs' forms share: the answers with what hinders them, ready texts, and focus that goes where it is needed.
import type { ComponentChildren, VNode } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr/dialogs.ts";
import { Button, Problem } from "../parts/controls.tsx";
import { waits } from "./commands.ts";
import type { Sending } from "./sending.ts";

export const texts = catalogue(fr.dialogs, (en) => en.dialogs);

interface FormProps {
  children: ComponentChildren;
  sending: Sending;
  /** What that button says while it is under way, where the dialog knows better. */
  underWay?: () => string | null;
  /** What the button that sends says. */
  action: string;
  /** Checks what was typed; false keeps the form, with focus on the first field that is wrong. */
  isRight: () => boolean;
  onSend: () => void;
  /** The other answer: what it says, what it does. */
  other: { text: string; onPress: () => void };
  /** Moves focus to the first field at once: for a form that takes the place of something else in an open dialog. */
  takesFocus?: boolean;
}

/** A form of a dialog. */
export function Form({ children, sending, underWay = sending.underWay, action, isRight, onSend, other, takesFocus = false }: FormProps): VNode {
  const form = useRef<HTMLFormElement>(null);
  const id = useId();
  const isWrong = useRef(false);
  useLayoutEffect(() => {
    if (takesFocus) form.current?.querySelector<HTMLElement>("input, textarea, button[type=submit]")?.focus();
  }, []);
  useLayoutEffect(() => {
    if (isWrong.current) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
    isWrong.current = false;
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    if (sending.isUnderWay.value || waits.value !== undefined) return;
    if (isRight()) onSend();
    else isWrong.current = true;
  };
  const why = waits.value;
  const isUnderWay = sending.isUnderWay.value;
  const told = [why ? `${id}-why` : "", sending.problem.value ? `${id}-problem` : ""].filter(Boolean).join(" ");
  return (
    <form ref={form} onSubmit={submit} noValidate>
      {children}
      <Problem id={`${id}-problem`} text={sending.problem.value} />
      {why !== undefined && <p class="why" id={`${id}-why`}>{why}</p>}
      <footer class="answers">
        <Button onPress={other.onPress}>{other.text}</Button>
        <button type="submit" class="main" aria-disabled={isUnderWay || why !== undefined} aria-describedby={told || undefined}>
          {underWay() ?? action}
        </button>
      </footer>
    </form>
  );
}

/** Texts to tap instead of typing. */
export function Ready({ label, texts: ready, onChoose }: { label: string; texts: readonly string[]; onChoose: (text: string) => void }): VNode {
  return (
    <div class="templates" role="group" aria-label={label}>
      {ready.map((text) => (
        <button key={text} type="button" class="soft" onClick={() => onChoose(text)}>{text}</button>
      ))}
    </div>
  );
}
