// The screen kept on while the room is looked at: asked for again whenever the system took it back.

let lock: WakeLockSentinel | null = null;
let isAsked = false;

async function ask(): Promise<void> {
  if (isAsked || document.visibilityState !== "visible" || lock?.released === false) return;
  isAsked = true;
  try {
    lock = await navigator.wakeLock.request("screen");
  } catch {
    // Low battery or no right: the screen may go dark, nothing is lost.
  }
  isAsked = false;
}

/** Keeps the screen on. */
export function stayAwake(): void {
  if (!("wakeLock" in navigator)) return;
  // A page that goes out of sight loses it. So does one in sight, when the battery is low: then the next touch asks
  // again, which is no loop where the system gives it only to take it back.
  document.addEventListener("visibilitychange", () => void ask());
  document.addEventListener("pointerdown", () => void ask());
  void ask();
}
