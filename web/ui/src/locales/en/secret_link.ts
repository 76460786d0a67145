// A link that is handed over as text or as a code, in English.
import type { Same } from "../../locale.ts";
import type * as fr from "../fr/secret_link.ts";

export const secret_link: Same<typeof fr.secret_link> = {
  label: "Link to hand over",
  copy: "Copy the link",
  copied: "Link copied.",
  not_copied: "Copying did not work: the link is selected, copy it with the keyboard.",
  code: "QR code of the link",
};
