// The start of several rooms at once, in French.
import { many } from "./plural.ts";

export const wall_start = {
  title: (count: number) => (count > 1 ? `Démarrer ${count} salles ensemble ?` : "Démarrer cette salle ?"),
  title_none: "Aucune de ces salles ne peut démarrer",
  title_running: "Démarrage en cours…",
  title_done: "Résultat du démarrage",
  takes_over: (count: number) =>
    count > 1
      ? `Vous prenez la main sur chacune de ces ${count} salles pendant 15 minutes. C’est noté au journal et visible de tous les surveillants.`
      : "Vous prenez la main sur cette salle pendant 15 minutes. C’est noté au journal et visible de tous les surveillants.",
  effect: "L’horloge de chaque salle démarre. Les codes d’accès s’affichent ensuite, à donner aux candidats.",
  can: (count: number) => `Peuvent démarrer (${count})`,
  cannot: (count: number) => `Ne peuvent pas démarrer (${count})`,
  missing: (count: number) => many(count, "candidat pas encore présent", "candidats pas encore présents"),
  all_here: "tout le monde est présent ou absent",
  nobody_there: "aucun surveillant connecté",
  why_started: (at: string) => `déjà commencée à ${at}`,
  why_over: "déjà terminée",
  why_closed: "session close",
  why_gone: "n’est plus sur le mur",
  why_empty: "aucun candidat inscrit",
  go: (count: number) => `Démarrer ${many(count, "salle", "salles")}`,
  waiting: "en attente",
  taking_over: "prise en main…",
  starting: "démarrage…",
  started: "Démarrée",
  was_started: "Déjà démarrée",
  failed: (why: string) => `Pas démarrée : ${why}`,
  failed_held: (why: string) => `Pas démarrée, mais vous avez la main : ${why}`,
  access_code: "Code d’accès",
  code_unknown: "voir la page de la session",
  again: (count: number) => `Réessayer pour ${many(count, "salle", "salles")}`,
  done: (started: number, failed: number) =>
    failed > 0
      ? `${many(started, "salle démarrée", "salles démarrées")}, ${many(failed, "n’a pas démarré", "n’ont pas démarré")}.`
      : `${many(started, "salle démarrée", "salles démarrées")}.`,
};
