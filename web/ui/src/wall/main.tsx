// The wall of a center's admins: every room at once, what is wrong above, one room opened beside.
import { render, type VNode } from "preact";
import { ready } from "../locale.ts";
import { account, requireSignIn, isAdmin } from "../office.ts";
import { Glyph, Problem, common } from "../parts/controls.tsx";
import type { Shape } from "../parts/icons.tsx";
import { lazily } from "../parts/lazily.tsx";
import { Notices } from "../parts/notices.tsx";
import { OfficePage } from "../parts/office.tsx";
import { openRoom } from "./address.ts";
import { Card } from "./card.tsx";
import { watch } from "./feed.ts";
import { follow } from "./news.ts";
import { Panel } from "./panel.tsx";
import { asked } from "./selection.ts";
import * as store from "./store.ts";
import { Strip } from "./strip.tsx";
import { Toolbar } from "./toolbar.tsx";
import { setView, view } from "./view.ts";
import { words } from "./words.ts";

const CHIP_SHAPE: Record<string, Shape> = { live: "dot", slow: "clock", offline: "bolt" };

const StartDialog = lazily<{ numbers: readonly number[]; onClose: () => void }>(() => import("./start_dialog.tsx").then((module) => module.StartDialog));

const Table = lazily<{ onClose: () => void }>(() => import("./table.tsx").then((module) => module.Table));

function Chip(): VNode {
  const fresh = store.freshness.value;
  return (
    <span class={`chip-line ${fresh}`} role="img" aria-label={words()[fresh]}>
      <Glyph shape={CHIP_SHAPE[fresh] ?? "dot"} />
      <span>{words()[fresh]}</span>
    </span>
  );
}

function Rooms(): VNode {
  const w = words();
  const numbers = store.shown.value;
  if (!store.isLoaded.value) return <p class="hint">{w.connecting}</p>;
  if (numbers.length === 0) return <p class="hint">{store.order.value.length === 0 ? w.none : w.none_match}</p>;
  // Without a network the table cannot be had: the cards are there.
  if (view.value === "table") return <Table onClose={() => setView("cards")} />;
  return <ul class="room-grid">{numbers.map((number) => <Card key={number} number={number} />)}</ul>;
}

function Start(): VNode | null {
  const numbers = asked.value;
  return numbers === null ? null : <StartDialog numbers={numbers} onClose={() => (asked.value = null)} />;
}

function Wall(): VNode {
  const w = words();
  const isStale = store.isLoaded.value && store.freshness.value === "offline";
  const beside = (
    <>
      {store.line.value.at !== "closed" && <Chip />}
      <span class="hint">{w.rooms_count(store.order.value.length)}</span>
    </>
  );
  return (
    <OfficePage title={w.title} beside={beside} waiting={store.troubled.value.length}>
      <div class={openRoom.value === null ? "wall" : "wall with-room"}>
        <div class="wall-side">
          <Strip />
          <Toolbar />
          <section class={isStale ? "rooms stale" : "rooms"} aria-labelledby="rooms-title">
            <h2 id="rooms-title" class="only-heard">{w.grid}</h2>
            <Rooms />
          </section>
        </div>
        <Panel />
      </div>
      <div class="wall-news"><Notices /></div>
      <Start />
    </OfficePage>
  );
}

function Page(): VNode {
  const who = account.value;
  if (who && isAdmin(who)) return <Wall />;
  return <OfficePage title={words().title}>{who ? <Problem text={words().not_for_you} /> : <p role="status">{common().loading}</p>}</OfficePage>;
}

await ready;
const root = document.getElementById("page");
if (root) render(<Page />, root);
const who = await requireSignIn();
if (who && isAdmin(who)) {
  follow();
  watch();
}
