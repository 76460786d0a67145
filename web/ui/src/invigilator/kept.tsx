// What is shown is what this phone kept: how old it is, before anything else.
import type { VNode } from "preact";
import { dateAndTime } from "../dates.ts";
import { timeOfDay } from "../locale.ts";
import { Glyph } from "../parts/controls.tsx";
import { texts } from "./form.tsx";
import * as state from "./state.ts";

/** The line under the bar of the room. */
export function Kept({ from }: { from: number }): VNode {
  const t = texts();
  const zone = state.session.value?.time_zone ?? "UTC";
  const isToday = new Date(from).toDateString() === new Date().toDateString();
  return (
    <p class="trouble bad">
      <Glyph shape="bolt" />
      <span>
        <b>{isToday ? t.kept(timeOfDay(from, zone)) : t.kept_before(dateAndTime(from, zone))}</b> {t.kept_more}
      </span>
    </p>
  );
}
