// What the invigilator said: every message stands on the screen until it is closed, the newest last.
import type { VNode } from "preact";
import { timeOfDay } from "../locale.ts";
import { Button } from "../parts/controls.tsx";
import { refocus } from "../parts/refocus.ts";
import type { Message } from "../wire.ts";
import { identity, theClient, view, words } from "./store.ts";

const CONTENT = "content";

function MessageCard({ message, id, next }: { message: Message; id: string; next: string }): VNode {
  const w = words();
  const at = timeOfDay(Date.parse(message.at), identity.value?.timeZone);
  const close = (): void => {
    theClient()?.messageRead(message);
    refocus(next);
  };
  return (
    <div class="notice message">
      <span><b>{w.message_at(at)}</b><br />{message.text}</span>
      <Button kind="main" id={id} label={w.message_close_at(at)} onPress={close}>{w.message_close}</Button>
    </div>
  );
}

/** All messages at once; only a new one is spoken, and a closed one leaves focus with its neighbour. */
export function Messages(): VNode {
  const messages = view.value?.messages ?? [];
  const ids = messages.map((one) => `message-${one.at}`);
  return (
    <div class="bottom">
      <div class="notices" role="alert" aria-atomic="false">
        {messages.map((one, at) => (
          <MessageCard key={`${one.at} ${one.text}`} message={one} id={ids[at] ?? ""} next={ids[at + 1] ?? ids[at - 1] ?? CONTENT} />
        ))}
      </div>
    </div>
  );
}
