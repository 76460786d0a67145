// The sound of a call: off until somebody turns it on.
import { signal } from "@preact/signals";

export const isSoundOn = signal(false);
let audio: AudioContext | null = null;

/** Turns the sound on or off; browsers want a tap before the first one. */
export function setSound(isOn: boolean): void {
  isSoundOn.value = isOn;
  if (isOn && "AudioContext" in window) audio ??= new AudioContext();
}

/** Two short notes, when they were asked for. */
export function chime(): void {
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
