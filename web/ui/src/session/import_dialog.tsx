// A list of candidates into this session, in a dialog.
import type { VNode } from "preact";
import { Importer } from "../home/import.tsx";
import { Modal } from "../parts/controls.tsx";
import { words } from "./roster.tsx";
import { number, read } from "./store.ts";

/** The dialog. */
export function ImportDialog({ onClose }: { onClose: () => void }): VNode {
  return (
    <Modal title={words().import} shape="sheet" onClose={onClose}>
      <Importer into={number} onDone={() => void read()} />
    </Modal>
  );
}
