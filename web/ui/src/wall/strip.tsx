// The strip above the rooms: what is wrong with the wall itself, then every room in trouble. Its height never changes.
import type { VNode } from "preact";
import { useComputed } from "@preact/signals";
import { Button, common, Glyph } from "../parts/controls.tsx";
import type { Shape } from "../parts/icons.tsx";
import * as store from "./store.ts";
import type { TroubledRoom, TroubleKind } from "./trouble.ts";
import { EVERYTHING } from "./narrowing.ts";
import { ageText, roomName, troubleText, words } from "./words.ts";

const SHAPE_OF: Record<TroubleKind, Shape> = { outage: "bolt", escalated: "hand", unattended: "people", stale: "clock" };

interface Own {
  tone: "bad" | "warn" | "calm";
  text: string;
  /** Nothing comes back by itself: somebody has to ask. */
  isFinal?: boolean;
}

/** What is wrong with this wall's line or with the hub: never the rooms' trouble. */
function ownTroubles(): Own[] {
  const w = words();
  const line = store.line.value;
  const age = ageText(store.ageMs.value ?? 0);
  const missing = store.degraded.value;
  if (line.at === "closed") return [{ tone: "bad", text: w.closed(line.code), isFinal: true }];
  if (!store.isLoaded.value) return [{ tone: "calm", text: w.connecting }];
  if (line.at === "open" && store.isHubBehind.value && missing.length === 0) return [{ tone: "warn", text: w.hub_behind(age) }];
  if (line.at !== "open" || (store.freshness.value === "offline" && !store.isHubBehind.value)) {
    return [{ tone: "bad", text: store.freshness.value === "offline" ? `${w.own_lost} ${w.own_lost_more(age)}` : w.own_lost }];
  }
  if (missing.includes("decisions") && missing.includes("live")) return [{ tone: "bad", text: w.hub_degraded_both(age) }];
  const told: Own[] = [];
  if (missing.includes("decisions")) told.push({ tone: "warn", text: w.hub_degraded_decisions });
  if (missing.includes("live")) told.push({ tone: "warn", text: w.hub_degraded_live });
  if (store.freshness.value === "slow" && missing.length === 0) told.push({ tone: "warn", text: w.own_slow });
  return told;
}

/** Leads to the room's card, also when a filter hides it. */
function lead(number: number): void {
  if (!store.shown.peek().includes(number)) store.narrowing.value = EVERYTHING;
  // The card is there after the next paint.
  requestAnimationFrame(() => {
    const card = document.getElementById(`room-${number}`);
    card?.scrollIntoView({ block: "center" });
    card?.focus({ preventScroll: true });
  });
}

function Item({ troubled }: { troubled: TroubledRoom }): VNode | null {
  const number = troubled.session;
  const text = useComputed(() => {
    const room = store.roomOf(number)?.value;
    return room === undefined ? "" : troubled.troubles.map((one) => troubleText(room, one, store.now.value)).join(" · ");
  }).value;
  const room = store.roomOf(number)?.peek();
  const gravest = troubled.troubles[0];
  if (room === undefined || gravest === undefined) return null;
  const go = (event: MouseEvent): void => {
    event.preventDefault();
    lead(number);
  };
  return (
    <li>
      <a class={`alarm ${gravest.is === "stale" ? "warn" : "bad"}`} href={`#room-${number}`} onClick={go}>
        <Glyph shape={SHAPE_OF[gravest.is]} />
        <span>{words().alarm(roomName(room), room.site, text)}</span>
      </a>
    </li>
  );
}

/** The strip. */
export function Strip(): VNode {
  const w = words();
  const own = useComputed(ownTroubles).value;
  const troubled = store.troubled.value;
  const isCalm = own.length === 0 && troubled.length === 0;
  return (
    <section class={isCalm ? "strip calm" : "strip"} aria-labelledby="strip-title">
      <h2 id="strip-title">{w.strip} {troubled.length > 0 && <b class="badge">{troubled.length}</b>}</h2>
      {isCalm && <p class="strip-calm"><Glyph shape="check" /> {w.strip_empty}</p>}
      <ul class="alarms">
        {own.map((one) => (
          <li key={one.text} class={`alarm ${one.tone}`}>
            <Glyph shape={one.tone === "bad" ? "bolt" : "alert"} />
            <span>{one.text}</span>
            {one.isFinal && <Button onPress={() => location.reload()}>{common().retry}</Button>}
          </li>
        ))}
        {troubled.map((room) => <Item key={`${room.session} ${room.troubles.map((one) => `${one.is} ${one.sinceMs ?? 0}`).join()}`} troubled={room} />)}
      </ul>
    </section>
  );
}
