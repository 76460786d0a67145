// The receipt of a finalized session: when, by whom, in time or not, and the fingerprint that seals its journal.
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { dateAndTime } from "../dates.ts";
import { Button, Glyph } from "../parts/controls.tsx";
import { copied } from "../parts/copy.ts";
import { justFinalized, view, words } from "./store.ts";

/** Selects an element's text, for a person to copy. */
function select(element: HTMLElement): void {
  const range = document.createRange();
  range.selectNodeContents(element);
  getSelection()?.removeAllRanges();
  getSelection()?.addRange(range);
}

function Fingerprint({ head }: { head: string }): VNode {
  const w = words();
  const code = useRef<HTMLElement>(null);
  const told = useSignal<string | null>(null);
  const copy = async (): Promise<void> => {
    const isCopied = await copied(head);
    if (code.current) select(code.current);
    told.value = isCopied ? w.copied : w.copy_failed;
  };
  return (
    <>
      <code ref={code} class="head">{head}</code>
      <small>{w.receipt_head_more}</small>
      <div class="buttons no-print">
        <Button onPress={() => void copy()}>{w.copy}</Button>
        <Button onPress={() => print()}>{w.print}</Button>
      </div>
      <p role="status" class="hint no-print">{told.value}</p>
    </>
  );
}

/** The receipt; the focus comes here when the page has just been finalized. */
export function ReceiptCard(): VNode | null {
  const w = words();
  const heading = useRef<HTMLHeadingElement>(null);
  const receipt = view.value?.receipt;
  const isHere = Boolean(receipt);
  useEffect(() => {
    if (isHere && justFinalized.peek()) heading.current?.focus();
  }, [isHere]);
  if (!receipt) return null;
  const zone = view.value?.session.time_zone ?? "UTC";
  return (
    <section class="card receipt" aria-labelledby="receipt">
      <h2 id="receipt" ref={heading} tabIndex={-1}><Glyph shape="check" /> {w.receipt_title}</h2>
      <p class="no-print">{w.receipt_lead}</p>
      <dl class="facts-list">
        <div><dt>{w.receipt_at}</dt><dd>{dateAndTime(Date.parse(receipt.finalized_at), zone)}</dd></div>
        <div><dt>{w.receipt_by}</dt><dd>{receipt.by}</dd></div>
        <div><dt>{w.receipt_delay}</dt><dd>{receipt.is_late ? w.receipt_late : w.receipt_in_time}</dd></div>
        <div><dt>{w.receipt_decision}</dt><dd>{receipt.decision_seq}</dd></div>
        <div class="whole"><dt>{w.receipt_head}</dt><dd><Fingerprint head={receipt.head} /></dd></div>
      </dl>
    </section>
  );
}
