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
/** No hub asks anybody to wait longer before they enter; whatever one says, this page does not. */
const LONGEST_WAIT_MS = 60_000;
/** How often somebody who waits looks whether that is still so. */
const LOOK_MS = 500;

const CODE_STORED_AS = "vigie.access_code";
const SEAT_STORED_AS = "vigie.was_in_test";
/** Why a line was closed with 4010: another client was authorized, and sits there now. */
export const SEAT_TAKEN = "seat_taken";
/** The hub takes nobody new for a moment: nothing is lost, and this page tries again by itself. */
const OVERLOADED = 4100;
/** Refusals of a right code: now it is the invigilator's turn, and the page enters by itself. */
const FOR_THE_INVIGILATOR = new Set(["presence_not_confirmed", "resume_not_authorized"]);

/** Everything a page needs to draw; a new object at each change. */
export interface CandidateView {
  line: LineState;
  state: State | null;
  /** The hub asked this client to come back in a moment, because too many come at once. */
  isAskedToWait: boolean;
  /** What this client counted itself: ahead of `state.answered` while the line is down. */
  answered: number;
  isEntering: boolean;
  /** While this client waits for its turn among many who enter: when it comes, on the page's monotonic clock. */
  entersAtMs: number | null;
  /** The access code was typed in this tab and found right: the page enters by itself once authorized. */
  isCodeRight: boolean;
  /** Code of the last refusal of `enter`, until the next try. */
  refusal: string | null;
  /** After a refusal that names a delay: how long to wait, in milliseconds. */
  retryAfterMs: number;
  /** What the invigilator said and nobody has closed yet, the newest last. */
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
    isAskedToWait: false,
    answered: 0,
    isEntering: false,
    entersAtMs: null,
    isCodeRight: stored(CODE_STORED_AS) !== null,
    refusal: null,
    retryAfterMs: 0,
    messages: [],
    hubOffsetMs: 0,
  };
  private code: string | null = stored(CODE_STORED_AS);
  private question: number | null = null;
  private sentAnswered = -1;
  private progressTimer: ReturnType<typeof setTimeout> | null = null;
  private progressSentMs = -Infinity;
  private syncAskedMs = -Infinity;
  /** From when on this client may enter; null while it is not authorized. */
  private slotMs: number | null = null;
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
    this.code = accessCode;
    this.change({ isEntering: true, refusal: null, retryAfterMs: 0 });
    await this.turn();
    const outcome = await this.request({ type: "enter", access_code: accessCode, total: this.options.total });
    const refusal = outcome.kind === "refused" ? outcome.error.code : outcome.kind === "ok" ? null : outcome.kind;
    if (refusal === null || FOR_THE_INVIGILATOR.has(refusal)) this.codeFound(accessCode);
    else if (refusal === "access_code_invalid") this.codeFound(null);
    const retryAfterMs = outcome.kind === "refused" ? (outcome.error.after_ms ?? 0) : 0;
    this.change({ isEntering: false, refusal, retryAfterMs });
    return outcome;
  }

  /** Keeps a code that was found right as long as the tab lives; null forgets it. */
  private codeFound(code: string | null): void {
    this.code = code;
    store(CODE_STORED_AS, code);
    this.change({ isCodeRight: code !== null });
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

  /** Takes a message away that was read. */
  messageRead(message: Message): void {
    this.change({ messages: this.view.messages.filter((one) => one !== message) });
  }

  /** Opens the line again after the seat was taken: to wait outside, where the code is typed once more. */
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
    if (line.at === "closed" && line.reason === SEAT_TAKEN) this.seatTaken();
    const isAskedToWait = line.at === "waiting" ? line.code === OVERLOADED : line.at === "connecting" && this.view.isAskedToWait;
    this.change({ line, isAskedToWait });
  }

  private hear(frame: CandidateHears): void {
    switch (frame.type) {
      case "welcome":
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
    if (state.in_test) store(SEAT_STORED_AS, "yes");
    else if (state.attempt === "running" && state.suspended_since === null && stored(SEAT_STORED_AS) !== null) this.seatTaken();
    this.noteSlot(state);
    const answered = Math.max(this.view.answered, state.answered ?? 0);
    const hubOffsetMs = Date.parse(state.server_time) - Date.now();
    this.change({ state, answered, hubOffsetMs, ...(state.in_test ? { refusal: null } : {}) });
    // What the page was given stands on the screen with the next frame drawn: then it is told.
    this.line.send({ type: "ack", version: state.version });
    if (state.in_test) this.sendProgressSoon();
    else if (state.authorization !== null) void this.enterAlone();
  }

  /** The test is at another computer now: whoever is authorized next, this page takes nothing back by itself. */
  private seatTaken(): void {
    store(SEAT_STORED_AS, null);
    this.codeFound(null);
  }

  /** Enters again without the candidate, when authorized and the code was already typed here. */
  private async enterAlone(): Promise<void> {
    const code = this.code;
    if (code === null || this.view.isEntering) return;
    this.change({ isEntering: true });
    await this.turn();
    if (this.slotMs !== null) await this.enter(code);
    else this.change({ isEntering: false });
  }

  /** Notes when this client may enter. Who comes back on a new line does not begin to wait anew. */
  private noteSlot(state: State): void {
    const at = monotonicMs() + Math.min(state.enter_after_ms ?? 0, LONGEST_WAIT_MS);
    const isAuthorized = state.authorization !== null && !state.in_test;
    this.slotMs = isAuthorized ? Math.min(this.slotMs ?? at, at) : null;
  }

  /** Waits for this client's turn; it ends at once when there is none, or when the authorization goes. */
  private async turn(): Promise<void> {
    for (let left = this.leftMs(); left > 0; left = this.leftMs()) {
      this.change({ entersAtMs: this.slotMs });
      await new Promise((go) => setTimeout(go, Math.min(left, LOOK_MS)));
    }
    this.change({ entersAtMs: null });
  }

  private leftMs(): number {
    return this.slotMs === null ? 0 : this.slotMs - monotonicMs();
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

/** Keeps something as long as the tab lives; null forgets it. */
function store(name: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, value);
  } catch {
    // Without storage the candidate types the code again after a reload.
  }
}

function stored(name: string): string | null {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Forgets what this tab holds of a candidate. */
export function forget(): void {
  store(CODE_STORED_AS, null);
  store(SEAT_STORED_AS, null);
}
