// The page's language: French first, English on request and loaded only then, kept on this device.
import { computed, effect, signal } from "@preact/signals";

export type Language = "fr" | "en";
type English = typeof import("./locales/en.ts");

const STORED_AS = "vigie.language";

/** Reads the choice made before; a browser may refuse storage. */
function stored(): string | null {
  try {
    return localStorage.getItem(STORED_AS);
  } catch {
    return null;
  }
}

export const language = signal<Language>("fr");
const english = signal<English | null>(null);

effect(() => {
  document.documentElement.lang = language.value;
});

/** Changes the language of the page; without its catalogue (no network) the page stays as it is. */
async function change(chosen: Language): Promise<void> {
  try {
    if (chosen === "en") english.value ??= await import("./locales/en.ts");
    language.value = chosen;
  } catch {
    // The next tap tries again.
  }
}

/** Changes the language of the page and remembers it. */
export function speak(chosen: Language): void {
  void change(chosen);
  try {
    localStorage.setItem(STORED_AS, chosen);
  } catch {
    // Private windows may refuse: the choice then lasts as long as the page.
  }
}

/** Settled when the language chosen before is there: a page is drawn after it, so that no text changes under the eye. */
export const ready: Promise<void> = stored() === "en" ? change("en") : Promise.resolve();

/** The shape a French catalogue imposes on the English one: same keys, texts for texts, same arguments. */
export type Same<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => string
    ? (...args: A) => string
    : T[K] extends string
      ? string
      : Same<T[K]>;
};

/** Gives a reader of one catalogue that follows the language. */
export function catalogue<T>(french: T, pick: (texts: English) => Same<T>): () => Same<T> {
  const current = computed<Same<T>>(() => (language.value === "en" && english.value ? pick(english.value) : (french as Same<T>)));
  return () => current.value;
}

/** How each language writes numbers and times. */
export const LOCALES: Record<Language, string> = { fr: "fr-FR", en: "en-GB" };

/** Kept: making one takes a hundred times as long as using it, and lists write a time in every row. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timeZone: string | undefined): Intl.DateTimeFormat {
  const options: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  try {
    return new Intl.DateTimeFormat(LOCALES[language.value], timeZone ? { ...options, timeZone } : options);
  } catch {
    return new Intl.DateTimeFormat(LOCALES[language.value], options);
  }
}

/** Writes an instant as hours and minutes of the room's own time zone. */
export function timeOfDay(ms: number, timeZone?: string): string {
  const key = `${language.value} ${timeZone ?? ""}`;
  const clock = clocks.get(key) ?? clockOf(timeZone);
  clocks.set(key, clock);
  return clock.format(ms);
}

/** Writes a length of time as 1:05 (hours and minutes). */
export function hoursMinutes(ms: number): string {
  const minutes = Math.floor(Math.abs(ms) / 60_000);
  return `${ms < 0 ? "−" : ""}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Writes how long ago something was, in the largest unit that says something: 40 s, 3 min, 2 h. */
export function shortAge(ms: number, round = Math.floor): string {
  const seconds = Math.max(0, round(ms / 1000));
  if (seconds < 10) return "< 10 s";
  if (seconds < 60) return `${round(seconds / 10) * 10} s`;
  if (seconds < 3600) return `${round(seconds / 60)} min`;
  return `${round(seconds / 3600)} h`;
}
