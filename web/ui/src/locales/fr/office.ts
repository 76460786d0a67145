// What stands around every page of the staff, in French.
export const office = {
  nav: "Navigation",
  sessions: "Sessions",
  people: "Équipe",
  accounts: "Comptes",
  jury: "Jury",
  account: "Mon compte",
  sign_out: "Se déconnecter",
};
