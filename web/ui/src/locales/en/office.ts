// What stands around every page of the staff, in English.
import type { Same } from "../../locale.ts";
import type * as fr from "../fr/office.ts";

export const office: Same<typeof fr.office> = {
  nav: "Navigation",
  sessions: "Sessions",
  wall: "Rooms",
  people: "Team",
  accounts: "Accounts",
  jury: "Jury",
  account: "My account",
  sign_out: "Sign out",
};

/** One text per code of error or refusal that only pages outside the room hear. */
export const office_refusals: Same<typeof fr.office_refusals> = {
  bad_credentials: "Wrong address or password.",
  session_or_password_wrong: "Wrong session number or session password.",
  session_started: "The session has started: it can no longer be changed.",
  session_not_started: "The session has not started.",
  nobody_left: "All candidates have finished: nobody is left to enrol.",
  candidate_duplicate: "Somebody with the same names and birthdate is already on the list.",
  invitation_unknown: "This link is unknown, used, or more than 48 hours old. Ask for another.",
  handover_unknown: "This code is unknown, used or too old. Ask for another one.",
  own_handover: "You are the one who hands this room over: it takes your colleague’s account.",
  email_taken: "There is already an account for this e-mail address.",
  own_account: "This cannot be done to your own account.",
  last_operator: "This is the last operator who can sign in: the account stays.",
  account_disabled: "This account is disabled: enable it first.",
  center_name_taken: "There is already a center of this name.",
  import_has_errors: "The file has errors: correct them, then upload it again.",
  already_finalized: "The session is finalized: it can no longer be changed.",
  nobody_started: "Nobody started in this session: there is nothing to finalize.",
  abort_reason_on_finished: "Somebody finished meanwhile: no abort reason is needed any more.",
  abort_reason_missing: "An abort reason is missing.",
  draft_changed: "The draft was changed meanwhile: it has just been read again.",
  changed_meanwhile: "Somebody else decided meanwhile.",
  already_published: "The results are published: take them back first.",
  not_published: "The jury has not published the results yet.",
  too_many_documents: "This session has 20 documents already.",
  unknown_report: "This report is not there any more.",
  unsupported_media_type: "This kind of file is not accepted here.",
};
