// News that call nobody: who was lost, is back, has finished, has come; one message at the end of a burst.
import { isAboutCandidate } from "../fold.ts";
import type { RoomEventView, Row, SessionView } from "../wire.ts";
import { BURST_MS, say } from "./announce.ts";
import { texts } from "./form.tsx";
import { onLeaving } from "./of_room.ts";
import { nameOf, outage } from "./state.ts";

type Kind = "lost" | "back" | "finished" | "joined";
const KINDS: readonly Kind[] = ["lost", "back", "finished", "joined"];

let burst = new Map<Kind, Map<number, string>>();
let isBurstOpen = false;
onLeaving(() => burst.clear());

function kindOf(event: RoomEventView, before: Row | undefined): Kind | null {
  switch (event.type) {
    case "candidate.disconnected":
      return "lost";
    case "candidate.reconnected":
      return before?.link.state === "offline" ? "back" : null;
    case "candidate.resumed":
      return "back";
    case "candidate.finished":
      return "finished";
    case "candidate.joined":
      return "joined";
    default:
      return null;
  }
}

/** Takes notice of events that call nobody; the message comes at the end of the burst. */
export function hear(events: readonly RoomEventView[], before: Map<number, Row>, after: Map<number, Row>): void {
  for (const event of events) {
    if (event.type === "session.taken_over") say(texts().say_taken_over(event.by ?? "–"));
    if (event.type === "session.handed_over") {
      const given = (event.set as Partial<SessionView>).handed_over?.at(-1);
      if (given) say(texts().say_handed_over(given.by, given.to));
    }
    if (event.type === "session.started" && !isAboutCandidate(event)) say(texts().say_started);
    if (!isAboutCandidate(event)) continue;
    const kind = kindOf(event, before.get(event.candidate));
    const row = after.get(event.candidate);
    if (kind === null || row === undefined) continue;
    const named = burst.get(kind) ?? new Map<number, string>();
    burst.set(kind, named.set(event.candidate, nameOf(row)));
  }
  if (burst.size === 0 || isBurstOpen) return;
  isBurstOpen = true;
  setTimeout(tell, BURST_MS);
}

function tell(): void {
  const gathered = burst;
  burst = new Map();
  isBurstOpen = false;
  // Many lost together are one event, and its call says so.
  for (const id of outage.peek()?.candidates ?? []) gathered.get("lost")?.delete(id);
  for (const kind of KINDS) {
    const names = gathered.get(kind);
    if (names?.size) say(texts()[`say_${kind}`](names.size, [...names.values()][0] ?? ""), kind === "lost" ? "info" : "quiet");
  }
}
