// The place of the replay in a case: what it is about, and the way to it. The replay itself is loaded when it is asked for.
import type { VNode } from "preact";
import { Button } from "../parts/controls.tsx";
import { lazily } from "../parts/lazily.tsx";
import { refocus } from "../parts/refocus.ts";
import { isReplayOpen } from "./replay_open.ts";
import { words } from "./words.ts";

const Replay = lazily(async () => (await import("./replay.tsx")).Replay);

/** The section. */
export function ReplayPlace(): VNode {
  const w = words();
  const open = (): void => {
    isReplayOpen.value = true;
    refocus("replay");
  };
  return (
    <section class="card replay" aria-labelledby="replay">
      <h2 id="replay" tabIndex={-1}>{w.replay}</h2>
      <p class="hint">{w.replay_lead}</p>
      {isReplayOpen.value ? <Replay onClose={() => (isReplayOpen.value = false)} /> : <div class="buttons"><Button onPress={open}>{w.replay_do}</Button></div>}
    </section>
  );
}
