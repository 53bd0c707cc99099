/**
 * Random numbers of training: counted, not drawn from a hidden state, so that the same seed gives the same numbers in
 * TypeScript and in the C kernels, on every thread and in any order. Knows no networks.
 */

/**
 * 32 bits for the number `index` under `key`: MurmurHash3's finaliser (Appleby 2011) over the key and a multiple of the golden
 * ratio. The kernel `drop` (kernels/elementwise.c) computes the same.
 */
export function hash(key: number, index: number): number {
  let h = key ^ Math.imul(index, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** What a sequence of random numbers is for; each purpose has numbers of its own. */
const PURPOSES = { weights: 1, order: 2, dropout: 3, augmentation: 4, signal: 5 } as const;
export type Purpose = keyof typeof PURPOSES;

/** A key for `hash` from a seed, a purpose and any counters (epoch, step, layer, sample). */
export function keyOf(seed: number, purpose: Purpose, ...counters: readonly number[]): number {
  let key = hash(seed | 0, PURPOSES[purpose]);
  for (const counter of counters) key = hash(key, counter + 1);
  return key;
}

/** The numbers under one key, one after the other. */
export class RandomSequence {
  readonly #key: number;
  #index = 0;
  #waiting: number | null = null;

  constructor(key: number) {
    this.#key = key;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return hash(this.#key, this.#index++) / 2 ** 32;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A whole number, 0 up to and without `count`. */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** Standard normal (Box and Muller 1958), which come in pairs. */
  normal(): number {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) return waiting;
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#waiting = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

/** The numbers 0 to count - 1 in a random order (Fisher and Yates). */
export function shuffled(count: number, key: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  const random = new RandomSequence(key);
  for (let last = count - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const kept = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = kept;
  }
  return order;
}
