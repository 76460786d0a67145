// Where focus goes when one screen takes the place of another: to its title, and never away from where somebody is.
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Gives a title the focus when the screen comes, and again when `moved` changes, but only if nothing else has it. */
export function useLanding(moved: unknown = null): RefObject<HTMLHeadingElement | null> {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const { activeElement } = document;
    if (activeElement === null || activeElement === document.body) title.current?.focus({ preventScroll: true });
  }, [moved]);
  return title;
}
