// A link that holds a secret: as text to copy, and as a code to photograph.
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr/secret_link.ts";
import { Button } from "./controls.tsx";
import { copied } from "./copy.ts";

const words = catalogue(fr.secret_link, (en) => en.secret_link);

/** Gives an address for a drawing: the page's policy takes images from there, and no markup from outside. */
function useImage(svg: string): string {
  const [address, setAddress] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [svg]);
  return address;
}

/** The code. */
export function LinkCode({ svg }: { svg: string }): VNode | null {
  const image = useImage(svg);
  return image === "" ? null : <img class="qr" src={image} alt={words().code} width={232} height={232} />;
}

/** The text, and one tap to copy it; beside it what else may be done with the link. */
export function LinkText({ url, kind = "main", children }: { url: string; kind?: "main" | "soft"; children?: ComponentChildren }): VNode {
  const w = words();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const outcome = useSignal("");
  useEffect(() => void (outcome.value = ""), [url]);
  const copy = async (): Promise<void> => {
    outcome.value = (await copied(url)) ? w.copied : w.not_copied;
    field.current?.select();
  };
  return (
    <>
      <div class="field">
        <label for={id}>{w.label}</label>
        <input ref={field} id={id} class="link-text" value={url} readOnly spellcheck={false} onFocus={(event) => event.currentTarget.select()} />
      </div>
      <div class="buttons">
        <Button kind={kind} onPress={() => void copy()}>{w.copy}</Button>
        {children}
      </div>
      <p role="status" class="hint">{outcome.value}</p>
    </>
  );
}
