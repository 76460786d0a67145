// The end of all who are over time: who will be, who will not, then the result for each.
import type { VNode } from "preact";
import { useSignal } from "@preact/signals";
import { Button, Modal, common } from "../parts/controls.tsx";
import type { ResultView } from "../wire.ts";
import { words } from "./announce.ts";
import { send, waits, whyRefused } from "./commands.ts";
import { texts } from "./form.tsx";
import { focusBack, shut } from "./open.ts";
import * as state from "./state.ts";

function Results({ results }: { results: readonly ResultView[] }): VNode {
  const t = texts();
  const text = (result: ResultView): string => {
    if (result.ok) return result.already ? t.batch_already : t.batch_ok;
    return whyRefused(result);
  };
  return (
    <ul class="people">
      {results.map((result) => (
        <li key={result.candidate}>
          <span>{state.nameById(result.candidate)}</span> <b class={result.ok ? "good" : "bad"}>{text(result)}</b>
        </li>
      ))}
    </ul>
  );
}

/** The dialog. */
export function EndOverTime(): VNode {
  const w = words();
  const t = texts();
  const results = useSignal<readonly ResultView[] | null>(null);
  const spared = useSignal<ReadonlySet<number>>(new Set());
  const { can, ending } = state.overTimeIds();
  const chosen = can.filter((id) => !spared.value.has(id));
  const toggle = (id: number): void => {
    const next = new Set(spared.value);
    if (!next.delete(id)) next.add(id);
    spared.value = next;
  };
  const go = async (): Promise<void> => {
    const told = await send("attempt.end", chosen, w.end_do);
    if (told === null) shut();
    else results.value = told;
  };
  if (results.value !== null) {
    return (
      <Modal title={t.batch_result} onClose={shut} fallback={focusBack}>
        <Results results={results.value} />
        <footer class="answers"><Button kind="main" autofocus onPress={shut}>{common().close}</Button></footer>
      </Modal>
    );
  }
  return (
    <Modal title={t.end_over_time_title} onClose={shut} fallback={focusBack}>
      <p>{t.end_over_time_can(chosen.length)}</p>
      <ul class="people">
        {can.map((id) => {
          const progress = state.rowOf(id)?.value.progress;
          return (
            <li key={id}>
              <label>
                <input type="checkbox" checked={!spared.value.has(id)} onChange={() => toggle(id)} />
                <span>{state.nameById(id)}</span>
                {progress && <small>{progress.answered}/{progress.total}</small>}
              </label>
            </li>
          );
        })}
      </ul>
      {ending.length > 0 && (
        <p class="why">
          {t.end_over_time_cannot(ending.map((id) => state.nameById(id)).join(", "))}
        </p>
      )}
      <footer class="answers">
        <Button kind="main" autofocus onPress={shut}>{w.end_keep}</Button>
        {chosen.length > 0 && <Button kind="danger" waits={waits.value} onPress={() => void go()}>{t.end_over_time_do(chosen.length)}</Button>}
      </footer>
    </Modal>
  );
}
