// A link that is handed over as text or as a code, in French.
export const secret_link = {
  label: "Lien à transmettre",
  copy: "Copier le lien",
  copied: "Lien copié.",
  not_copied: "La copie n’a pas marché : le lien est sélectionné, copiez-le au clavier.",
  code: "Code QR du lien",
};
