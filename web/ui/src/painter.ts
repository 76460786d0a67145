// Frames gathered and put on the page once per animation frame.

/** A hidden page gets no animation frame; its title's badge and its sound still follow. */
const HIDDEN_PAINT_MS = 300;

export interface Painter<Frame> {
  add: (frame: Frame) => void;
  /** Drops what has not been painted yet. */
  drop: () => void;
}

/** Gathers frames and hands them over together. */
export function painterOf<Frame>(paint: (frames: readonly Frame[]) => void): Painter<Frame> {
  let incoming: Frame[] = [];
  let isAsked = false;
  const flush = (): void => {
    const frames = incoming;
    incoming = [];
    isAsked = false;
    if (frames.length > 0) paint(frames);
  };
  const add = (frame: Frame): void => {
    incoming.push(frame);
    if (isAsked) return;
    isAsked = true;
    if (document.visibilityState === "hidden") setTimeout(flush, HIDDEN_PAINT_MS);
    else requestAnimationFrame(flush);
  };
  return { add, drop: () => void (incoming = []) };
}
