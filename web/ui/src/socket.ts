// One line to the hub: hello, beats, silence, coming back with full jitter, and keyed requests sent again for 30 s.
import { monotonicMs } from "./clock.ts";
import { newKey } from "./keys.ts";
import type { Bye, ErrorView, Reply } from "./wire.ts";

const SUBPROTOCOL = "vigie.v1";
/** First reconnection comes within this time, the next ones double it. */
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 20_000;
/** A line that held this long has proved itself: the backoff starts again from its first step. */
const STABLE_AFTER_MS = 30_000;
/** A keyed frame is sent again for this long, not later: the hub may have forgotten, the person has moved on. */
export const RESEND_FOR_MS = 30_000;
/** After a sleep, a line silent for more than two beats is not waited for. */
const STALE_ON_WAKE_MS = 2_500;
const WATCH_EVERY_MS = 500;
const DEFAULT_RETRY_MS = 500;

/** Close codes 40xx do not come back. */
function isFinal(code: number): boolean {
  return code >= 4000 && code < 4100;
}

export type LineState =
  | { at: "connecting" }
  | { at: "open" }
  | { at: "waiting"; code?: number }
  | { at: "closed"; code: number; reason: string };

/** What became of a keyed request. `lost`: 30 s went by without an answer, so nobody can say here. */
export type Outcome =
  | { kind: "ok"; reply: Reply }
  | { kind: "refused"; error: ErrorView }
  | { kind: "lost" }
  | { kind: "not_live" };

export interface LineOptions<Frame> {
  path: string;
  hello: () => object;
  silentAfterMs: number;
  onFrame: (frame: Frame) => void;
  onState: (state: LineState) => void;
}

interface Pending {
  frame: object;
  ref: number;
  bornMs: number;
  notBeforeMs: number;
  isSent: boolean;
  settle: (outcome: Outcome) => void;
}

interface AnyFrame {
  type: string;
}

