// What a phone adds where the browser can, over TLS or on localhost only: the room kept for a moment without network,
// the worker that brings the page back then, the screen kept on, the badge. Loaded after the room, or instead of it.
import { effect } from "@preact/signals";
import { stayAwake } from "./awake.ts";
import { keep, showKept } from "./keeping.ts";
import * as state from "./state.ts";

const WORKER = "/worker.js";
const SCOPE = "/invigilate/";

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: () => string }): { createScriptURL(address: string): string };
}

/** The one address that the page's policy lets through, whatever is asked for. */
function workerAddress(): string {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  return trustedTypes?.createPolicy("vigie-worker", { createScriptURL: () => WORKER }).createScriptURL(WORKER) ?? WORKER;
}

async function register(): Promise<void> {
  try {
    await navigator.serviceWorker.register(workerAddress(), { scope: SCOPE, updateViaCache: "none" });
  } catch {
    // No network now, or a browser that refuses: the next page tries again.
  }
}

/** Shows on the icon what the title shows: how many need a person. */
function badge(): void {
  effect(() => {
    const waiting = state.counts.value.needs;
    // Not every browser has it, and some want a right first: the title says it anyway.
    navigator.setAppBadge?.(waiting).catch(() => {});
  });
  addEventListener("pagehide", () => void navigator.setAppBadge?.(0).catch(() => {}));
}

/** Starts all of it. */
export function start(number: number): void {
  showKept(number);
  keep(number);
  stayAwake();
  badge();
  void register();
}
