// What stands around every page of the staff, in English.
import type { Same } from "../../locale.ts";
import type * as fr from "../fr/office.ts";

export const office: Same<typeof fr.office> = {
  nav: "Navigation",
  sessions: "Sessions",
  people: "Team",
  accounts: "Accounts",
  jury: "Jury",
  account: "My account",
  sign_out: "Sign out",
};
