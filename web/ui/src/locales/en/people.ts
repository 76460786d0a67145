// Accounts, invitations and one's own account, in English.
import type { Same } from "../../locale.ts";
import type * as fr from "../fr/people.ts";
import { many } from "./plural.ts";

export const roles: Same<typeof fr.roles> = {
  operator: "Operator",
  center_admin: "Center admin",
  invigilator: "Invigilator",
  jury: "Jury",
};

export const new_password: Same<typeof fr.new_password> = {
  password: "New password",
  hint: "At least 12 characters. A sentence that you remember does very well.",
  again: "The same password once more",
  show: "Show the passwords",
  too_short: "At least 12 characters are needed.",
  not_the_same: "The two passwords differ.",
};

export const people: Same<typeof fr.people> = {
  title_center: "Team",
  title_all: "Accounts",
  not_for_you: "This page is for center admins and operators.",
  invite: "Invite somebody",
  list_title: "People",
  list_none: "Nobody yet.",
  no_match: "Nobody matches this search.",
  search: "Search for a person",
  search_hint: "Name, address, role or center",
  count: (count) => many(count, "person", "people"),
  more: (count) => `… and ${many(count, "other", "others")}: narrow the search.`,
  you: "you",
  disabled: "Disabled",
  last_access: (at) => `Last sign-in: ${at}`,
  never: "Never signed in",
  no_center: "No center",
  on: (action, name) => `${action}: ${name}`,

  reset: "Password…",
  reset_title: (name) => `New password for ${name}?`,
  reset_lead: "You will get a link to hand over. The present password holds until the link is used.",
  reset_then: "Once the link is used, all their open logins are closed.",
  reset_make: "Make the link",
  disable: "Disable…",
  disable_title: (name) => `Disable the account of ${name}?`,
  disable_lead: "Their logins are closed at once, even in the middle of a session, and their waiting links are void. The account can be enabled again.",
  disable_confirm: "Disable",
  enable: "Enable",
  done_disabled: (name) => `The account of ${name} is disabled.`,
  done_enabled: (name) => `The account of ${name} is enabled.`,

  invite_title: "Invite somebody",
  invite_lead: "You will get a link to hand over yourself: no message is sent.",
  email: "E-mail address",
  email_hint: "It will be used to sign in.",
  email_wrong: "Type an e-mail address, such as first.last@example.org.",
  role: "Role",
  centers: "Centers",
  centers_missing: "Choose at least one center.",
  centers_optional: "An invigilator need not belong to a center.",
  invite_make: "Make the invitation link",

  link_title: (email) => `Link for ${email}`,
  link_once: "This link will not be shown again. Hand it to this person only.",
  link_until: (at) => `It works once, until ${at}.`,
  link_close: "I have handed over the link",

  waiting_title: "Waiting links",
  waiting_none: "No link is waiting.",
  waiting_reset: "New password",
  waiting_invitation: (role) => `Invitation, ${role.toLowerCase()}`,
  waiting_by: (name) => `made by ${name}`,
  waiting_until: (at) => `works until ${at}`,
  waiting_over: (at) => `expired on ${at}`,
  withdraw: "Withdraw the link",
  withdrawn: (email) => `The link for ${email} is withdrawn.`,

  centers_title: "Centers",
  centers_none: "No center: make one to invite its admins.",
  center_new: "New center",
  center_name: "Name of the center",
  center_name_wrong: "A name of 1 to 100 characters, on one line.",
  center_zone: "Time zone",
  center_zone_hint: "The times of its sessions are read in it.",
  center_create: "Make the center",
  center_done: (name) => `The center ${name} is made.`,
};

export const own_account: Same<typeof fr.own_account> = {
  title: "My account",
  name: "Name",
  email: "E-mail address",
  role: "Role",
  change_title: "Change my password",
  current: "Present password",
  current_wrong: "This is not your present password.",
  change: "Change my password",
  changed: "Your password is changed. Your other logins are closed.",
};

export const invitation: Same<typeof fr.invitation> = {
  title: "Your invitation",
  title_reset: "Your new password",
  lead: (role) => `You are invited to use Vigie as: ${role.toLowerCase()}.`,
  lead_reset: "Choose a new password. All open logins of this account will be closed.",
  email: "Your e-mail address",
  centers: "Centers",
  name: "Your name",
  name_hint: "Your colleagues will read it, for example: Nadia Roux.",
  name_wrong: "A name of 1 to 100 characters, on one line.",
  accept: "Make my account",
  accept_reset: "Save and sign in",
  dead_title: "This link cannot be used",
  dead_lead: "It was used already, is more than 48 hours old, was withdrawn, or is not complete.",
  dead_next: "Ask whoever gave it to you for another. If you have an account already, sign in.",
  reloaded: "If you have just reloaded this page, open the link that you received again.",
  sign_in: "Sign in",
};
