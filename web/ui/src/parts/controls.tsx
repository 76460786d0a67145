// Parts every screen shares: text of a refusal, language switch, fields, buttons that keep focus, dialogs.
import type { ComponentChildren, JSX, VNode } from "preact";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
import * as fr from "../locales/fr.ts";
import { catalogue, language, speak } from "../locale.ts";
import { SHAPES, type Shape } from "./icons.tsx";

export const common = catalogue(fr.common, (en) => en.common);
const refusals = catalogue(fr.refusals, (en) => en.refusals);
const unknown = catalogue(fr.unknown, (en) => en.unknown);

/** Gives the text of a code of error, in the language. */
export function refusalText(code: string): string {
  const known: Record<string, string> = refusals();
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

interface FieldProps {
  label: string;
  hint?: string;
  error?: string | null;
  value: string;
  onInput: (value: string) => void;
  input?: JSX.IntrinsicElements["input"];
}

/** A labelled input whose hint and error are tied to it. */
export function Field({ label, hint, error, value, onInput, input }: FieldProps): VNode {
  const id = useId();
  const told = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && <span class="hint" id={`${id}-hint`}>{hint}</span>}
      <input
        {...input}
        id={id}
        value={value}
        aria-describedby={told || undefined}
        aria-invalid={error ? true : undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {error && <span class="error" id={`${id}-error`}>{error}</span>}
    </div>
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

/** An error that is read aloud when it comes. */
export function Problem({ text }: { text: string | null }): VNode {
  return (
    <div role="alert" class={text ? "problem" : ""}>
      {text && (
        <>
          <Glyph shape="alert" />
          <span>{text}</span>
        </>
      )}
    </div>
  );
}
