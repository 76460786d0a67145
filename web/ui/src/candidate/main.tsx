// The reference candidate client: join, wait, enter, answer, come back, end.
import { render, type VNode } from "preact";
import { effect } from "@preact/signals";
import type { CandidateView } from "../candidate-client.ts";
import { ready } from "../locale.ts";
import { Button, Glyph, LanguageSwitch, common } from "../parts/controls.tsx";
import { EndScreen, LineClosed } from "./end.tsx";
import { Join } from "./join.tsx";
import { Messages } from "./messages.tsx";
import { identity, leave, start, view, words } from "./store.ts";
import { Test } from "./test.tsx";
import { Interrupted, WaitingRoom } from "./wait.tsx";

function isEnded(now: CandidateView): boolean {
  return now.state !== null && now.state.attempt !== "not_started" && now.state.attempt !== "running";
}

function Screen(): VNode {
  const w = words();
  const now = view.value;
  if (identity.value === null) return <Join />;
  if (now === null) return <p class="card narrow" role="status">{w.connecting}</p>;
  const { state, line } = now;
  if (state !== null && isEnded(now)) return <EndScreen state={state} />;
  if (line.at === "closed") return <LineClosed code={line.code} reason={line.reason} />;
  if (state === null) return <p class="card narrow" role="status">{now.isAskedToWait ? w.connecting_later : w.connecting}</p>;
  if (state.in_test) return <Test now={now} state={state} />;
  return state.attempt === "running" ? <Interrupted now={now} state={state} /> : <WaitingRoom now={now} state={state} />;
}

function LineChip({ now }: { now: CandidateView }): VNode | null {
  if (now.line.at === "closed") return null;
  const isLive = now.line.at === "open";
  return (
    <span class={`chip-line ${isLive ? "live" : "slow"}`} role="status">
      <Glyph shape={isLive ? "dot" : "bolt"} />
      <span>{isLive ? words().line_live : now.isAskedToWait ? words().line_later : words().line_lost}</span>
    </span>
  );
}

function Head(): VNode {
  const who = identity.value;
  const now = view.value;
  const mayLeave = who !== null && now !== null && now.state?.attempt === "not_started";
  return (
    <header class="bar">
      <div class="bar-line">
        <span class="brand">{common().product}</span>
        {who && <span class="who-line"><b>{who.name}</b> <span>{words().session(who.number)}</span></span>}
        <span class="spread" />
        {now && <LineChip now={now} />}
        {who === null ? <LanguageSwitch /> : mayLeave && <Button kind="plain" onPress={leave}>{words().not_me}</Button>}
      </div>
      {(now?.line.at === "waiting" || now?.line.at === "connecting") && now.state?.in_test && <p class="trouble warn"><Glyph shape="bolt" />{words().line_lost_more}</p>}
    </header>
  );
}

function Page(): VNode {
  return (
    <>
      <a class="skip" href="#content">{common().skip}</a>
      <Head />
      <main id="content" tabIndex={-1}>
        <Screen />
      </main>
      <Messages />
    </>
  );
}

effect(() => {
  document.title = `${words().title} – ${common().product}`;
});

start();
await ready;
const root = document.getElementById("page");
if (root) render(<Page />, root);
