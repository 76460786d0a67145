// The bar of the room: number, clock, how fresh the data is; under it, what is wrong when something is.
import type { VNode } from "preact";
import { useComputed } from "@preact/signals";
import { hoursMinutes, shortAge } from "../locale.ts";
import { Glyph } from "../parts/controls.tsx";
import type { Shape } from "../parts/icons.tsx";
import { words } from "./announce.ts";
import { dialogs, Rest } from "./later.tsx";
import { open } from "./open.ts";
import * as state from "./state.ts";

const CHIP_SHAPE: Record<string, Shape> = { live: "dot", slow: "clock", offline: "bolt" };

function Chip(): VNode {
  const fresh = state.freshness.value;
  return (
    <span class={`chip-line ${fresh}`} role="img" aria-label={words()[fresh]}>
      <Glyph shape={CHIP_SHAPE[fresh] ?? "dot"} />
      <span>{words()[fresh]}</span>
    </span>
  );
}

function RoomClock(): VNode | null {
  const session = state.session.value;
  // Minutes are what a person reads here: the text changes once a minute, and is in no live region.
  const minutes = useComputed(() => {
    const startedAt = state.session.value?.started_at ?? null;
    return startedAt === null ? 0 : Math.max(0, Math.floor((state.now.value - Date.parse(startedAt)) / 60_000));
  }).value;
  if (session === null) return null;
  const w = words();
  if (session.started_at === null) return (
      <span class="clock">
        <span>{session.start_time.slice(0, 5)}</span>
        <small>{w.clock_planned}</small>
      </span>
    );
  // Whole minutes on both sides, so that elapsed and left always add up to the duration.
  const elapsed = minutes * 60_000;
  const left = session.duration_minutes * 60_000 - elapsed;
  return (
    <span class={left < 0 ? "clock over" : "clock"}>
      <span>
        {hoursMinutes(elapsed)} <small>{w.clock_elapsed}</small>
      </span>
      <span class="left">
        {hoursMinutes(Math.abs(left))} <small>{left < 0 ? w.clock_over : w.clock_remaining}</small>
      </span>
    </span>
  );
}

/** What is said before the room is there: that it is asked for, or why it does not come. */
function connecting(): string {
  const w = words();
  if (state.lastCode.value === null) return w.phone_connecting;
  return `${state.isTurnedAway.value ? w.hub_not_open : w.phone_unanswered} ${w.trying_again}`;
}

/** The three troubles, each in its own words: this phone, slow news, the hub. Never the candidates'. */
function Troubles(): VNode | null {
  const w = words();
  const line = state.line.value;
  const fresh = state.freshness.value;
  // Rounded up: nothing shown is older than it is said to be.
  const age = useComputed(() => shortAge(state.ageMs.value ?? 0, Math.ceil)).value;
  const missing = state.degraded.value;
  if (line.at === "closed") return null;
  if (state.session.value === null) return <p class="trouble calm">{connecting()}</p>;
  // Until the words for it are here, the line that is lost says enough.
  if (state.keptFrom.value !== null && dialogs.value !== null) return <dialogs.value.Kept from={state.keptFrom.value} />;
  if (line.at === "open" && state.isHubBehind.value && missing.length === 0) {
    return <p class="trouble warn"><Glyph shape="alert" />{w.hub_behind(age)}</p>;
  }
  if (line.at !== "open" || (fresh === "offline" && !state.isHubBehind.value)) {
    const isLong = fresh === "offline";
    return (
      <p class="trouble bad">
        <Glyph shape="bolt" />
        <span>
          <b>{state.isTurnedAway.value ? w.hub_not_open : w.phone_lost}</b> {isLong && w.phone_lost_more(age)}
        </span>
      </p>
    );
  }
  if (missing.includes("decisions") && missing.includes("live")) {
    return <p class="trouble bad"><Glyph shape="alert" />{w.hub_degraded_both(age)}</p>;
  }
  return (
    <>
      {missing.includes("decisions") && <p class="trouble warn"><Glyph shape="alert" />{w.hub_degraded_decisions}</p>}
      {(missing.includes("live") || !state.isLiveStoreKnown.value) && <p class="trouble warn"><Glyph shape="alert" />{w.hub_degraded_live}</p>}
      {fresh === "slow" && missing.length === 0 && <p class="trouble warn"><Glyph shape="clock" />{w.phone_slow}</p>}
    </>
  );
}

/** The sticky bar. */
export function Bar({ number, isPanel }: { number: number; isPanel: boolean }): VNode {
  const session = state.session.value;
  const Title = isPanel ? "h2" : "h1";
  const colleagues = state.people.value.length;
  return (
    <header class="bar">
      <div class="bar-line">
        <Title class="bar-title">
          <button type="button" class="title plain" aria-haspopup="dialog" onClick={() => open({ is: "menu", number })}>
            <span class="number">{words().title(session?.number ?? number)}</span>
            <span class="room">{session ? words().room(session.room) : " "}</span>
            <Glyph shape="down" />
          </button>
        </Title>
        <RoomClock />
        {colleagues > 1 && (
          <span class="colleagues" role="img" aria-label={words().colleagues_count(colleagues)} title={words().colleagues_count(colleagues)}>
            <Glyph shape="people" />
            {colleagues}
          </span>
        )}
        {state.line.value.at !== "closed" && <Chip />}
      </div>
      <Troubles />
      <Rest show={(here) => <here.Charge />} />
    </header>
  );
}
