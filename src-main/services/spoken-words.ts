/**
 * Words spoken by espeak-ng (a formant synthesiser: no recording of any person is in it), as sound at a board's rate. Knows the
 * program and WAV; no project.
 */
import { execFile } from "node:child_process";
import { LimpetError } from "../../src-shared/errors.ts";

export type Utterance = {
  readonly text: string;
  /** espeak-ng's voice with its variant, for example `en-us+f2`. */
  readonly voice: string;
  /** Words a minute, 80 to 450. */
  readonly speed: number;
  /** 0 to 99; 50 is the voice's own. */
  readonly pitch: number;
};

const PROGRAM = "espeak-ng";
const MOST_BYTES = 1 << 24;
const TIMEOUT_MS = 20_000;

/**
 * The sound of an utterance at `rateHz`, -1 to 1, as loud as the synthesiser makes it, without the silence round it.
 * Throws `setup-missing` where espeak-ng is not installed, `cancelled`.
 */
export async function speak(
  { text, voice, speed, pitch }: Utterance,
  rateHz: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const wav = await new Promise<Buffer>((resolve, reject) => {
    execFile(
      process.env.LIMPET_ESPEAK ?? PROGRAM,
      ["-v", voice, "-s", String(speed), "-p", String(pitch), "--stdout", "--", text],
      { encoding: "buffer", maxBuffer: MOST_BYTES, timeout: TIMEOUT_MS, signal, windowsHide: true },
      (error, stdout) => (error === null ? resolve(stdout) : reject(reasonOf(error))),
    );
  });
  const { samples, rate } = samplesOf(wav);
  return trimmed(atRate(samples, rate, rateHz));
}

function reasonOf(error: Error & { code?: unknown }): LimpetError {
  if (error.name === "AbortError") return new LimpetError("cancelled", "Speaking was cancelled.");
  return new LimpetError(
    "setup-missing",
    error.code === "ENOENT"
      ? "The words of this example are spoken by espeak-ng, which is not installed."
      : `espeak-ng did not speak: ${error.message.split("\n")[0]}`,
    {
      field: "espeak-ng",
      hint: "Install it: apt-get install espeak-ng (Debian, Ubuntu), brew install espeak-ng (macOS), winget install eSpeak-NG.eSpeak-NG (Windows). Nothing was made.",
    },
  );
}

/** Mono int16 of a WAV whose sizes may be unknown to its writer (a pipe cannot be wound back). */
function samplesOf(wav: Buffer): { samples: Float32Array; rate: number } {
  const data = wav.indexOf("data", 12, "latin1");
  const format = wav.indexOf("fmt ", 12, "latin1");
  if (wav.toString("latin1", 0, 4) !== "RIFF" || data < 0 || format < 0) {
    throw new LimpetError("setup-missing", "espeak-ng gave no sound.", {
      field: "espeak-ng",
      hint: "Try `espeak-ng hello` in a terminal.",
    });
  }
  const rate = wav.readUInt32LE(format + 12);
  const count = Math.floor((wav.length - data - 8) / 2);
  return {
    samples: Float32Array.from({ length: count }, (_, i) => wav.readInt16LE(data + 8 + 2 * i) / 32768),
    rate,
  };
}

/** Zero crossings of the sinc on each side: steep enough for speech. */
const LOBES = 12;

/** Another rate, by a Hann-windowed sinc below the lower of the two Nyquist frequencies. */
function atRate(samples: Float32Array, from: number, to: number): Float32Array {
  const ratio = from / to;
  const cutoff = Math.min(1, to / from);
  const reach = LOBES / cutoff;
  return Float32Array.from({ length: Math.floor(samples.length / ratio) }, (_, i) => {
    const centre = i * ratio;
    let sum = 0;
    for (let k = Math.ceil(centre - reach); k <= centre + reach; k++) {
      const x = k - centre;
      const angle = Math.PI * cutoff * x;
      const sinc = x === 0 ? 1 : Math.sin(angle) / angle;
      sum += (samples[k] ?? 0) * cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / reach));
    }
    return sum;
  });
}

/** Below this part of the loudest sample is silence. */
const SILENCE = 0.01;

function trimmed(samples: Float32Array): Float32Array {
  const least = SILENCE * samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const first = samples.findIndex((value) => Math.abs(value) > least);
  const last = samples.findLastIndex((value) => Math.abs(value) > least);
  return first < 0 ? new Float32Array() : samples.slice(first, last + 1);
}
