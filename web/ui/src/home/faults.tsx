// What a check of a file found: a summary that takes the focus, and the faults by line, a page at a time.
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { Button, refusalText } from "../parts/controls.tsx";

const words = catalogue(fr.importing, (en) => en.importing);
const texts = catalogue(fr.imports, (en) => en.imports);

const A_PAGE = 100;

export interface Fault {
  line: number | null;
  column: string | null;
  code: string;
}

/** Gives the text of a code of an import. */
export function faultText(code: string): string {
  const known: Record<string, string> = texts();
  return known[code] ?? refusalText(code);
}

function Table({ faults, title }: { faults: readonly Fault[]; title: string }): VNode {
  const w = words();
  return (
    <div class="scrolls" tabIndex={0} role="region" aria-label={title}>
      <table>
        <thead><tr><th scope="col">{w.line}</th><th scope="col">{w.column}</th><th scope="col">{w.problem}</th></tr></thead>
        <tbody>
          {faults.map((fault, index) => (
            <tr key={index}><td>{fault.line ?? "–"}</td><td>{fault.column ?? "–"}</td><td>{faultText(fault.code)}</td></tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Pages({ at, of, onTurn }: { at: number; of: number; onTurn: (page: number) => void }): VNode | null {
  const w = words();
  if (of === 1) return null;
  return (
    <div class="pages">
      <p role="status">{w.page(at + 1, of)}</p>
      <div class="buttons">
        <Button waits={at === 0 ? w.no_page : undefined} onPress={() => onTurn(at - 1)}>{w.page_before}</Button>
        <Button waits={at === of - 1 ? w.no_page : undefined} onPress={() => onTurn(at + 1)}>{w.page_after}</Button>
      </div>
    </div>
  );
}

/** The list; the grave one takes the focus when it comes. */
export function Faults({ faults, title, isGrave = false }: { faults: readonly Fault[]; title: string; isGrave?: boolean }): VNode {
  const at = useSignal(0);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isGrave) heading.current?.focus();
  }, []);
  const shown = faults.slice(at.value * A_PAGE, (at.value + 1) * A_PAGE);
  return (
    <div class={isGrave ? "faults grave" : "faults"}>
      <h3 ref={heading} tabIndex={-1}>{title}</h3>
      <Table faults={shown} title={title} />
      <Pages at={at.value} of={Math.ceil(faults.length / A_PAGE)} onTurn={(page) => (at.value = page)} />
    </div>
  );
}
