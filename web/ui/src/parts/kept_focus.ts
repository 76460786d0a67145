// Focus inside a part of the page whose elements are moved and taken away as events come.
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** Keeps focus on what had it, also when that was moved; when it went, focus goes to the part's own heading. */
export function useKeptFocus(part: RefObject<HTMLElement | null>, heading: RefObject<HTMLElement | null>): void {
  const focused = document.activeElement;
  const held = focused instanceof HTMLElement && part.current?.contains(focused) ? focused : null;
  useLayoutEffect(() => {
    // A browser that cannot move an element in place takes focus away from it.
    if (held !== null && document.activeElement === document.body) (held.isConnected ? held : heading.current)?.focus({ preventScroll: true });
  });
}
