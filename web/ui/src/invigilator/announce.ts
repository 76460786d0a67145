// What is said: one message per burst, events only.
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr/invigilator.ts";

export { say } from "../parts/notices.tsx";
export const words = catalogue(fr.invigilator, (en) => en.invigilator);

/** Events this close together are one message. */
export const BURST_MS = 1_000;
