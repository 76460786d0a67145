// One entry of the timeline in words: what happened, and what its codes say. Nothing is left out: an unknown code shows as it is.
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr/jury.ts";
import { refusalText } from "../parts/controls.tsx";
import { nameOfReport } from "../parts/report_names.tsx";
import { codeOf } from "../reports.ts";
import { words } from "./words.ts";
import type { Entry, Verdict } from "./view.ts";

const kinds = catalogue(fr.juryKinds, (en) => en.juryKinds);
const codes = catalogue(fr.juryCodes, (en) => en.juryCodes);

/** What happened. */
export function kindText(kind: string): string {
  const known: Record<string, string> = kinds();
  return known[kind] ?? kind;
}

/** A report by its code and its words. */
export function reportText(name: string): string {
  const code = codeOf(name);
  return code === "" ? nameOfReport(name) : `${code} ${nameOfReport(name)}`;
}

/** A verdict in a word. */
export function verdictText(verdict: Verdict): string {
  return words()[`verdict_${verdict}`];
}

/** An abort reason in words. */
export function reasonText(reason: string): string {
  if (reason === "candidate") return words().reason_candidate;
  return reason === "technical" ? words().reason_technical : reason;
}

/** The cause of an interruption in words. */
export function causeText(cause: string): string {
  const known: Record<string, string> = { candidate: words().cause_candidate, room: words().cause_room, hub: words().cause_hub };
  return known[cause] ?? cause;
}

type Names = (candidate: number) => string;
/** So much of a fingerprint is compared by eye. */
const SHOWN_DIGITS = 12;
/** Codes that only number what other entries and the page name. */
const SILENT = new Set(["help", "total"]);

function chosen(name: string, value: string): string {
  const known: Record<string, unknown> = codes();
  const text = known[`${name}_${value}`];
  return typeof text === "string" ? text : codes().other(name, value);
}

function codeText(entry: Entry, name: string, value: string, nameOf: Names): string | null {
  const c = codes();
  const about = /^abort_reason\.(\d+)$/.exec(name);
  if (about !== null) return c.abort_reason_of(nameOf(Number(about[1])), reasonText(value));
  if (name.startsWith("document.")) return c.document(value.slice(0, SHOWN_DIGITS));
  switch (name) {
    case "entry_no":
      return c.entry_no(value);
    case "cause":
      return c.cause(causeText(value));
    case "answered":
      return c.progress(value, String(entry.codes["total"] ?? "?"));
    case "abort_reason":
      return c.abort_reason(reasonText(value));
    case "code":
      return c.refused(refusalText(value));
    case "name":
      return reportText(value);
    case "question":
      return c.question(value);
    case "minutes":
      return entry.kind === "session.handed_over" ? c.for_minutes(value) : words().added(Number(value));
    case "by":
      return c.handed_over_by(value);
    case "state":
    case "outcome":
    case "kind":
      return chosen(name, value);
    case "explicit":
      return value === "1" ? c.explicit : c.implicit;
    case "late":
      return value === "1" ? c.late : c.in_time;
    case "incident":
      return value === "1" ? c.incident : null;
    case "attention":
      return value === "0" ? null : c.attention(value);
    case "candidates":
    case "details":
    case "documents":
      return c[name](value);
    case "verdict":
      return verdictText(value as Verdict);
    default:
      return c.other(name, value);
  }
}

/** What the codes of an entry say, one text each; `reportOf` names a report that the entry only numbers. */
export function codeTexts(entry: Entry, nameOf: Names, reportOf: (report: number) => string | null): string[] {
  return Object.entries(entry.codes).flatMap(([name, value]) => {
    if (value === null || SILENT.has(name)) return [];
    // An entry that names its report says its number only to machines.
    if (name === "report") return "name" in entry.codes ? [] : (reportOf(Number(value)) ?? codes().other(name, String(value)));
    return codeText(entry, name, String(value), nameOf) ?? [];
  });
}

/** What was written with it: texts, reasons, words. */
export function detailTexts(entry: Entry): string[] {
  return Object.values(entry.detail ?? {}).filter((text) => text !== "");
}
