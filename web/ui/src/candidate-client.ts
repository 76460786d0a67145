// The candidate's side of the wire, for any exam platform: an ES module without dependency on a page framework.
//
//   const client = new CandidateClient({ token, total: 32, onView: (view) => … });
//   await client.enter("XGDZ45");  client.progress(3, 4);  await client.finish();
import { monotonicMs } from "./clock.ts";
import type { CandidateRequest } from "./frames.ts";
import { Line, type LineState, type Outcome } from "./socket.ts";
import type { CandidateBeat, CandidateHears, Message, State } from "./wire.ts";

/** A candidate's beats come each 4 s: a line silent for this long is dropped. */
const SILENT_AFTER_MS = 9_000;
/** The hub takes two frames a second: progress leaves room for the rest. */
const PROGRESS_EVERY_MS = 700;
/** A state asked for because a beat named a newer one is asked for again after this long. */
const SYNC_AGAIN_MS = 4_000;

const CODE_STORED_AS = "vigie.access_code";

/** Everything a page needs to draw; a new object at each change. */
export interface CandidateView {
  line: LineState;
  state: State | null;
  /** What this client counted itself: ahead of `state.answered` while the line is down. */
  answered: number;
  isEntering: boolean;
  /** Code of the last refusal of `enter`, until the next try. */
  refusal: string | null;
  /** After a refusal that names a delay: how long to wait, in milliseconds. */
  retryAfterMs: number;
  messages: readonly Message[];
  /** The hub's time minus this machine's, in milliseconds. */
  hubOffsetMs: number;
}

export interface CandidateOptions {
  token: string;
  total: number;
  onView: (view: CandidateView) => void;
  path?: string;
}

export class CandidateClient {
  private readonly options: CandidateOptions;
  private readonly line: Line<CandidateHears>;
  private view: CandidateView = {
    line: { at: "connecting" },
    state: null,
    answered: 0,
    isEntering: false,
    refusal: null,
    retryAfterMs: 0,
    messages: [],
    hubOffsetMs: 0,
  };
  private question: number | null = null;
  private sentAnswered = -1;
  private progressTimer: ReturnType<typeof setTimeout> | null = null;
  private progressSentMs = -Infinity;
  private syncAskedMs = -Infinity;
  private enterAfterMs = 0;
  private isNewLine = true;
  private readonly messagesHeard = new Set<string>();

  constructor(options: CandidateOptions) {
    this.options = options;
    this.line = new Line<CandidateHears>({
      path: options.path ?? "/ws/candidate",
      hello: () => ({ token: options.token }),
      silentAfterMs: SILENT_AFTER_MS,
      onFrame: (frame) => this.hear(frame),
      onState: (state) => this.onLine(state),
    });
  }

  /** Asks for the test; the code is remembered so that the page can enter again by itself once authorized. */
  async enter(accessCode: string): Promise<Outcome> {
    remember(accessCode);
    this.change({ isEntering: true, refusal: null, retryAfterMs: 0 });
    const outcome = await this.request({ type: "enter", access_code: accessCode, total: this.options.total });
    if (outcome.kind === "refused") {
      if (outcome.error.code === "access_code_invalid") remember(null);
      this.change({ refusal: outcome.error.code, retryAfterMs: outcome.error.after_ms ?? 0 });
    } else if (outcome.kind !== "ok") this.change({ refusal: outcome.kind });
    this.change({ isEntering: false });
    return outcome;
  }

  /** Says how far the candidate is; the newest numbers win, and go again after the line comes back. */
  progress(answered: number, question?: number): void {
    this.question = question ?? null;
    if (answered > this.view.answered) this.change({ answered });
    this.sendProgressSoon();
  }

  /** Finishes the test with the last numbers. */
  finish(): Promise<Outcome> {
    return this.request({ type: "finish", answered: this.view.answered, total: this.options.total });
  }

  /** Calls the invigilator; a second call updates the open one. */
  help(kind: "question" | "other", text: string, question?: number): Promise<Outcome> {
    return this.request({ type: "help", kind, ...(text ? { text } : {}), ...(question ? { question } : {}) });
  }

  /** Takes the oldest message away. */
  messageRead(): void {
    this.change({ messages: this.view.messages.slice(1) });
  }

  /** Comes back after having been replaced. */
  comeBack(): void {
    this.line.restart();
  }

