// Sending a file: tells how much of it has left, and does not give up while it moves.
import type { Answer, Fault } from "./http.ts";

/** A line that moves nothing for this long is told as a network fault. */
const STALLED_MS = 30_000;

function faultIn(status: number, text: string): Fault {
  try {
    const body = JSON.parse(text) as { error?: Fault };
    if (body.error && typeof body.error.code === "string") return body.error;
  } catch {
    // Something between the page and the hub answered: there is no code to read.
  }
  if (status === 413) return { code: "too_large" };
  return { code: status >= 500 ? "store_unavailable" : "invalid" };
}

/** Posts a body to `/api/…`; `onProgress` hears the part that has left, from 0 to 1. */
export function upload<T>(path: string, body: Blob | FormData, onProgress: (part: number) => void): Promise<Answer<T>> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let timer = 0;
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), STALLED_MS);
    };
    const lost = (): void => resolve({ ok: false, status: 0, error: { code: "network" } });
    request.open("POST", `/api${path}`);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => {
      wait();
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onerror = request.onabort = lost;
    request.onload = () => {
      const isOk = request.status >= 200 && request.status < 300;
      try {
        if (isOk) resolve({ ok: true, body: JSON.parse(request.responseText || "{}") as T });
        else resolve({ ok: false, status: request.status, error: faultIn(request.status, request.responseText) });
      } catch {
        lost();
      }
    };
    request.onloadend = () => clearTimeout(timer);
    wait();
    // A file goes with its own type; a form states its boundary itself.
    if (body instanceof Blob) request.setRequestHeader("Content-Type", body.type);
    request.send(body);
  });
}
