// How far what is typed is saved, in words; silent as long as all goes well, aloud when it does not.
import type { VNode } from "preact";
import { timeOfDay } from "../locale.ts";
import { account } from "../office.ts";
import { Button, Glyph, common, refusalText } from "../parts/controls.tsx";
import { refocus } from "../parts/refocus.ts";
import { isContested, isTooLong, saver, view, words } from "./store.ts";

function savedText(): string {
  const w = words();
  const draft = view.value?.draft;
  if (!draft?.saved_at) return w.saved_never;
  const at = timeOfDay(Date.parse(draft.saved_at), view.value?.session.time_zone);
  return draft.saved_by && draft.saved_by !== account.value?.name ? w.saved_by(at, draft.saved_by) : w.saved_at(at);
}

/** Saves at once; the button that asked for it may leave. */
export async function saveNow(): Promise<void> {
  await saver.flush();
  refocus("check");
}

/** Why the last save failed, and the way on. */
function Failed({ code }: { code: string }): VNode {
  const w = words();
  const isSignedOut = code === "not_signed_in";
  return (
    <>
      <span role="alert">{w.save_failed} {isSignedOut ? w.signed_out : refusalText(code)}</span>
      {isSignedOut && <a class="soft" href="/" target="_blank" rel="noopener">{w.sign_in_tab}</a>}
      <Button onPress={() => void saveNow()}>{common().retry}</Button>
    </>
  );
}

/** The line. */
export function SavingLine(): VNode {
  const w = words();
  const state = saver.state.value;
  if (state.is === "failed") return <div class="saving bad"><Glyph shape="alert" /><Failed code={state.code} /></div>;
  if (state.is !== "idle") return <div class="saving"><Glyph shape="clock" /><span>{state.is === "saving" ? w.saving : w.save_waiting}</span></div>;
  if (isContested.value) return <div class="saving warn"><Glyph shape="alert" /><span>{w.save_conflict}</span></div>;
  if (isTooLong.value) return <div class="saving warn"><Glyph shape="alert" /><span>{w.save_too_long}</span></div>;
  return <div class="saving good"><Glyph shape="check" /><span>{savedText()}</span></div>;
}
