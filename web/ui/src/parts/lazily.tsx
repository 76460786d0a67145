// Dialogs and views that are fetched when they are first asked for, so that no page waits for what nobody has opened yet.
import type { ComponentType, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { trouble } from "../office.ts";

/** Gives a component that loads on its first use; without a network it closes again and the page says why. */
export function lazily<P extends { onClose: () => void }>(load: () => Promise<ComponentType<P>>): (props: P) => VNode | null {
  let known: ComponentType<P> | null = null;
  return function Lazy(props: P): VNode | null {
    const found = useSignal(known);
    useEffect(() => {
      if (known !== null) return;
      load().then(
        (loaded) => {
          known = found.value = loaded;
        },
        () => {
          trouble.value = "network";
          props.onClose();
        },
      );
    }, []);
    const Dialog = found.value;
    return Dialog === null ? null : <Dialog {...props} />;
  };
}
