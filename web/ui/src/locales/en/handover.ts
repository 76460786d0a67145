// The page that a colleague's code opens, in English.
import type { Same } from "../../locale.ts";
import type * as fr from "../fr/handover.ts";

export const handover: Same<typeof fr.handover> = {
  title: "A room is handed over to you",
  lead: (by) => `${by} hands a room over to you. You will act under your own name, for a limited time; it is written in the audit.`,
  session: "Session",
  room: "Room",
  site: "Site",
  signed_in_as: "Your account",
  accept: "Take the room",
  other_account: "Use another account",
  sign_in: "Sign in with your own account: you have ten minutes.",
  not_for_role: "This account cannot invigilate. Sign in with an invigilator’s or a center administrator’s account.",
  dead_title: "This code no longer works",
  dead_lead: "It was used, it is too old or it is not complete: ask your colleague to show a new one.",
  home: "Go to the first page",
};
