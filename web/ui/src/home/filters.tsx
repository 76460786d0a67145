// What narrows the list of sessions: words, a status, days; on a phone also the order.
import type { VNode } from "preact";
import { useId, useRef } from "preact/hooks";
import { words as exam } from "../exam_words.ts";
import { Button, Field } from "../parts/controls.tsx";
import { isWide } from "../parts/window.ts";
import { isNarrowed, narrow, narrowing, SORTS, STATUSES, widen } from "./list.ts";
import { words } from "./store.ts";

function Order(): VNode {
  const w = words();
  const id = useId();
  return (
    <div class="field whole">
      <label for={id}>{w.order}</label>
      <select id={id} value={narrowing.value.sort} onChange={(event) => narrow({ sort: event.currentTarget.value })}>
        {SORTS.map((column) => (
          <>
            <option value={column}>{w.order_up(exam()[column])}</option>
            <option value={`-${column}`}>{w.order_down(exam()[column])}</option>
          </>
        ))}
      </select>
    </div>
  );
}

function Limits(): VNode {
  const w = words();
  const id = useId();
  const now = narrowing.value;
  return (
    <>
      <div class="field whole">
        <label for={id}>{exam().status}</label>
        <select id={id} value={now.status} onChange={(event) => narrow({ status: event.currentTarget.value })}>
          <option value="">{w.any_status}</option>
          {STATUSES.map((status) => <option key={status} value={status}>{w.statuses[status]}</option>)}
        </select>
      </div>
      <Field label={w.from} value={now.from} onInput={(from) => narrow({ from })} input={{ type: "date" }} />
      <Field label={w.to} value={now.to} onInput={(to) => narrow({ to })} input={{ type: "date" }} />
    </>
  );
}

// On a phone the list comes first: what narrows it waits behind one line, unless it is in use.
function Folded(): VNode {
  const now = narrowing.value;
  const isUsed = useRef(now.status !== "" || now.from !== "" || now.to !== "");
  return (
    <details class="folded" open={isUsed.current}>
      <summary>{words().more_filters}</summary>
      <div class="filters">
        <Limits />
        <Order />
      </div>
    </details>
  );
}

/** The fields above the list. */
export function Filters(): VNode {
  const w = words();
  return (
    <form class="filters" role="search" aria-label={w.filters} onSubmit={(event) => event.preventDefault()}>
      <Field label={w.search_sessions} value={narrowing.value.q} onInput={(q) => narrow({ q })} input={{ type: "search", autocomplete: "off", maxLength: 100 }} />
      {isWide.value ? <Limits /> : <Folded />}
      {isNarrowed() && <Button kind="plain" onPress={widen}>{w.widen}</Button>}
    </form>
  );
}
