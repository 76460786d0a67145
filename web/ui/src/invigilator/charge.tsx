// What a center admin may do in a room: read, or act for so long, and longer when asked.
import type { VNode } from "preact";
import { useComputed } from "@preact/signals";
import { Button, Glyph } from "../parts/controls.tsx";
import { texts } from "./form.tsx";
import { open } from "./open.ts";
import * as state from "./state.ts";

const MINUTE_MS = 60_000;

/** The line under the bar of the room. */
export function Charge(): VNode | null {
  const t = texts();
  const until = state.inChargeUntil.value;
  const minutes = useComputed(() => Math.max(1, Math.ceil(((state.inChargeUntil.value ?? 0) - state.now.value) / MINUTE_MS))).value;
  if (state.you.value.role === "center_admin" && until !== null) {
    return (
      <div class="trouble info">
        <Glyph shape="key" />
        <span>{t.in_charge(minutes)}</span>
        <Button onPress={() => open({ is: "take_over" })}>{t.take_over_again}</Button>
      </div>
    );
  }
  if (state.hindrance.value !== "read_only") return null;
  return (
    <div class="trouble info">
      <Glyph shape="eye" />
      <span>{t.read_only}</span>
      <Button kind="main" onPress={() => open({ is: "take_over" })}>{t.take_over}</Button>
    </div>
  );
}
