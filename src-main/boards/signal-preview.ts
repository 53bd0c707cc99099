/** Live samples to pieces for drawing: minimum, maximum and level, about 20 pieces a second. Knows no transport. */
import type { SignalPreview } from "../../src-shared/contract/index.ts";
import type { SensorDescription } from "./link/hello.ts";
import type { SamplesMessage } from "./link/messages.ts";

const PIECES_PER_SECOND = 20;
/** Fast signals are drawn with this many pairs of minimum and maximum a second. */
const BUCKETS_PER_SECOND = 400;

/** The channel whose frequencies are wished. */
export type SpectrumWish = { readonly sensor: string; readonly channel: number };

/** Turns the values of one channel, as they come, into columns of its spectrum. */
export type SpectrumMaker = {
  add(values: ArrayLike<number>): {
    readonly columns: number;
    readonly bins: number;
    readonly columnSeconds: number;
    readonly levels: Uint8Array;
  };
};

type Collected = { firstSample: number; values: number[]; rateHz: number };

export class SignalPreviewer {
  readonly #sensors: readonly SensorDescription[];
  readonly #emit: (preview: SignalPreview) => void;
  readonly #rates = new Map<number, number>();
  #collected = new Map<number, Collected>();
  #wish: SpectrumWish | null = null;
  #spectrum: SpectrumMaker | null = null;
  readonly #makeSpectrum: (rateHz: number) => SpectrumMaker;

  constructor(
    sensors: readonly SensorDescription[],
    emit: (preview: SignalPreview) => void,
    makeSpectrum: (rateHz: number) => SpectrumMaker,
  ) {
    this.#sensors = sensors;
    this.#emit = emit;
    this.#makeSpectrum = makeSpectrum;
  }

  /** Forgets what was collected, when sampling starts anew; `rates` are those that differ from the sensors' defaults. */
  restart(rates: ReadonlyMap<number, number> = new Map()): void {
    this.#collected = new Map();
    this.#spectrum = null;
    this.#rates.clear();
    for (const [index, rate] of rates) this.#rates.set(index, rate);
  }

  /** Has the frequencies of a channel computed beside the signal; null: none. */
  watchSpectrum(wish: SpectrumWish | null): void {
    this.#wish = wish;
    this.#spectrum = null;
  }

  add(message: SamplesMessage): void {
    const sensor = this.#sensors[message.sensor];
    if (sensor === undefined) {
      return;
    }
    const rateHz = this.#rates.get(message.sensor) ?? sensor.rates[0] ?? 1;
    let piece = this.#collected.get(message.sensor);
    const first = Number(message.firstSample);
    if (piece === undefined || piece.firstSample + piece.values.length / message.channels !== first) {
      piece = { firstSample: first, values: [], rateHz };
      this.#collected.set(message.sensor, piece);
      // A window over a gap would show a knock that there was not.
      if (sensor.id === this.#wish?.sensor) this.#spectrum = null;
    }
    const factor = message.data instanceof Int16Array ? sensor.resolution : 1;
    for (const value of message.data) piece.values.push(value * factor);
    if (piece.values.length / message.channels >= rateHz / PIECES_PER_SECOND) {
      this.#collected.delete(message.sensor);
      // The next piece joins on.
      this.#collected.set(message.sensor, {
        firstSample: piece.firstSample + piece.values.length / message.channels,
        values: [],
        rateHz,
      });
      const preview = previewOf(sensor, message.channels, piece);
      const spectrum = this.#spectrumOf(sensor, message.channels, piece);
      this.#emit(spectrum === null ? preview : { ...preview, spectrum });
    }
  }

  #spectrumOf(
    sensor: SensorDescription,
    channels: number,
    { values, rateHz }: Collected,
  ): SignalPreview["spectrum"] | null {
    const channel = this.#wish?.channel ?? 0;
    if (sensor.id !== this.#wish?.sensor || channel >= channels) return null;
    this.#spectrum ??= this.#makeSpectrum(rateHz);
    const own = Float64Array.from(
      { length: values.length / channels },
      (_, i) => values[i * channels + channel] as number,
    );
    const { levels, ...rest } = this.#spectrum.add(own);
    return { channel, ...rest, base64: Buffer.from(levels).toString("base64") };
  }
}

function previewOf(sensor: SensorDescription, channels: number, piece: Collected): SignalPreview {
  const samples = piece.values.length / channels;
  const samplesPerBucket = Math.max(1, Math.floor(piece.rateHz / BUCKETS_PER_SECOND));
  return {
    sensor: sensor.id,
    rateHz: piece.rateHz,
    unit: sensor.unit,
    firstSample: piece.firstSample,
    samplesPerBucket,
    channels: Array.from({ length: channels }, (_, channel) => {
      const values = Array.from(
        { length: samples },
        (_v, i) => piece.values[i * channels + channel] as number,
      );
      const min: number[] = [];
      const max: number[] = [];
      for (let at = 0; at < samples; at += samplesPerBucket) {
        const bucket = values.slice(at, at + samplesPerBucket);
        min.push(Math.min(...bucket));
        max.push(Math.max(...bucket));
      }
      const mean = values.reduce((sum, value) => sum + value, 0) / samples;
      const power = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / samples;
      return {
        name: sensor.channels[channel] ?? `channel ${channel + 1}`,
        min,
        max,
        level: Math.sqrt(power),
      };
    }),
  };
}
