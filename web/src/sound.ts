// The sound of an alert nobody has acknowledged: two tones, higher and faster the graver it is, until somebody acts. Made here,
// without a file.

import { effect, signal } from "@preact/signals";
import { calling } from "./api/alerts";
import { gradeOf } from "./api/alert-facts";
import { soundOn } from "./settings";

/** Whether the browser keeps us silent until somebody touches the page. */
export const soundBlocked = signal(false);
/** How often it has sounded: for whoever must know that it did. */
export const soundings = signal(0);

const PAUSE_S: Record<number, number> = { 1: 8, 2: 5, 3: 3, 4: 1.6 };

let audio: AudioContext | undefined;

function context(): AudioContext | undefined {
  try {
    audio ??= new AudioContext();
    return audio;
  } catch {
    return undefined;
  }
}

function tone(at: AudioContext, hertz: number, from: number, seconds: number) {
  const [voice, loudness] = [at.createOscillator(), at.createGain()];
  voice.type = "triangle";
  voice.frequency.value = hertz;
  loudness.gain.setValueAtTime(0, from);
  loudness.gain.linearRampToValueAtTime(0.25, from + 0.02);
  loudness.gain.setValueAtTime(0.25, from + seconds - 0.04);
  loudness.gain.linearRampToValueAtTime(0, from + seconds);
  voice.connect(loudness).connect(at.destination);
  voice.start(from);
  voice.stop(from + seconds);
}

function sound(grade: number) {
  const at = context();
  if (!at) return;
  if (at.state === "suspended") {
    soundBlocked.value = true;
    void at.resume().then(() => {
      soundBlocked.value = false;
    });
    return;
  }
  const base = 440 + grade * 110;
  tone(at, base, at.currentTime, 0.18);
  tone(at, base * 1.335, at.currentTime + 0.2, 0.22);
  soundings.value++;
}

/** Sounds while an alert calls and sound is on. */
export function startSound() {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let graveNow = 0;
  const again = () => {
    clearTimeout(timer);
    if (graveNow === 0) return;
    sound(graveNow);
    timer = setTimeout(again, (PAUSE_S[graveNow] ?? 3) * 1000);
  };
  effect(() => {
    const before = graveNow;
    graveNow = soundOn.value ? Math.max(0, ...calling.value.map(gradeOf)) : 0;
    // At once for something graver; what already sounds goes on in its rhythm.
    if (graveNow > before) again();
    else if (graveNow === 0) clearTimeout(timer);
  });
  for (const touched of ["pointerdown", "keydown"]) addEventListener(touched, () => void audio?.resume(), { passive: true });
}
