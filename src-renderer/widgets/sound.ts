/** Plays recordings: sound as it is, vibration as sound, faster where it would be too low to hear. Knows Web Audio, no engine. */

/** Browsers take no slower buffers than this, hertz. */
const SLOWEST_HZ = 8000;

/** How many times faster a signal of this rate is played, so that what it holds can be heard: 1, 2, 4, 8 or 16. */
export const speedFor = (rateHz: number): number =>
  2 ** Math.min(4, Math.max(0, Math.ceil(Math.log2(4000 / rateHz))));

/** Samples ready to be played: without mean, as loud as can be, repeated in between where the rate is too low for a browser. */
export function playable(
  values: Float32Array,
  rateHz: number,
): { samples: Float32Array<ArrayBuffer>; rateHz: number } {
  const repeat = Math.max(1, Math.ceil(SLOWEST_HZ / rateHz));
  let mean = 0;
  for (const value of values) mean += value / Math.max(1, values.length);
  let peak = 1e-12;
  for (const value of values) peak = Math.max(peak, Math.abs(value - mean));
  const samples = new Float32Array(values.length * repeat);
  for (let i = 0; i < values.length; i++) {
    const a = ((values[i] ?? 0) - mean) / peak;
    const b = ((values[i + 1] ?? values[i] ?? 0) - mean) / peak;
    for (let k = 0; k < repeat; k++) samples[i * repeat + k] = 0.9 * (a + ((b - a) * k) / repeat);
  }
  return { samples, rateHz: rateHz * repeat };
}

export class SoundPlayer {
  #context: AudioContext | null = null;
  #source: AudioBufferSourceNode | null = null;
  #startedAt = 0;
  #speed = 1;

  /** Plays from the beginning; `onEnd` comes when it is over, not when it was stopped. */
  async play(values: Float32Array, rateHz: number, speed: number, onEnd: () => void): Promise<void> {
    this.stop();
    this.#context ??= new AudioContext();
    await this.#context.resume();
    const ready = playable(values, rateHz * speed);
    const buffer = this.#context.createBuffer(1, Math.max(1, ready.samples.length), ready.rateHz);
    buffer.copyToChannel(ready.samples, 0);
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.#context.destination);
    source.onended = () => {
      if (this.#source !== source) return;
      this.#source = null;
      onEnd();
    };
    source.start();
    this.#source = source;
    this.#speed = speed;
    this.#startedAt = this.#context.currentTime;
  }

  /** Seconds of the signal that have been played, null while nothing plays. */
  position(): number | null {
    if (this.#source === null || this.#context === null) return null;
    return (this.#context.currentTime - this.#startedAt) * this.#speed;
  }

  stop(): void {
    const source = this.#source;
    this.#source = null;
    source?.stop();
  }

  close(): void {
    this.stop();
    void this.#context?.close();
    this.#context = null;
  }
}

/** A short tone, for beginning and end of a recording. */
export function beep(hertz: number, seconds = 0.12): void {
  try {
    const context = new AudioContext();
    const tone = context.createOscillator();
    const gain = context.createGain();
    gain.gain.setValueAtTime(0.15, context.currentTime);
    gain.gain.exponentialRampToValueAtTime(0.001, context.currentTime + seconds);
    tone.frequency.value = hertz;
    tone.connect(gain).connect(context.destination);
    tone.onended = () => void context.close();
    tone.start();
    tone.stop(context.currentTime + seconds);
  } catch {
    // A computer without sound records all the same.
  }
}
