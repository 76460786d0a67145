// Announcements: one polite region, one message per burst, events only.
import { signal } from "@preact/signals";
import { catalogue } from "../locale.ts";
import * as fr from "../locales/fr.ts";
import { isAboutCandidate } from "../fold.ts";
import type { RoomEventView, Row, SessionView } from "../wire.ts";
import { nameOf } from "./state.ts";

export const words = catalogue(fr.invigilator, (en) => en.invigilator);

/** Events this close together are one message. */
const BURST_MS = 1_000;
const SHOWN_MS = 6_000;
const PROBLEM_SHOWN_MS = 12_000;
/** More than this many at once hides the list behind its own news. */
const AT_MOST = 3;

export interface Notice {
  id: number;
  text: string;
  tone: "info" | "bad" | "quiet";
}

export const notices = signal<readonly Notice[]>([]);
let nextId = 1;

/** Says something once; `quiet` is only for who listens. */
export function say(text: string, tone: Notice["tone"] = "info"): void {
  const id = nextId++;
  notices.value = [...notices.value, { id, text, tone }].slice(-AT_MOST);
  setTimeout(() => dismiss(id), tone === "bad" ? PROBLEM_SHOWN_MS : SHOWN_MS);
}

/** Takes a notice away. */
export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

type Kind = "lost" | "back" | "help" | "asking" | "finished" | "joined";
const KINDS: readonly Kind[] = ["help", "asking", "lost", "back", "finished", "joined"];

let burst = new Map<Kind, Map<number, string>>();
let isBurstOpen = false;

function kindOf(event: RoomEventView, before: Row | undefined): Kind | null {
  switch (event.type) {
    case "candidate.disconnected":
      return "lost";
    case "candidate.reconnected":
      return before?.link.state === "offline" ? "back" : null;
    case "candidate.resumed":
      return "back";
    case "help.opened":
      return "help";
    case "candidate.entry_refused":
      return "asking";
    case "candidate.finished":
      return "finished";
    case "candidate.joined":
      return "joined";
    default:
      return null;
  }
}

/** Takes notice of events; the message comes at the end of the burst. */
export function hear(events: readonly RoomEventView[], before: Map<number, Row>, after: Map<number, Row>): void {
  for (const event of events) {
    if (event.type === "session.taken_over") say(words().say_taken_over(event.by ?? "–"));
    if (event.type === "session.handed_over") {
      const given = (event.set as Partial<SessionView>).handed_over?.at(-1);
      if (given) say(words().say_handed_over(given.by, given.to));
    }
    if (event.type === "session.started" && !isAboutCandidate(event)) say(words().say_started);
    if (!isAboutCandidate(event)) continue;
    const kind = kindOf(event, before.get(event.candidate));
    const row = after.get(event.candidate);
    if (kind === null || row === undefined) continue;
    const named = burst.get(kind) ?? new Map<number, string>();
    burst.set(kind, named.set(event.candidate, nameOf(row)));
  }
  if (burst.size === 0 || isBurstOpen) return;
  isBurstOpen = true;
  setTimeout(tell, BURST_MS);
}

function tell(): void {
  const gathered = burst;
  burst = new Map();
  isBurstOpen = false;
  for (const kind of KINDS) {
    const names = gathered.get(kind);
    if (!names) continue;
    const text = words()[`say_${kind}`](names.size, [...names.values()][0] ?? "");
    const isUrgent = kind === "help" || kind === "asking" || kind === "lost";
    say(text, isUrgent ? "info" : "quiet");
    if (kind === "help" || kind === "asking") call();
  }
}

export const isSoundOn = signal(false);
let audio: AudioContext | null = null;

/** Turns the sound on or off; browsers want a tap before the first one. */
export function setSound(isOn: boolean): void {
  isSoundOn.value = isOn;
  if (isOn && "AudioContext" in window) audio ??= new AudioContext();
}

/** Draws attention by what the device has: vibration after a first tap, two short notes when asked for. */
function call(): void {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([120, 80, 120]);
  if (!isSoundOn.value || audio === null) return;
  const at = audio.currentTime;
  for (const [index, pitch] of [660, 880].entries()) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.12, at + index * 0.18);
    volume.gain.exponentialRampToValueAtTime(0.001, at + index * 0.18 + 0.16);
    tone.connect(volume).connect(audio.destination);
    tone.start(at + index * 0.18);
    tone.stop(at + index * 0.18 + 0.17);
  }
}