  /** Leaves for good. */
  close(): void {
    if (this.progressTimer !== null) clearTimeout(this.progressTimer);
    this.line.close();
  }

  private request(frame: CandidateRequest): Promise<Outcome> {
    return this.line.request(frame);
  }

  private onLine(line: LineState): void {
    if (line.at !== "open") this.sentAnswered = -1;
    this.change({ line });
  }

  private hear(frame: CandidateHears): void {
    switch (frame.type) {
      case "welcome":
        this.enterAfterMs = frame.enter_after_ms;
        this.isNewLine = true;
        break;
      case "state":
        this.onState(frame);
        break;
      case "message":
        this.onMessage(frame);
        break;
      case "beat":
        this.onBeat(frame);
        break;
      default:
        // Replies are settled by the line; frames of a later version are ignored.
        break;
    }
  }

  /** Hears what was said; a hub that took over from another one says again what may have been missed. */
  private onMessage(message: Message): void {
    const known = `${message.at} ${message.text}`;
    if (this.messagesHeard.has(known)) return;
    this.messagesHeard.add(known);
    this.change({ messages: [...this.view.messages, message] });
  }

  private onState(state: State): void {
    const before = this.view.state;
    // Versions are compared within one line: the first state of a new one is the truth, whichever hub it came from.
    if (before !== null && !this.isNewLine && state.version < before.version) return;
    this.isNewLine = false;
    const answered = Math.max(this.view.answered, state.answered ?? 0);
    const hubOffsetMs = Date.parse(state.server_time) - Date.now();
    this.change({ state, answered, hubOffsetMs, ...(state.in_test ? { refusal: null } : {}) });
    // What the page was given stands on the screen with the next frame drawn: then it is told.
    this.line.send({ type: "ack", version: state.version });
    if (state.in_test) this.sendProgressSoon();
    else if (state.authorization !== null) this.enterAlone();
  }

  /** Enters again without the candidate, when authorized and the code was already typed here. */
  private enterAlone(): void {
    const code = remembered();
    if (code === null || this.view.isEntering) return;
    this.change({ isEntering: true });
    setTimeout(() => {
      const state = this.view.state;
      if (state !== null && !state.in_test && state.authorization !== null) void this.enter(code);
      else this.change({ isEntering: false });
    }, this.enterAfterMs);
  }

  private onBeat(beat: CandidateBeat): void {
    const held = this.view.state?.version ?? -1;
    if (beat.version <= held || monotonicMs() - this.syncAskedMs < SYNC_AGAIN_MS) return;
    this.syncAskedMs = monotonicMs();
    this.line.sendWithRef({ type: "sync" });
  }

  private sendProgressSoon(): void {
    if (this.progressTimer !== null) return;
    const wait = Math.max(0, this.progressSentMs + PROGRESS_EVERY_MS - monotonicMs());
    this.progressTimer = setTimeout(() => {
      this.progressTimer = null;
      this.sendProgress();
    }, wait);
  }

  private sendProgress(): void {
    const { state, answered } = this.view;
    if (state === null || !state.in_test || answered === 0 || answered <= Math.max(this.sentAnswered, state.answered ?? 0)) return;
    const question = this.question === null ? {} : { question: this.question };
    if (!this.line.send({ type: "progress", answered, total: state.total ?? this.options.total, ...question })) return;
    this.sentAnswered = answered;
    this.progressSentMs = monotonicMs();
    this.change({});
  }

  /** How much has been handed to an open line, or is known to be saved. */
  get transmitted(): number {
    return Math.max(this.sentAnswered, this.view.state?.answered ?? 0);
  }

  private change(part: Partial<CandidateView>): void {
    this.view = { ...this.view, ...part };
    this.options.onView(this.view);
  }
}

/** Keeps the access code as long as the tab lives, or forgets it. */
function remember(code: string | null): void {
  try {
    if (code === null) sessionStorage.removeItem(CODE_STORED_AS);
    else sessionStorage.setItem(CODE_STORED_AS, code);
  } catch {
    // Without storage the candidate types the code again after a reload.
  }
}

function remembered(): string | null {
  try {
    return sessionStorage.getItem(CODE_STORED_AS);
  } catch {
    return null;
  }
}

/** Forgets what this tab holds of a candidate. */
export function forget(): void {
  remember(null);
}
