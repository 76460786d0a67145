// What a device has to draw attention by: vibration, and a sound that is off until somebody turns it on.
import { signal } from "@preact/signals";

export const isSoundOn = signal(false);
let audio: AudioContext | null = null;

/** Turns the sound on or off; browsers want a tap before the first one. */
export function setSound(isOn: boolean): void {
  isSoundOn.value = isOn;
  if (isOn && "AudioContext" in window) audio ??= new AudioContext();
}

/** Draws attention: vibration after a first tap, and the sound that was asked for. */
export function ring(): void {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([120, 80, 120]);
  chime();
}

/** Two short notes, when they were asked for. */
function chime(): void {
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
