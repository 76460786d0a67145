// Files on their way to the hub, one after the other, each with how far it is or why it was refused.
import { signal } from "@preact/signals";
import { call } from "../http.ts";
import { upload } from "../upload.ts";
import { number, reload, view } from "./store.ts";
import type { Attachment } from "../closing.ts";
import { fileFault } from "./view.ts";

const path = `/sessions/${number}/documents`;

export interface Upload {
  key: number;
  file: File;
  /** From 0 to 100. */
  percent: number;
  /** The code of what went wrong; null while it waits or is under way. */
  fault: string | null;
}

export const uploads = signal<readonly Upload[]>([]);
/** The last file that arrived, to be said aloud. */
export const arrived = signal<string | null>(null);
let lastKey = 0;
let isSending = false;

function change(key: number, changed: Partial<Upload>): void {
  uploads.value = uploads.peek().map((one) => (one.key === key ? { ...one, ...changed } : one));
}

/** Takes a file off the list. */
export function discard(key: number): void {
  uploads.value = uploads.peek().filter((one) => one.key !== key);
}

/** Takes in chosen or dropped files; what cannot be attached says so at once. */
export function attach(files: Iterable<File>): void {
  for (const file of files) {
    const waiting = uploads.peek().filter((one) => one.fault === null).length;
    const fault = fileFault(file, (view.peek()?.documents.length ?? 0) + waiting);
    uploads.value = [...uploads.peek(), { key: ++lastKey, file, percent: 0, fault }];
  }
  void sendAll();
}

/** Sends a refused file again. */
export function again(key: number): void {
  change(key, { fault: null, percent: 0 });
  void sendAll();
}

async function sendAll(): Promise<void> {
  if (isSending) return;
  isSending = true;
  for (let next = waiting(); next !== undefined; next = waiting()) await sendOne(next);
  isSending = false;
}

function waiting(): Upload | undefined {
  return uploads.peek().find((one) => one.fault === null);
}

async function sendOne({ key, file }: Upload): Promise<void> {
  const fault = await post(file, (percent) => change(key, { percent }));
  if (fault !== null) {
    change(key, { fault });
    if (fault === "already_finalized") await reload();
    return;
  }
  discard(key);
  arrived.value = file.name;
}

/** Sends one file; gives the code of a refusal, or null. */
async function post(file: File, tell: (percent: number) => void): Promise<string | null> {
  const body = new FormData();
  body.append("file", file);
  const answer = await upload<Attachment>(path, body, (part) => tell(Math.floor(100 * part)));
  if (!answer.ok) return answer.error.code;
  const shown = view.peek();
  if (shown !== null) view.value = { ...shown, documents: [...shown.documents, answer.body] };
  return null;
}

/** Deletes a document; gives the code of a refusal, or null. */
export async function remove(id: string): Promise<string | null> {
  const answer = await call("DELETE", `${path}/${id}`);
  if (!answer.ok && answer.status !== 404) return answer.error.code;
  const shown = view.peek();
  if (shown !== null) view.value = { ...shown, documents: shown.documents.filter((one) => one.id !== id) };
  return null;
}
