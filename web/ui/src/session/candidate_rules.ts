// What a candidate's fields may hold, judged before anything is sent; the hub judges again and has the last word.
import { normalForm } from "../search.ts";
import type { Candidate } from "./store.ts";

export const FIELDS = [
  "last_name",
  "first_name",
  "birthdate",
  "sex",
  "birth_country",
  "birth_insee_code",
  "birth_postal_code",
  "birth_town",
  "results_email",
  "invitation_email",
  "external_id",
  "extra_time_percentage",
] as const;
export type Name = (typeof FIELDS)[number];
export type Values = Record<Name, string>;
/** Names a text of the catalogue. */
export type Fault = "required" | "bad_birthdate" | "bad_insee" | "bad_postal" | "bad_birthplace" | "bad_email" | "bad_extra" | "bad_text";

const MANDATORY: readonly Name[] = ["last_name", "first_name", "birthdate", "sex", "birth_country"];
const FRANCE = "france";
const BORN_ABROAD = "99";
const NAME_AT_MOST = 100;
const EXTRA_AT_MOST = 300;
const INSEE = /^\d[0-9AB]\d{3}$/;
const POSTAL = /^\d{5}$/;
const EMAIL = /^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+$/;

/** What an empty form begins with. */
export const EMPTY: Values = {
  last_name: "",
  first_name: "",
  birthdate: "",
  sex: "",
  birth_country: "FRANCE",
  birth_insee_code: "",
  birth_postal_code: "",
  birth_town: "",
  results_email: "",
  invitation_email: "",
  external_id: "",
  extra_time_percentage: "",
};

/** Gives the values of somebody on the list, as a form shows them. */
export function valuesOf(candidate: Candidate): Values {
  const { extra_time_percentage: extra, ...texts } = candidate;
  return { ...EMPTY, ...pick(texts), extra_time_percentage: extra === 0 ? "" : `${extra} %` };
}

function pick(texts: Omit<Candidate, "extra_time_percentage">): Partial<Values> {
  const known = Object.entries(texts).filter(([name]) => (FIELDS as readonly string[]).includes(name));
  return Object.fromEntries(known.map(([name, value]) => [name, String(value)])) as Partial<Values>;
}

/** Reads `33`, `33%` or `33 %`; nothing is none; anything else is null. */
export function extraTime(text: string): number | null {
  const found = /^(?:(\d{1,3})\s*%?)?$/.exec(text.trim());
  if (!found) return null;
  const percentage = Number(found[1] ?? 0);
  return percentage <= EXTRA_AT_MOST ? percentage : null;
}

/** Writes the values as the hub takes them; on a change, only what changed. */
export function bodyOf(values: Values, before?: Values): Record<string, string | number> {
  const body: Record<string, string | number> = {};
  for (const name of FIELDS) {
    const text = values[name].trim();
    if (before ? text === before[name] : text === "") continue;
    body[name] = name === "extra_time_percentage" ? (extraTime(text) ?? 0) : text;
  }
  return body;
}

function birthplace(values: Values, wrong: Partial<Record<Name, Fault>>): void {
  const insee = values.birth_insee_code.replace(/\s/g, "").toUpperCase();
  const postal = values.birth_postal_code.replace(/\s/g, "");
  const hasTown = values.birth_town.trim() !== "";
  const country = normalForm(values.birth_country);
  const isAbroad = insee === BORN_ABROAD || (country !== "" && country !== FRANCE);
  if (insee !== "" && insee !== BORN_ABROAD && !INSEE.test(insee)) wrong.birth_insee_code = "bad_insee";
  if (postal !== "" && !isAbroad && !POSTAL.test(postal)) wrong.birth_postal_code = "bad_postal";
  if (insee === BORN_ABROAD && country === FRANCE) wrong.birth_country = "bad_birthplace";
  else if (isAbroad && !hasTown) wrong.birth_town = "required";
  else if (!isAbroad && insee === "" && !(postal !== "" && hasTown)) wrong.birth_insee_code = "bad_birthplace";
}

function judgeOne(name: Name, text: string, today: string): Fault | null {
  if (text === "") return MANDATORY.includes(name) ? "required" : null;
  if (name === "birthdate") return text >= "1900" && text <= today ? null : "bad_birthdate";
  if (name === "extra_time_percentage") return extraTime(text) === null ? "bad_extra" : null;
  if (name.endsWith("_email")) return EMAIL.test(text) ? null : "bad_email";
  return text.length > NAME_AT_MOST ? "bad_text" : null;
}

/** Finds what is wrong with a form; `today` is YYYY-MM-DD. */
export function judge(values: Values, today: string): Partial<Record<Name, Fault>> {
  const wrong: Partial<Record<Name, Fault>> = {};
  for (const name of FIELDS) {
    const fault = judgeOne(name, values[name].trim(), today);
    if (fault) wrong[name] = fault;
  }
  birthplace(values, wrong);
  return wrong;
}

/** The fault to tell when it is the hub that refuses a field. */
export function faultOf(name: Name, code: string | undefined): Fault {
  if (code === "required") return "required";
  if (code === "birthplace_invalid") return "bad_birthplace";
  if (name === "birthdate") return "bad_birthdate";
  if (name === "birth_insee_code") return "bad_insee";
  if (name === "birth_postal_code") return "bad_postal";
  if (name === "extra_time_percentage") return "bad_extra";
  return name.endsWith("_email") ? "bad_email" : "bad_text";
}
