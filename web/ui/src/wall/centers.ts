// Which center each room belongs to: asked over HTTP, and only by somebody who works for several.
import { call } from "../http.ts";
import { account } from "../office.ts";
import * as store from "./store.ts";

interface Listed {
  sessions: { number: number; center: number }[];
  total: number;
  page: number;
  page_size: number;
}

/** A wall has hundreds of rooms, not thousands. */
const MOST_PAGES = 40;

let isAsking = false;

/** Reads the centers of rooms that have come and are not known yet. */
export async function learnCenters(): Promise<void> {
  const unknown = store.allRooms.peek().filter((room) => !store.centers.peek().has(room.session));
  if (isAsking || unknown.length === 0 || (account.peek()?.centers.length ?? 0) < 2) return;
  isAsking = true;
  const days = unknown.map((room) => room.date).sort();
  const found = new Map(store.centers.peek());
  for (let page = 1, isLast = false; !isLast && page <= MOST_PAGES; page++) {
    const answer = await call<Listed>("GET", `/sessions?from=${days[0]}&to=${days.at(-1)}&sort=number&page=${page}`);
    if (!answer.ok) break;
    for (const one of answer.body.sessions) found.set(one.number, String(one.center));
    isLast = answer.body.page * answer.body.page_size >= answer.body.total;
  }
  store.centers.value = found;
  isAsking = false;
}
