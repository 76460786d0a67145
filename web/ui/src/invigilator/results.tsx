// What became of a command for each of several people.
import type { VNode } from "preact";
import { Button, Modal, common } from "../parts/controls.tsx";
import type { ResultView } from "../wire.ts";
import { whyRefused } from "./commands.ts";
import { texts } from "./form.tsx";
import { focusBack, shut } from "./open.ts";
import * as state from "./state.ts";

export interface Line {
  candidate: number;
  isDone: boolean;
  text: string;
}

/** What a result says. */
export function lineOf(result: ResultView): Line {
  const done = result.already ? texts().batch_already : texts().batch_ok;
  return { candidate: result.candidate, isDone: result.ok, text: result.ok ? done : whyRefused(result) };
}

/** One line for each. */
export function Results({ lines }: { lines: readonly Line[] }): VNode {
  return (
    <ul class="people">
      {lines.map(({ candidate, isDone, text }) => (
        <li key={candidate}>
          <span>{state.nameById(candidate)}</span> <b class={isDone ? "good" : "bad"}>{text}</b>
        </li>
      ))}
    </ul>
  );
}

/** The results of a command that asked nothing before. */
export function ResultsDialog({ title, results }: { title: string; results: readonly ResultView[] }): VNode {
  return (
    <Modal title={title} onClose={shut} fallback={focusBack}>
      <Results lines={results.map(lineOf)} />
      <footer class="answers"><Button kind="main" autofocus onPress={shut}>{common().close}</Button></footer>
    </Modal>
  );
}
