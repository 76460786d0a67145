// The line was closed for good: why, and where to go from here.
import type { VNode } from "preact";
import { common } from "../parts/controls.tsx";
import { texts } from "./form.tsx";
import { ownConnection } from "./state.ts";

/** What stands above the list then. */
export function Closed({ number, code }: { number: number; code: number }): VNode {
  const t = texts();
  const known: Record<number, string> = {
    4001: t.closed_signed_out,
    // Whoever was welcome before had a right that has ended since.
    4003: ownConnection.value === "" ? t.closed_forbidden : t.closed_ended,
    4004: t.closed_unknown,
    4010: t.closed_replaced,
    4011: t.closed_over,
  };
  return (
    <div class="closed">
      <p class="strong" role="alert">{known[code] ?? t.closed_other(code)}</p>
      <div class="buttons">
        <a class="main" href={code === 4001 ? `/?next=${number}` : "/"}>{code === 4001 ? t.sign_in_again : code === 4003 ? t.enter_password : common().back}</a>
        <button type="button" class="soft" onClick={() => location.reload()}>{common().retry}</button>
      </div>
    </div>
  );
}

