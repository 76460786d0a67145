// The way to the dialogs that are loaded later: fetched once the room is on the page, and again when that failed.
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { signal } from "@preact/signals";
import { Button, Modal, Problem, common } from "../parts/controls.tsx";
import { words } from "./announce.ts";
import { focusBack, type Later } from "./open.ts";

/** What is loaded later; null until then. */
export const dialogs = signal<typeof import("./dialogs.tsx") | null>(null);
const hasFailed = signal(false);
let isLoading = false;

/** Loads the dialogs, unless they are here or under way. */
export async function load(): Promise<void> {
  if (dialogs.peek() !== null || isLoading) return;
  isLoading = true;
  hasFailed.value = false;
  try {
    const loaded = await import("./dialogs.tsx");
    dialogs.value = loaded;
    loaded.tell();
  } catch {
    hasFailed.value = true;
  } finally {
    isLoading = false;
  }
}

/** A part of the page that comes a moment after the rest. */
export function Rest({ show }: { show: (here: typeof import("./dialogs.tsx")) => VNode }): VNode | null {
  useEffect(() => void load(), []);
  return dialogs.value && show(dialogs.value);
}

/** A dialog that may still have to be loaded: until then it says so, and a failure has a way on. */
export function LaterPlace({ what, onClose }: { what: Later; onClose: () => void }): VNode {
  useEffect(() => void load(), []);
  const here = dialogs.value;
  if (here !== null) return <here.LaterDialog what={what} />;
  const w = words();
  return (
    <Modal title={hasFailed.value ? w.loading_failed_title : common().loading} onClose={onClose} fallback={focusBack}>
      <Problem text={hasFailed.value ? w.loading_failed : null} />
      {/* A browser may remember that a file could not be had: a fresh page is then the way on. */}
      <footer class="answers">
        {hasFailed.value && <Button onPress={() => location.reload()}>{w.reload}</Button>}
        {hasFailed.value && <Button kind="main" onPress={() => void load()}>{common().retry}</Button>}
      </footer>
    </Modal>
  );
}
