// Instants of a timeline: to the second, in the time zone of the room.
import { language } from "../locale.ts";

const LOCALES = { fr: "fr-FR", en: "en-GB" };

/** Writes an instant with its date and its seconds. */
export function instantWithSeconds(at: string, timeZone: string): string {
  const options: Intl.DateTimeFormatOptions = {
    day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone,
  };
  return new Intl.DateTimeFormat(LOCALES[language.value], options).format(Date.parse(at));
}
