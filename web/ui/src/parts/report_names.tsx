// What issue reports are called: a code on the paper form, and words.
import type { VNode } from "preact";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr/reports.ts";
import { codeOf, isKnown } from "../reports.ts";

const names = catalogue(fr.reportNames, (en) => en.reportNames);

/** The words for a category; one that this page does not know yet keeps its name. */
export function nameOfReport(name: string): string {
  return isKnown(name) ? names()[name] : name;
}

/** A category as a line: its code on the paper form, then its words. */
export function Category({ name }: { name: string }): VNode {
  const code = codeOf(name);
  return (
    <>
      {code !== "" && <b class="tag">{code}</b>}
      <span>{nameOfReport(name)}</span>
    </>
  );
}
