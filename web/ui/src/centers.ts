// The names of the centers somebody works for: read once, when there is more than one to choose from.
import { signal } from "@preact/signals";
import { words as exam } from "./exam_words.ts";
import { call } from "./http.ts";
import { account } from "./office.ts";

const names = signal<Record<number, string>>({});
let isAsked = false;

/** Gives the centers of whoever is signed in as choices; under a number until its name has come. */
export function centerChoices(): { value: string; text: string }[] {
  const centers = account.value?.centers ?? [];
  if (!isAsked && centers.length > 1) {
    isAsked = true;
    void readNames();
  }
  return centers.map((id) => ({ value: String(id), text: names.value[id] ?? `${exam().center} ${id}` }));
}

async function readNames(): Promise<void> {
  const answer = await call<{ centers: { id: number; name: string }[] }>("GET", "/centers");
  if (answer.ok) names.value = Object.fromEntries(answer.body.centers.map((center) => [center.id, center.name]));
  isAsked = answer.ok;
}
