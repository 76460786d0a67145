// A link just made, shown this once: as text to copy, and as a code to photograph.
import type { VNode } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "../parts/controls.tsx";
import { LinkCode, LinkText } from "../parts/secret_link.tsx";
import { newLink, words, written, type NewLink } from "./store.ts";

function Shown({ link }: { link: NewLink }): VNode {
  const w = words();
  const id = useId();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [link.id]);
  const close = (): void => {
    newLink.value = null;
    document.getElementById("content")?.focus();
  };
  return (
    <section class="card new-link" aria-labelledby={id}>
      <h2 id={id} ref={title} tabIndex={-1}>{w.link_title(link.email)}</h2>
      <p class="strong">{w.link_once}</p>
      <p class="hint">{w.link_until(written(link.expires_at))}</p>
      <LinkText url={link.url}>
        <Button onPress={close}>{w.link_close}</Button>
      </LinkText>
      <LinkCode svg={link.qr} />
    </section>
  );
}

/** The link, as long as it is not put away. */
export function JustMade(): VNode | null {
  return newLink.value === null ? null : <Shown link={newLink.value} />;
}
