// What is new on the wall is told once, gathered: a notice, and a sound where asked for.
import { effect, untracked } from "@preact/signals";
import { say } from "../parts/notices.tsx";
import { ring } from "../parts/sound.ts";
import * as store from "./store.ts";
import { keysOf, type TroubleKind } from "./trouble.ts";
import { roomName, words } from "./words.ts";

/** Troubles this close together are one message. */
const BURST_MS = 1_000;
/** More rooms than this are not named one by one. */
const NAMED = 4;

let told: ReadonlySet<string> | null = null;
let burst = new Set<string>();

/** Takes notice of what is wrong now; what was there when the wall was opened stands in its strip and is no news. */
function hear(): void {
  if (!store.isLoaded.value) return;
  const now = keysOf(store.troubled.value);
  const fresh = told === null ? [] : [...now].filter((key) => !told?.has(key));
  told = now;
  if (fresh.length === 0) return;
  if (burst.size === 0) setTimeout(tell, BURST_MS);
  for (const key of fresh) burst.add(key);
}

function tell(): void {
  const gathered = [...burst];
  burst = new Set();
  const w = words();
  const name = (number: number): string => {
    const room = store.roomOf(number)?.peek();
    return room ? roomName(room) : w.session(number);
  };
  const numbers = [...new Set(gathered.map((key) => Number(key.split(" ")[1])))];
  const [only] = gathered;
  if (gathered.length === 1 && only !== undefined) {
    const [kind, number] = only.split(" ");
    say(w.say_one(name(Number(number)), w.news[kind as TroubleKind]), "bad");
  } else {
    const named = numbers.slice(0, NAMED).map(name).join(", ");
    say(w.say_many(gathered.length, numbers.length > NAMED ? `${named}…` : named), "bad");
  }
  ring();
}

let wasLost = false;

/** Losing this wall's own line is heard, and so is its return. */
function hearLine(): void {
  const isLost = store.isLoaded.value && store.line.value.at !== "closed" && store.freshness.value === "offline" && !store.isHubBehind.value;
  if (isLost === wasLost) return;
  wasLost = isLost;
  untracked(() => say(isLost ? words().say_lost : words().say_back, isLost ? "quiet" : "info"));
}

/** Follows the wall from now on. */
export function follow(): void {
  effect(hear);
  effect(hearLine);
}
