// Who last changed what of a candidate, and when, as far as this page saw it: it names a colleague who was faster. Pure.
import { isAboutCandidate } from "./fold.ts";
import type { Command } from "./frames.ts";
import type { RoomEventView, Row } from "./wire.ts";

/** What happens by itself is nobody's deed. */
const HUB = "hub";
/** Events about the room itself stand under this number, which no candidate has. */
export const ROOM = 0;

export interface Deed {
  by: string;
  at: string;
}

export type Deeds = Map<string, Deed>;

/** Remembers who did what in these events. */
export function noteDeeds(deeds: Deeds, events: readonly RoomEventView[]): void {
  for (const event of events) {
    if (event.by === undefined || event.by === HUB) continue;
    const id = isAboutCandidate(event) ? event.candidate : ROOM;
    for (const facet of Object.keys(event.set ?? {})) deeds.set(`${id} ${facet}`, { by: event.by, at: event.at });
  }
}

/** Which facet a command is about, so that whoever changed it last had done it before. */
function facetOf(type: Command["type"], row: Row | undefined): string | null {
  if (type.startsWith("presence.")) return "presence";
  if (type === "attempt.end") return row?.attempt === "finished" ? "attempt" : "ending_at";
  if (type === "attempt.end.cancel") return "ending_at";
  if (type === "identity.check") return "identity";
  if (type.startsWith("end_screen.")) return "end_screen_seen";
  if (type.startsWith("help.")) return "help";
  if (type.startsWith("report.")) return "reports";
  return type === "session.start" ? "started_at" : null;
}

/** Who had done it before this command came, and when; the row itself says so of some facets, also after a reload. */
export function whoDid(deeds: Deeds, type: Command["type"], row: Row | undefined): Deed | null {
  const facet = facetOf(type, row);
  const said = facet === "presence" ? row?.presence : facet === "end_screen_seen" ? row?.end_screen_seen : null;
  if (said?.by && said.at) return { by: said.by, at: said.at };
  return deeds.get(`${row?.id ?? ROOM} ${facet}`) ?? null;
}
