// A link just made, shown this once: as text to copy, and as a code to photograph.
import type { VNode } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Button } from "../parts/controls.tsx";
import { copied } from "../parts/copy.ts";
import { newLink, words, written, type NewLink } from "./store.ts";

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

function Shown({ link }: { link: NewLink }): VNode {
  const w = words();
  const id = useId();
  const title = useRef<HTMLHeadingElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const outcome = useSignal("");
  const image = useImage(link.qr);
  useEffect(() => {
    title.current?.focus();
    outcome.value = "";
  }, [link.id]);
  const copy = async (): Promise<void> => {
    outcome.value = (await copied(link.url)) ? w.link_copied : w.link_not_copied;
    field.current?.select();
  };
  const close = (): void => {
    newLink.value = null;
    document.getElementById("content")?.focus();
  };
  return (
    <section class="card new-link" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`} ref={title} tabIndex={-1}>{w.link_title(link.email)}</h2>
      <p class="strong">{w.link_once}</p>
      <p class="hint">{w.link_until(written(link.expires_at))}</p>
      <div class="field">
        <label for={id}>{w.link_label}</label>
        <input ref={field} id={id} class="link-text" value={link.url} readOnly spellcheck={false} onFocus={(event) => event.currentTarget.select()} />
      </div>
      <div class="buttons">
        <Button kind="main" onPress={() => void copy()}>{w.link_copy}</Button>
        <Button onPress={close}>{w.link_close}</Button>
      </div>
      <p role="status" class="hint">{outcome.value}</p>
      {image && <img class="qr" src={image} alt={w.link_qr} width={232} height={232} />}
    </section>
  );
}

/** The link, as long as it is not put away. */
export function JustMade(): VNode | null {
  return newLink.value === null ? null : <Shown link={newLink.value} />;
}
