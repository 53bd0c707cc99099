/**
 * Takes the samples of one stream as they come and turns them into chunks to be stored, a running hash and running quality
 * figures. Knows nothing of the database: `take` hands over what has to be written.
 */
import { createHash, type Hash } from "node:crypto";
import { LimpetError } from "../../src-shared/errors.ts";
import { SignalStatistics } from "./quality.ts";
import { bytesOf, chunkSamples, newSamples, type SampleArray } from "./samples.ts";
import type { NewStream, SampleBlock } from "./types.ts";

/** A chunk to be inserted, or to take the place of the shorter one that begins at the same sample. */
export type PendingChunk = {
  readonly firstSample: number;
  readonly samples: number;
  readonly deviceTimeUs: bigint;
  readonly data: SampleArray;
};
export type PendingGap = { readonly atSample: number; readonly lostSamples: number };

export class StreamSink {
  readonly stream: NewStream;
  readonly statistics: SignalStatistics;
  readonly #width: number;
  readonly #capacity: number;
  readonly #hash: Hash = createHash("sha256");
  #samples = 0;
  #lostSamples = 0;
  #gaps = 0;
  #full: PendingChunk[] = [];
  #pendingGaps: PendingGap[] = [];
  #lastGapAt = -1;
  #tail: SampleArray;
  #tailSamples = 0;
  #tailTimeUs = 0n;
  #dirty = false;

  constructor(stream: NewStream) {
    this.stream = stream;
    this.statistics = new SignalStatistics(stream);
    this.#width = stream.channels.length;
    this.#capacity = chunkSamples(stream.sampleType, this.#width);
    this.#tail = newSamples(stream.sampleType, this.#capacity * this.#width);
  }

  get samples(): number {
    return this.#samples;
  }
  get lostSamples(): number {
    return this.#lostSamples;
  }
  get gaps(): number {
    return this.#gaps;
  }

  /** Appends samples; `deviceTimeUs` is the board's time of the first. Throws `internal` for a wrong type or length. */
  append(block: SampleBlock, deviceTimeUs: bigint): void {
    const { data, samples } = block;
    const rightType =
      this.stream.sampleType === "int16" ? data instanceof Int16Array : data instanceof Float32Array;
    if (!rightType || data.length !== samples * this.#width) {
      throw new LimpetError(
        "internal",
        `A block of ${data.length} values does not fit the stream ${this.stream.sensor}.`,
      );
    }
    if (samples === 0) {
      return;
    }
    this.observe(data);
    let taken = 0;
    while (taken < samples) {
      if (this.#tailSamples === 0) {
        this.#tailTimeUs = deviceTimeUs + BigInt(Math.round((taken * 1e6) / this.stream.rateHz));
      }
      const room = Math.min(this.#capacity - this.#tailSamples, samples - taken);
      this.#tail.set(
        data.subarray(taken * this.#width, (taken + room) * this.#width),
        this.#tailSamples * this.#width,
      );
      this.#tailSamples += room;
      this.#samples += room;
      taken += room;
      if (this.#tailSamples === this.#capacity) {
        this.#closeTail();
      }
    }
    this.#dirty = true;
  }

  /** Hash and statistics of samples that are stored already (recovery). */
  observe(data: SampleArray): void {
    this.#hash.update(bytesOf(data));
    this.statistics.add(data);
  }

  /** Marks `lostSamples` as missing here; the next sample begins a new chunk, with a device time of its own. */
  addGap(lostSamples: number): void {
    if (!Number.isSafeInteger(lostSamples) || lostSamples <= 0) {
      throw new LimpetError("internal", `A gap of ${lostSamples} samples makes no sense.`);
    }
    this.#closeTail();
    this.#pendingGaps.push({ atSample: this.#samples, lostSamples });
    this.#lostSamples += lostSamples;
    if (this.#lastGapAt !== this.#samples) {
      this.#gaps++;
      this.#lastGapAt = this.#samples;
    }
    this.#dirty = true;
  }

  /** What has changed since the last `written`, or null. */
  pending(): { readonly chunks: PendingChunk[]; readonly gaps: PendingGap[] } | null {
    if (!this.#dirty) {
      return null;
    }
    const chunks = [...this.#full];
    if (this.#tailSamples > 0) {
      chunks.push(this.#tailChunk());
    }
    return { chunks, gaps: this.#pendingGaps };
  }

  /** Tells that what `pending` returned is safe on disk. */
  written(): void {
    this.#full = [];
    this.#pendingGaps = [];
    this.#dirty = false;
  }

  /** SHA-256 of all samples so far. Ends the hash: call once. */
  digest(): Buffer {
    return this.#hash.digest();
  }

  #tailChunk(): PendingChunk {
    return {
      firstSample: this.#samples - this.#tailSamples,
      samples: this.#tailSamples,
      deviceTimeUs: this.#tailTimeUs,
      data: this.#tail.subarray(0, this.#tailSamples * this.#width),
    };
  }

  #closeTail(): void {
    if (this.#tailSamples === 0) {
      return;
    }
    this.#full.push(this.#tailChunk());
    this.#tail = newSamples(this.stream.sampleType, this.#capacity * this.#width);
    this.#tailSamples = 0;
  }
}

/**
 * SHA-256 over everything that makes two recordings the same measurement: for each stream its description, samples and
 * gaps. Names, labels and how samples were cut into chunks do not count.
 */
export function contentHash(
  streams: readonly {
    readonly stream: NewStream;
    readonly digest: Uint8Array;
    readonly gaps: readonly PendingGap[];
  }[],
): Buffer {
  const hash = createHash("sha256");
  for (const { stream, digest, gaps } of streams) {
    hash.update(
      JSON.stringify({
        sensor: stream.sensor,
        channels: stream.channels.map((channel) => [channel.name, channel.unit]),
        rateHz: stream.rateHz,
        sampleType: stream.sampleType,
        scale: stream.scale,
        gaps: gaps.map((gap) => [gap.atSample, gap.lostSamples]),
      }),
    );
    hash.update(digest);
  }
  return hash.digest();
}
