// The words of the jury's pages.
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr/jury.ts";

export const words = catalogue(fr.jury, (en) => en.jury);
