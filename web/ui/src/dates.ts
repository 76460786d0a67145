// Dates written in the language of the page; apart from `locale`, since the first view of a room has none.
import { LOCALES, language } from "./locale.ts";

/** Writes an instant as a date with hours and minutes, in the center's own time zone. */
export function dateAndTime(ms: number, timeZone: string): string {
  const options: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone };
  return new Intl.DateTimeFormat(LOCALES[language.value], options).format(ms);
}

/** Writes an instant with its date and its seconds, in the time zone of the room. */
export function instantWithSeconds(at: string, timeZone: string): string {
  const options: Intl.DateTimeFormatOptions = { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone };
  return new Intl.DateTimeFormat(LOCALES[language.value], options).format(Date.parse(at));
}

/** Writes a calendar date (YYYY-MM-DD) in the language; anything else comes back as it is. */
export function calendarDate(text: string): string {
  const [year, month, day] = text.split("-").map(Number);
  if (!year || !month || !day) return text;
  const options: Intl.DateTimeFormatOptions = { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(LOCALES[language.value], options).format(Date.UTC(year, month - 1, day));
}
