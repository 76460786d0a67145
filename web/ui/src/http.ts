// Calls to the hub's HTTP interface: JSON in, JSON or one error shape out.
import type { HttpError } from "./wire.ts";

/** An error as a page needs it: its code tells the text. */
export type Fault = Pick<HttpError, "code" | "fields" | "after_ms">;

export type Answer<T> = { ok: true; body: T } | { ok: false; status: number; error: Fault };

/** Calls that hang longer than this are told as a network fault. */
const TIME_OUT_MS = 15_000;

async function readError(response: Response): Promise<Fault> {
  try {
    const body = (await response.json()) as { error?: Fault };
    if (body.error && typeof body.error.code === "string") return body.error;
  } catch {
    // Something between the page and the hub answered: there is no code to read.
  }
  return { code: response.status >= 500 ? "store_unavailable" : "invalid" };
}

/** Calls `/api/…`; a network fault comes back as the code `network`. */
export async function call<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    const response = await fetch(`/api${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIME_OUT_MS),
      credentials: "same-origin",
    });
    if (!response.ok) return { ok: false, status: response.status, error: await readError(response) };
    const text = await response.text();
    return { ok: true, body: (text === "" ? {} : JSON.parse(text)) as T };
  } catch {
    return { ok: false, status: 0, error: { code: "network" } };
  }
}
