// The page that a colleague's code opens, in French.
export const handover = {
  title: "Une salle vous est confiée",
  lead: (by: string) => `${by} vous confie une salle. Vous y agirez sous votre propre nom, pour une durée limitée ; c’est noté au journal.`,
  session: "Session",
  room: "Salle",
  site: "Site",
  signed_in_as: "Votre compte",
  accept: "Prendre la salle",
  other_account: "Changer de compte",
  sign_in: "Connectez-vous avec votre propre compte : vous avez dix minutes.",
  not_for_role: "Ce compte ne peut pas surveiller. Connectez-vous avec un compte de surveillant ou d’administrateur de centre.",
  dead_title: "Ce code ne peut plus servir",
  dead_lead: "Il a déjà servi, il est trop ancien ou il n’est pas complet : demandez à votre collègue d’en afficher un nouveau.",
  home: "Aller à l’accueil",
};
