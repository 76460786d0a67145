// Step 2: documents, chosen or dropped, with what became of each in its place.
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { dateAndTime } from "../dates.ts";
import { language } from "../locale.ts";
import { Button, Glyph, Modal, Problem, common, refusalText } from "../parts/controls.tsx";
import { refocus } from "../parts/refocus.ts";
import { isReadOnly, number, view, words } from "./store.ts";
import { again, arrived, attach, discard, remove, uploads, type Upload } from "./uploads.ts";
import type { Attachment } from "../closing.ts";

const KIBI = 1024;
const CHOOSER_ID = "files";

/** Writes a size in the unit that says something. */
export function sizeText(bytes: number): string {
  const write = (value: number, digits: number): string =>
    new Intl.NumberFormat(language.value, { maximumFractionDigits: digits }).format(value);
  if (bytes < KIBI * KIBI) return words().kilobytes(write(Math.max(1, bytes / KIBI), 0));
  return words().megabytes(write(bytes / KIBI / KIBI, 1));
}

const OWN_TEXTS = ["too_large", "unsupported_media_type", "too_many_documents", "empty_file"] as const;

function faultText(code: string): string {
  const own = OWN_TEXTS.find((one) => one === code);
  return own === undefined ? refusalText(code) : words()[own];
}

function UploadLine({ upload }: { upload: Upload }): VNode {
  const w = words();
  const { name } = upload.file;
  // What is wrong with the file itself does not change by trying again.
  const mayRetry = upload.fault !== null && !OWN_TEXTS.some((one) => one === upload.fault);
  const leave = (does: (key: number) => void): void => {
    does(upload.key);
    refocus(CHOOSER_ID);
  };
  if (upload.fault === null) {
    return (
      <li class="upload">
        <span class="file-name">{w.sending(name, upload.percent)}</span>
        <progress aria-label={w.sending_label(name)} max={100} value={upload.percent} />
      </li>
    );
  }
  return (
    <li class="upload failed">
      <Problem text={w.not_sent(name, faultText(upload.fault))} />
      <div class="buttons">
        {mayRetry && <Button label={w.retry_for(name)} onPress={() => leave(again)}>{common().retry}</Button>}
        <Button label={w.discard_for(name)} onPress={() => leave(discard)}>{w.discard}</Button>
      </div>
    </li>
  );
}

function Chooser(): VNode {
  const w = words();
  const isOver = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    isOver.value = false;
    attach(event.dataTransfer?.files ?? []);
  };
  const over = (event: DragEvent): void => {
    event.preventDefault();
    isOver.value = true;
  };
  const choose = (): void => {
    attach(input.current?.files ?? []);
    // The same file may be chosen again after it was mended.
    if (input.current) input.current.value = "";
  };
  return (
    <div class={isOver.value ? "drop over" : "drop"} onDragOver={over} onDragLeave={() => (isOver.value = false)} onDrop={drop}>
      <input ref={input} id={CHOOSER_ID} class="only-heard" type="file" multiple accept="application/pdf,image/jpeg,image/png,.pdf,.jpg,.jpeg,.png" onChange={choose} />
      <label class="button soft" for={CHOOSER_ID}>{w.choose_files}</label>
      <span class="hint">{w.drop_here}</span>
    </div>
  );
}

function DocumentLine({ document: one, onDelete }: { document: Attachment; onDelete: () => void }): VNode {
  const w = words();
  const kind = one.media_type === "application/pdf" ? w.file_pdf : w.file_image;
  const zone = view.value?.session.time_zone ?? "UTC";
  return (
    <li class="document">
      <Glyph shape="note" />
      <div>
        <a href={`/api/sessions/${number}/documents/${one.id}`} download={one.name} aria-label={w.document_open(one.name)}>{one.name}</a>
        <small>{kind}, {sizeText(one.size_bytes)}, {w.document_by(one.by, dateAndTime(Date.parse(one.at), zone))}</small>
      </div>
      {!isReadOnly.value && <Button label={w.document_delete_for(one.name)} onPress={onDelete}>{w.document_delete}</Button>}
    </li>
  );
}

function Deletion({ document: one, onClose }: { document: Attachment; onClose: () => void }): VNode {
  const w = words();
  const problem = useSignal<string | null>(null);
  const isBusy = useSignal(false);
  const go = async (): Promise<void> => {
    isBusy.value = true;
    problem.value = await remove(one.id);
    isBusy.value = false;
    if (problem.value === null) onClose();
  };
  return (
    <Modal title={w.document_delete_title} onClose={onClose} fallback={() => document.getElementById("documents")}>
      <p class="file-name">{one.name}</p>
      <Problem text={problem.value === null ? null : refusalText(problem.value)} />
      <footer class="answers">
        <Button autofocus onPress={onClose}>{common().cancel}</Button>
        <Button kind="danger" waits={isBusy.value ? common().working : undefined} onPress={() => void go()}>{w.document_delete}</Button>
      </footer>
    </Modal>
  );
}

/** The step. */
export function Documents(): VNode {
  const w = words();
  const deleting = useSignal<Attachment | null>(null);
  const list = view.value?.documents ?? [];
  return (
    <>
      {!isReadOnly.value && <Chooser />}
      <p class="only-heard" role="status">{arrived.value && w.sent(arrived.value)}</p>
      {!isReadOnly.value && <ul class="uploads">{uploads.value.map((upload) => <UploadLine key={upload.key} upload={upload} />)}</ul>}
      <h3 id="documents" tabIndex={-1}>{list.length === 0 ? w.documents_none : w.documents}</h3>
      <ul class="documents">
        {list.map((one) => <DocumentLine key={one.id} document={one} onDelete={() => (deleting.value = one)} />)}
      </ul>
      {deleting.value && <Deletion document={deleting.value} onClose={() => (deleting.value = null)} />}
    </>
  );
}
