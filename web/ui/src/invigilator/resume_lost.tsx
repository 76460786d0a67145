// Resumes of those lost together: done at once, with a result for each where somebody was refused.
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { Button, Problem, common } from "../parts/controls.tsx";
import { words } from "./announce.ts";
import { useBatch, type Deed } from "./batch.ts";
import { BatchModal } from "./batch_view.tsx";
import { waits } from "./commands.ts";
import { texts } from "./form.tsx";
import { shut } from "./open.ts";

/** Sends as it opens; closes by itself when everybody was authorized. */
export function ResumeLost({ candidates }: { candidates: readonly number[] }): VNode {
  const label = words().resume;
  const batch = useBatch();
  const deed: Deed = { label, done: texts().done_resume, command: (some) => ({ type: "resume.authorize", candidates: some }) };
  const send = (): void => void batch.run(deed, candidates);
  const isWhole = batch.isOver.value && [...batch.results.value.values()].every((result) => result.ok);
  useEffect(send, []);
  useEffect(() => {
    if (isWhole) shut();
  }, [isWhole]);
  const pending = batch.underWay();
  return (
    <BatchModal title={label} batch={batch}>
      <Problem text={batch.sending.problem.value} />
      <footer class="answers">
        <Button autofocus onPress={shut}>{common().close}</Button>
        <Button kind="main" waits={pending ?? waits.value} onPress={send}>{pending ?? common().retry}</Button>
      </footer>
    </BatchModal>
  );
}
