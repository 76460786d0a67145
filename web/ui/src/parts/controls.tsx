// Parts every screen shares: text of a refusal, language switch, fields, buttons that keep focus, dialogs.
import type { ComponentChildren, JSX, VNode } from "preact";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
import * as fr from "../locales/fr.ts";
import { catalogue, language, speak } from "../locale.ts";
import { SHAPES, type Shape } from "./icons.tsx";

export const common = catalogue(fr.common, (en) => en.common);
const refusals = catalogue(fr.refusals, (en) => en.refusals);
const unknown = catalogue(fr.unknown, (en) => en.unknown);

let further: () => Readonly<Record<string, string>> = () => ({});

/** Adds the words of codes that only some pages hear. */
export function alsoRefused(words: () => Readonly<Record<string, string>>): void {
  further = words;
}

/** Gives the text of a code of error, in the language. */
export function refusalText(code: string): string {
  const known: Record<string, string> = { ...further(), ...refusals() };
  return known[code] ?? unknown().refusal(code);
}

/** An icon by its name. */
export function Glyph({ shape }: { shape: Shape }): VNode {
  return SHAPES[shape]();
}

/** The two languages, each named in itself. */
export function LanguageSwitch(): VNode {
  const other = language.value === "fr" ? "en" : "fr";
  const name = common().other_language;
  return (
    <button type="button" class="plain" lang={other} onClick={() => speak(other)}>
      {name}
    </button>
  );
}

interface ButtonProps {
  children: ComponentChildren;
  onPress: () => void;
  kind?: "main" | "soft" | "plain" | "danger";
  /** Why it waits: the button stays focusable and says so. */
  waits?: string | undefined;
  label?: string | undefined;
  id?: string;
  autofocus?: boolean;
}

/** A button that waits without being disabled, so that focus is never lost under a finger or a key. */
export function Button({ children, onPress, kind = "soft", waits, label, id, autofocus }: ButtonProps): VNode {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (autofocus) button.current?.focus();
  }, []);
  const press = (): void => {
    if (waits === undefined) onPress();
  };
  return (
    <button
      ref={button}
      type="button"
      class={kind}
      id={id}
      aria-label={label}
      aria-disabled={waits !== undefined}
      title={waits}
      onClick={press}
    >
      {children}
    </button>
  );
}

interface LabelledProps {
  label: string;
  hint?: string | undefined;
  error?: string | null | undefined;
  /** Says beside the label whether the field may stay empty; left out where every field is alike. */
  need?: "mandatory" | "optional" | undefined;
  /** Fixed where something else on the page leads to the field. */
  id?: string | undefined;
}

interface FieldProps extends LabelledProps {
  value: string;
  onInput: (value: string) => void;
  input?: JSX.IntrinsicElements["input"];
}

interface AreaProps extends LabelledProps {
  value: string;
  onInput: (value: string) => void;
  rows?: number;
}

/** What ties a field to its hint and its error. */
function ties(id: string, { hint, error, need }: LabelledProps) {
  const told = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return {
    id,
    "aria-describedby": told || undefined,
    "aria-invalid": error ? true : undefined,
    "aria-required": need === "mandatory" ? true : undefined,
  };
}

function Labelled({ id, label, hint, error, need, children }: LabelledProps & { id: string; children: VNode }): VNode {
  return (
    <div class="field">
      <label for={id}>
        {label} {need && <small>({common()[need]})</small>}
      </label>
      {hint && <span class="hint" id={`${id}-hint`}>{hint}</span>}
      {children}
      {error && <span class="error" id={`${id}-error`}>{error}</span>}
    </div>
  );
}

/** A labelled input whose hint and error are tied to it. */
export function Field({ value, onInput, input, ...labels }: FieldProps): VNode {
  const own = useId();
  const id = labels.id ?? own;
  return (
    <Labelled {...labels} id={id}>
      <input {...input} {...ties(id, labels)} value={value} onInput={(event) => onInput(event.currentTarget.value)} />
    </Labelled>
  );
}

/** The same for several lines. Its length is judged, not cut: what was pasted is never lost. */
export function Area({ value, onInput, rows = 3, ...labels }: AreaProps): VNode {
  const own = useId();
  const id = labels.id ?? own;
  return (
    <Labelled {...labels} id={id}>
      <textarea {...ties(id, labels)} rows={rows} value={value} onInput={(event) => onInput(event.currentTarget.value)} />
    </Labelled>
  );
}

interface ModalProps {
  title: string;
  children: ComponentChildren;
  onClose: () => void;
  /** A sheet opens from the bottom of a phone; a question stands in the middle. */
  shape?: "sheet" | "question";
  /** Where focus goes when what opened the dialog has left the page. */
  fallback?: () => HTMLElement | null;
}

/** A modal dialog: focus goes in, stays in, and returns to what opened it. */
export function Modal({ title, children, onClose, shape = "question", fallback }: ModalProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const opener = useRef(document.activeElement);
  const later = useRef(fallback);
  later.current = fallback;
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => {
      element?.close();
      const target = opener.current instanceof HTMLElement && opener.current.isConnected ? opener.current : later.current?.();
      target?.focus();
    };
  }, []);
  const cancel = (event: Event): void => {
    event.preventDefault();
    onClose();
  };
  // A tap beside the dialog closes it: the dialog element itself is hit only outside its content.
  const beside = (event: MouseEvent): void => {
    if (event.target === dialog.current) onClose();
  };
  return (
    <dialog ref={dialog} class={shape} aria-labelledby={id} onCancel={cancel} onClick={beside}>
      <div class="dialog-body">
        <header>
          <h2 id={id}>{title}</h2>
          <button type="button" class="plain square" aria-label={common().close} onClick={onClose}>
            <Glyph shape="cross" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** An error that is read aloud when it comes; with an id, what it is about can point at it. */
export function Problem({ text, id }: { text: string | null; id?: string }): VNode {
  return (
    <div role="alert" id={id} class={text ? "problem" : ""}>
      {text && (
        <>
          <Glyph shape="alert" />
          <span>{text}</span>
        </>
      )}
    </div>
  );
}
