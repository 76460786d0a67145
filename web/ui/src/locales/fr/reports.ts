// The French words for issue reports, apart from the first catalogue: only what shows reports loads them.

/** The groups of categories. */
export const reportGroups = {
  question: "Une question du test",
  candidate_information: "Informations du candidat",
  late_or_leaving: "Retard, sortie ou émargement",
  connection_or_end_screen: "Connexion perdue ou écran de fin non vérifié",
  non_blocking: "Incident qui n’a rien bloqué",
  technical_problem: "Problème technique",
  fraud: "Fraude constatée ou soupçonnée",
  other: "Autre chose",
};

/** One name per category of `reports.ts`. */
export const reportNames = {
  "candidate_information.identity": "Nom, date ou lieu de naissance à corriger",
  "candidate_information.extra_time": "Temps majoré à ajouter ou à corriger",
  "late_or_leaving.left_room": "Sortie de la salle pendant le test",
  "late_or_leaving.signature": "Émargement absent ou mal placé",
  "late_or_leaving.late": "Arrivée après le début",
  connection_or_end_screen: "Connexion perdue ou écran de fin non vérifié",
  fraud: "Fraude constatée ou soupçonnée",
  "non_blocking.technical": "Gêne technique sans blocage",
  "non_blocking.candidate": "Gêne venue du candidat sans blocage",
  "question.image_not_displayed": "Image absente ou incomplète",
  "question.embed_not_working": "Simulateur ou application en panne",
  "question.file_not_opening": "Fichier impossible à ouvrir",
  "question.website_unavailable": "Site web hors service",
  "question.website_blocked": "Site web bloqué par le réseau",
  "question.link_not_working": "Lien sans effet",
  "question.other": "Autre difficulté avec la question",
  "question.extra_time_exceeded": "Durée dépassée malgré le temps majoré",
  "question.software_not_working": "Logiciel qui ne marche pas",
  "question.unintentional_focus_out": "Page quittée sans le vouloir",
  "question.skipped_by_mistake": "Question passée par erreur",
  "question.accessibility": "Question inaccessible à ce candidat",
  technical_problem: "Problème technique",
  other: "Autre chose",
};
