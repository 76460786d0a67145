// The room handed over to a colleague: a code for one phone and one minute, and what became of it.
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { monotonicMs } from "../clock.ts";
import { call } from "../http.ts";
import { Button, Modal, Problem, common, refusalText } from "../parts/controls.tsx";
import { LinkCode, LinkText } from "../parts/secret_link.tsx";
import { waits } from "./commands.ts";
import { texts } from "./form.tsx";
import { focusBack, shut } from "./open.ts";

const TICK_MS = 500;
const FOLLOW_MS = 2_000;

interface Handover {
  id: string;
  url: string;
  qr: string;
  seconds: number;
  endsMs: number;
}

interface Told {
  state: "waiting" | "opened" | "accepted" | "expired";
  to: string | null;
}

const UNUSED: Told = { state: "waiting", to: null };

/** What became of the code, in a sentence; nothing while it waits to be photographed. */
function outcome(told: Told, isShown: boolean): string {
  const t = texts();
  if (told.state === "accepted") return t.handover_accepted(told.to ?? "–");
  if (told.state === "opened") return t.handover_opened;
  return isShown ? "" : t.handover_expired;
}

/** The dialog. */
export function HandoverDialog({ number }: { number: number }): VNode {
  const t = texts();
  const made = useSignal<Handover | null>(null);
  const told = useSignal<Told>(UNUSED);
  const left = useSignal(0);
  const isBusy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const one = made.value;
  const isShown = one !== null && told.value.state === "waiting" && left.value > 0;

  const make = async (): Promise<void> => {
    isBusy.value = true;
    const answer = await call<Omit<Handover, "endsMs">>("POST", `/sessions/${number}/handovers`);
    isBusy.value = false;
    problem.value = answer.ok ? null : answer.error.code;
    if (!answer.ok) return;
    told.value = UNUSED;
    left.value = answer.body.seconds;
    made.value = { ...answer.body, endsMs: monotonicMs() + answer.body.seconds * 1000 };
  };

  const follow = async (which: Handover): Promise<void> => {
    const answer = await call<Told>("GET", `/sessions/${number}/handovers/${which.id}`);
    // An answer that is late is about a code that is no longer shown.
    if (answer.ok && made.peek() === which) told.value = answer.body;
  };

  useEffect(() => {
    if (one === null) return;
    const ticking = setInterval(() => (left.value = Math.max(0, Math.ceil((one.endsMs - monotonicMs()) / 1000))), TICK_MS);
    const following = setInterval(() => {
      if (told.peek().state === "waiting" || told.peek().state === "opened") void follow(one);
    }, FOLLOW_MS);
    return () => {
      clearInterval(ticking);
      clearInterval(following);
    };
  }, [one]);

  const why = isBusy.value ? common().working : waits.value;
  return (
    <Modal title={t.handover_title} shape="sheet" onClose={shut} fallback={focusBack}>
      {/* On a phone the code and both answers are in sight together, or it is photographed in pieces. */}
      {!isShown && <p>{t.handover_lead}</p>}
      {isShown && one && (
        <div class="handover">
          <LinkCode svg={one.qr} />
          {/* In no live region: nobody wants to hear sixty numbers. */}
          <p class="strong">{t.handover_left(left.value)}</p>
          <LinkText url={one.url} kind="soft" />
        </div>
      )}
      <p role="status" class="strong">{one === null ? "" : outcome(told.value, isShown)}</p>
      <Problem text={problem.value === null ? null : refusalText(problem.value)} />
      <footer class="answers">
        <Button onPress={shut}>{common().close}</Button>
        <Button kind={isShown ? "soft" : "main"} waits={why} onPress={() => void make()}>{one === null ? t.handover_show : t.handover_again}</Button>
      </footer>
    </Modal>
  );
}
