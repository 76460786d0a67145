// Accounts, invitations and one's own account, in French.
import { many } from "./plural.ts";

/** What a person is to the installation. */
export const roles = {
  operator: "Opérateur",
  center_admin: "Administrateur de centre",
  invigilator: "Surveillant",
  jury: "Jury",
};

/** A new password, typed twice. */
export const new_password = {
  password: "Nouveau mot de passe",
  hint: "12 caractères au moins. Une phrase que vous retenez convient très bien.",
  again: "Le même mot de passe, encore une fois",
  show: "Afficher les mots de passe",
  too_short: "Il faut au moins 12 caractères.",
  not_the_same: "Les deux mots de passe sont différents.",
};

/** The page of those who manage people. */
export const people = {
  title_center: "Équipe",
  title_all: "Comptes",
  not_for_you: "Cette page est réservée aux administrateurs de centre et aux opérateurs.",
  invite: "Inviter quelqu’un",
  list_title: "Personnes",
  list_none: "Personne pour l’instant.",
  no_match: "Personne ne correspond à cette recherche.",
  search: "Rechercher une personne",
  search_hint: "Nom, adresse, rôle ou centre",
  count: (count: number) => many(count, "personne", "personnes"),
  more: (count: number) => `… et ${many(count, "autre", "autres")} : précisez la recherche.`,
  you: "vous",
  disabled: "Désactivé",
  last_access: (at: string) => `Dernière connexion : ${at}`,
  never: "Jamais connecté",
  no_center: "Aucun centre",
  on: (action: string, name: string) => `${action} : ${name}`,

  reset: "Mot de passe…",
  reset_title: (name: string) => `Nouveau mot de passe pour ${name} ?`,
  reset_lead: "Vous obtiendrez un lien à lui transmettre. Son mot de passe actuel reste valable jusqu’à ce que le lien serve.",
  reset_then: "Quand le lien aura servi, toutes ses connexions ouvertes seront fermées.",
  reset_make: "Créer le lien",
  disable: "Désactiver…",
  disable_title: (name: string) => `Désactiver le compte de ${name} ?`,
  disable_lead: "Ses connexions sont fermées aussitôt, même au milieu d’une session, et ses liens en attente ne valent plus rien. Le compte peut être réactivé.",
  disable_confirm: "Désactiver",
  enable: "Réactiver",
  done_disabled: (name: string) => `Le compte de ${name} est désactivé.`,
  done_enabled: (name: string) => `Le compte de ${name} est réactivé.`,

  invite_title: "Inviter quelqu’un",
  invite_lead: "Vous obtiendrez un lien à transmettre vous-même : aucun message n’est envoyé.",
  email: "Adresse e-mail",
  email_hint: "Elle servira à se connecter.",
  email_wrong: "Écrivez une adresse e-mail, par exemple prenom.nom@exemple.fr.",
  role: "Rôle",
  centers: "Centres",
  centers_missing: "Choisissez au moins un centre.",
  centers_optional: "Un surveillant peut n’appartenir à aucun centre.",
  invite_make: "Créer le lien d’invitation",

  link_title: (email: string) => `Lien pour ${email}`,
  link_once: "Ce lien ne sera plus affiché. Transmettez-le à cette personne seulement.",
  link_until: (at: string) => `Il sert une seule fois, jusqu’au ${at}.`,
  link_close: "J’ai transmis le lien",

  waiting_title: "Liens en attente",
  waiting_none: "Aucun lien n’attend.",
  waiting_reset: "Nouveau mot de passe",
  waiting_invitation: (role: string) => `Invitation, ${role.toLowerCase()}`,
  waiting_by: (name: string) => `créé par ${name}`,
  waiting_until: (at: string) => `valable jusqu’au ${at}`,
  waiting_over: (at: string) => `expiré le ${at}`,
  withdraw: "Annuler le lien",
  withdrawn: (email: string) => `Le lien pour ${email} est annulé.`,

  centers_title: "Centres",
  centers_none: "Aucun centre : créez-en un pour inviter ses administrateurs.",
  center_new: "Nouveau centre",
  center_name: "Nom du centre",
  center_name_wrong: "Un nom de 1 à 100 caractères, sur une ligne.",
  center_zone: "Fuseau horaire",
  center_zone_hint: "Les heures de ses sessions s’y lisent.",
  center_create: "Créer le centre",
  center_done: (name: string) => `Le centre ${name} est créé.`,
};

/** One's own account. */
export const own_account = {
  title: "Mon compte",
  name: "Nom",
  email: "Adresse e-mail",
  role: "Rôle",
  change_title: "Changer de mot de passe",
  current: "Mot de passe actuel",
  current_wrong: "Ce n’est pas votre mot de passe actuel.",
  change: "Changer de mot de passe",
  changed: "Votre mot de passe est changé. Vos autres connexions sont fermées.",
};

/** The page behind an invitation's link. */
export const invitation = {
  title: "Votre invitation",
  title_reset: "Votre nouveau mot de passe",
  lead: (role: string) => `Vous êtes invité à utiliser Vigie en tant que : ${role.toLowerCase()}.`,
  lead_reset: "Choisissez un nouveau mot de passe. Toutes les connexions ouvertes de ce compte seront fermées.",
  email: "Votre adresse e-mail",
  centers: "Centres",
  name: "Votre nom",
  name_hint: "Vos collègues le liront, par exemple : Nadia Roux.",
  name_wrong: "Un nom de 1 à 100 caractères, sur une ligne.",
  accept: "Créer mon compte",
  accept_reset: "Enregistrer et me connecter",
  dead_title: "Ce lien ne peut pas servir",
  dead_lead: "Il a déjà servi, il a plus de 48 heures, il a été annulé ou il n’est pas complet.",
  dead_next: "Demandez-en un autre à la personne qui vous l’a donné. Si vous avez déjà un compte, connectez-vous.",
  reloaded: "Si vous venez de recharger cette page, ouvrez à nouveau le lien que vous avez reçu.",
  sign_in: "Se connecter",
};
