// Interruptions in words: from when to when, how long, whose loss.
import type { VNode } from "preact";
import { lengthMs } from "../compensation.ts";
import { timeOfDay } from "../locale.ts";
import type { InterruptionView } from "../wire.ts";
import { texts } from "./form.tsx";
import * as state from "./state.ts";

/** Writes a length of time. */
export function lengthText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return texts().time_length(Math.floor(seconds / 60), seconds % 60);
}

function Interruption({ one }: { one: InterruptionView }): VNode {
  const t = texts();
  const zone = state.session.value?.time_zone;
  const from = timeOfDay(Date.parse(one.from), zone);
  const length = lengthText(lengthMs(one, state.slowNow.value));
  return (
    <li>
      <span>{one.to === null ? t.time_lost_since(from, length) : t.time_lost_at(from, timeOfDay(Date.parse(one.to), zone), length)}</span>
      <small>{t[`time_cause_${one.cause}`]}</small>
    </li>
  );
}

/** All of one candidate. */
export function Interruptions({ list }: { list: readonly InterruptionView[] }): VNode {
  return <ul class="people">{list.map((one) => <Interruption key={one.from} one={one} />)}</ul>;
}
