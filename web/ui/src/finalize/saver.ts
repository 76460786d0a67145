// Saves what is typed: a moment after each change, one save at a time, again by itself when the hub was away.
import { signal } from "@preact/signals";
import type { Answer, Fault } from "../http.ts";

/** `waiting`: changed, and about to be saved. */
export type Saving = { is: "idle" } | { is: "waiting" } | { is: "saving" } | { is: "failed"; code: string };

export const QUIET_MS = 500;
const RETRY_MS = 4_000;
/** Faults of the moment: the same save may succeed later. */
const PASSING = new Set(["network", "store_unavailable", "busy", "rate_limited", "outcome_unknown"]);

interface Work {
  /** Tells whether something is typed that is not saved. */
  isDirty: () => boolean;
  /** Sends what is typed; `draft_changed` says that somebody else saved first. */
  send: () => Promise<Answer<unknown>>;
  /** Takes in what somebody else saved; tells whether that worked. */
  reconcile: () => Promise<boolean>;
}

/** One page's saver. */
export class Saver {
  readonly state = signal<Saving>({ is: "idle" });
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<boolean> | null = null;
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  /** Notes a change. */
  touch(): void {
    if (!this.work.isDirty()) {
      if (this.running === null) this.rest();
      return;
    }
    if (this.running === null) this.state.value = { is: "waiting" };
    this.plan(QUIET_MS);
  }

  /** Saves now; tells whether everything typed is saved. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    while (this.work.isDirty()) {
      this.running ??= this.save();
      if (!(await this.running)) return false;
    }
    this.rest();
    return true;
  }

  private rest(): void {
    clearTimeout(this.timer);
    this.state.value = { is: "idle" };
  }

  private plan(afterMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), afterMs);
  }

  /** Makes one save; a failed one that may pass is planned again. */
  private async save(): Promise<boolean> {
    this.state.value = { is: "saving" };
    const answer = await this.work.send();
    const isDone = answer.ok || (await this.settle(answer.error));
    this.running = null;
    return isDone;
  }

  private async settle(error: Fault): Promise<boolean> {
    if (error.code === "draft_changed" || error.code === "already_finalized") {
      if (await this.work.reconcile()) return true;
    }
    this.state.value = { is: "failed", code: error.code };
    if (PASSING.has(error.code)) this.plan(Math.max(RETRY_MS, error.after_ms ?? 0));
    return false;
  }
}