/** Gives the ws:// or wss:// address of a path of the page's own host. */
function address(path: string): string {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`;
}

/** A line that keeps itself alive until `close`, or until the hub says not to come back. */
export class Line<Frame extends AnyFrame> {
  private socket: WebSocket | null = null;
  private state: LineState = { at: "waiting" };
  private attempts = 0;
  private lastByteMs = 0;
  private openedMs = 0;
  private retryAtMs: number | null = null;
  private bye: Bye | null = null;
  private nextRef = 1;
  private readonly pending = new Map<number, Pending>();
  private readonly watch: ReturnType<typeof setInterval>;
  private readonly wake = (): void => this.onWake();

  private readonly options: LineOptions<Frame>;

  constructor(options: LineOptions<Frame>) {
    this.options = options;
    this.watch = setInterval(() => this.onWatch(), WATCH_EVERY_MS);
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    this.connect();
  }

  get isOpen(): boolean {
    return this.state.at === "open";
  }

  /** Sends a frame that needs no answer; forgotten when the line is not open. */
  send(frame: object): boolean {
    if (!this.isOpen || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Sends a frame that has a ref but no key and whose answer is not awaited (`sync`, `progress`). */
  sendWithRef(frame: object): boolean {
    return this.send({ ...frame, ref: this.nextRef++ });
  }

  /**
   * Sends a keyed frame and promises its outcome; refused at once while the line is not open: nothing waits in a queue.
   * Who asks again after an unknown outcome gives the same key, so that nothing is done twice.
   */
  request(frame: object, key = newKey()): Promise<Outcome> {
    if (!this.isOpen) return Promise.resolve({ kind: "not_live" });
    const ref = this.nextRef++;
    return new Promise((settle) => {
      const born = monotonicMs();
      const entry: Pending = {
        frame: { ...frame, ref, key },
        ref,
        bornMs: born,
        notBeforeMs: born,
        isSent: false,
        settle,
      };
      this.pending.set(ref, entry);
      this.flush();
    });
  }

  /** Drops the line and makes a new one at once, with a new hello. */
  restart(): void {
    this.drop();
    this.attempts = 0;
    this.connect();
  }

  /** Ends the line for good. */
  close(): void {
    clearInterval(this.watch);
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    this.retryAtMs = null;
    this.drop();
    this.settleAll({ kind: "lost" });
  }

  private connect(): void {
    this.retryAtMs = null;
    this.bye = null;
    this.lastByteMs = monotonicMs();
    this.become({ at: "connecting" });
    const socket = new WebSocket(address(this.options.path), SUBPROTOCOL);
    this.socket = socket;
    socket.onopen = () => {
      this.lastByteMs = monotonicMs();
      socket.send(JSON.stringify({ type: "hello", ...this.options.hello() }));
    };
    socket.onmessage = (message: MessageEvent<unknown>) => this.onMessage(message.data);
    socket.onclose = (close) => this.onClose(close.code, close.reason);
  }

  private onMessage(data: unknown): void {
    this.lastByteMs = monotonicMs();
    if (typeof data !== "string") return;
    let frame: Frame;
    try {
      frame = JSON.parse(data) as Frame;
    } catch {
      return;
    }
    if (frame.type === "beat") this.send({ type: "alive" });
    if (frame.type === "bye") this.bye = frame as unknown as Bye;
    if (frame.type === "welcome") this.onWelcome();
    this.options.onFrame(frame);
    if (frame.type === "reply") this.onReply(frame as unknown as Reply);
  }

  private onWelcome(): void {
    this.openedMs = monotonicMs();
    this.become({ at: "open" });
    for (const entry of this.pending.values()) entry.isSent = false;
    this.flush();
  }

  private onReply(reply: Reply): void {
    const entry = reply.ref === null ? undefined : this.pending.get(reply.ref);
    if (entry === undefined) return;
    if (reply.ok) return this.settle(entry, { kind: "ok", reply });
    const error = reply.error ?? { code: "invalid" };
    if (error.retry === true && monotonicMs() - entry.bornMs < RESEND_FOR_MS) {
      entry.isSent = false;
      entry.notBeforeMs = monotonicMs() + (error.after_ms ?? DEFAULT_RETRY_MS);
      return;
    }
    this.settle(entry, { kind: "refused", error });
  }

  private settle(entry: Pending, outcome: Outcome): void {
    this.pending.delete(entry.ref);
    entry.settle(outcome);
  }

  private settleAll(outcome: Outcome): void {
    for (const entry of [...this.pending.values()]) this.settle(entry, outcome);
  }

  private flush(): void {
    const now = monotonicMs();
    for (const entry of this.pending.values()) {
      if (entry.isSent || entry.notBeforeMs > now) continue;
      entry.isSent = this.send(entry.frame);
    }
  }

  private onClose(code: number, reason: string): void {
    this.socket = null;
    const bye = this.bye;
    const finalCode = bye?.code ?? code;
    if (bye?.reconnect === false || isFinal(finalCode)) {
      this.settleAll({ kind: "lost" });
      this.become({ at: "closed", code: finalCode, reason: bye?.reason ?? reason });
      return;
    }
    if (this.openedMs > 0 && monotonicMs() - this.openedMs > STABLE_AFTER_MS) this.attempts = 0;
    this.openedMs = 0;
    const ceiling = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.attempts);
    this.attempts += 1;
    this.retryAtMs = monotonicMs() + (bye?.after_ms ?? 0) + Math.random() * ceiling;
    this.become({ at: "waiting", code: finalCode });
    setTimeout(() => this.onWatch(), this.retryAtMs - monotonicMs());
  }

  /** Leaves the socket without waiting for a peer that may never answer the close. */
  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private onWatch(): void {
    const now = monotonicMs();
    for (const entry of [...this.pending.values()]) {
      if (now - entry.bornMs >= RESEND_FOR_MS) this.settle(entry, { kind: "lost" });
    }
    if (this.socket !== null && now - this.lastByteMs > this.options.silentAfterMs) {
      this.drop();
      this.onClose(1006, "silent");
    }
    if (this.socket === null && this.retryAtMs !== null && now >= this.retryAtMs) this.connect();
    this.flush();
  }

  private onWake(): void {
    if (document.visibilityState === "hidden") return;
    // The network came back: an attempt that fails while it does must not wait as long as the outage taught it.
    this.attempts = 0;
    const isStale = this.socket !== null && monotonicMs() - this.lastByteMs > STALE_ON_WAKE_MS;
    if (isStale) this.drop();
    if (this.socket === null && (isStale || this.retryAtMs !== null)) this.connect();
  }

  private become(state: LineState): void {
    this.state = state;
    this.options.onState(state);
  }
}
