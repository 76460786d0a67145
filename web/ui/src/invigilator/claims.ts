// Claims of this person kept true: taken back when they hold nothing any more, made for those an outage still grows by.
import { claim } from "./feed.ts";
import { onLeaving } from "./of_room.ts";
import * as state from "./state.ts";

/** What was asked of the hub since it last answered; asking twice would only be noise. */
let asked: { since: unknown; candidates: Set<number> } = { since: null, candidates: new Set() };
onLeaving(() => (asked = { since: null, candidates: new Set() }));

/** Looks at what this person claims. */
export function keepClaims(): void {
  const claims = state.claims.value;
  if (asked.since !== claims) asked = { since: claims, candidates: new Set() };
  const mine = claims.filter((one) => one.by === state.you.value.name);
  if (mine.length === 0) return;
  ask(mine.map((one) => one.candidate).filter((id) => !isHeld(id)), false);
  const outage = state.outage.value;
  if (outage === null || outage.takenBy !== null) return;
  const since = (list: typeof claims): Set<number> =>
    new Set(list.filter((one) => Date.parse(one.at) >= outage.sinceMs).map((one) => one.candidate));
  const own = since(mine);
  const all = since(claims);
  // Who goes to most of them goes to those who were lost a moment later, too.
  const isMost = outage.candidates.filter((id) => own.has(id)).length * 2 > outage.candidates.length;
  if (isMost) ask(outage.candidates.filter((id) => !all.has(id)), true);
}

/** Tells whether something this person goes to still stands for a candidate. */
function isHeld(id: number): boolean {
  const { name } = state.you.value;
  return state.needs.value.some((need) => (need.kind === "outage" || need.takenBy === name) && need.candidates.includes(id));
}

function ask(candidates: readonly number[], isTaken: boolean): void {
  const news = candidates.filter((id) => !asked.candidates.has(id));
  for (const id of news) asked.candidates.add(id);
  if (news.length > 0) claim(news, isTaken);
}
