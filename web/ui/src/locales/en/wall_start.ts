// The start of several rooms at once, in English.
import type { Same } from "../../locale.ts";
import type * as fr from "../fr/wall_start.ts";
import { many } from "./plural.ts";

export const wall_start: Same<typeof fr.wall_start> = {
  title: (count) => (count === 1 ? "Start this room?" : `Start ${count} rooms together?`),
  title_none: "None of these rooms can start",
  title_running: "Starting…",
  title_done: "What came of the start",
  takes_over: (count) =>
    count > 1
      ? `You take over each of these ${count} rooms for 15 minutes. It is kept in the audit and seen by all invigilators.`
      : "You take over this room for 15 minutes. It is kept in the audit and seen by all invigilators.",
  effect: "The clock of each room starts. Then the access codes are shown, to be told to the candidates.",
  can: (count) => `Can start (${count})`,
  cannot: (count) => `Cannot start (${count})`,
  missing: (count) => many(count, "candidate not yet present", "candidates not yet present"),
  all_here: "everybody is present or absent",
  nobody_there: "no invigilator connected",
  why_started: (at) => `already started at ${at}`,
  why_over: "already over",
  why_closed: "session closed",
  why_gone: "no longer on the wall",
  why_empty: "no candidate listed",
  go: (count) => `Start ${many(count, "room", "rooms")}`,
  waiting: "waiting",
  taking_over: "taking over…",
  starting: "starting…",
  started: "Started",
  was_started: "Already started",
  failed: (why) => `Not started: ${why}`,
  failed_held: (why) => `Not started, but you are in charge: ${why}`,
  access_code: "Access code",
  code_unknown: "see the session’s page",
  again: (count) => `Try again for ${many(count, "room", "rooms")}`,
  done: (started, failed) =>
    failed > 0 ? `${many(started, "room", "rooms")} started, ${failed} not started.` : `${many(started, "room", "rooms")} started.`,
};
