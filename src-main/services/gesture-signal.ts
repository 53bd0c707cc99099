/**
 * What a board held in the hand measures while the arm draws in the air: acceleration and turning rate by a kinematic model. Knows
 * paths, arms and sensors; not projects. Everything is computed from the parameters and a seed.
 *
 * The hand is at the end of a stiff forearm that turns about the elbow: yaw and pitch are the drawing's x and y divided by the
 * forearm's length. Each stroke has the speed profile of least jerk (Flash and Hogan, "The coordination of arm movements", Journal of
 * Neuroscience 5(7), 1985); round strokes keep the profile along their angle. The accelerometer measures the second derivative of
 * the position less gravity in the board's axes, the gyroscope the board's turning rate; both by central differences.
 */
import { RandomSequence } from "../training/random.ts";

/** A point of a drawing: x to the right, y up, in units of the gesture's size. */
type Point = readonly [number, number];

/** One stroke: a place for each progress 0 to 1, and its share of the whole time. */
type Stroke = { readonly share: number; readonly at: (progress: number) => Point };

export type GestureName = "wing" | "ring" | "slope" | "other";

/** The one who draws and how the board is held: the same in all recordings of a person. */
export type Person = {
  /** Width of a gesture, metres. */
  readonly size: number;
  /** Seconds that a gesture takes. */
  readonly seconds: number;
  /** Length of the forearm with the board, metres. */
  readonly forearm: number;
  /** How the board lies in the hand: turns about its own axes, radians. */
  readonly roll: number;
  readonly pitch: number;
  /** How much the drawing leans, radians. */
  readonly lean: number;
  /** Tremor of the hand (8 to 12 Hz), metres. */
  readonly tremor: number;
};

export type GestureSignal = {
  /** x, y, z interleaved, in g. */
  readonly acceleration: Float32Array;
  /** x, y, z interleaved, in degrees a second. */
  readonly rotation: Float32Array;
};

const GRAVITY = 9.80665;
/** Steps of the model in one sample: differences of fine steps are differences of a smooth path. */
const FINE = 8;
const ACCELERATION_NOISE = 0.008;
const ROTATION_NOISE = 0.4;

/** Progress of least jerk: at rest at both ends. */
const leastJerk = (t: number): number => t * t * t * (10 + t * (6 * t - 15));

const line = (from: Point, to: Point, share: number): Stroke => ({
  share,
  at: (p) => [from[0] + p * (to[0] - from[0]), from[1] + p * (to[1] - from[1])],
});

/** `turns` of an ellipse, from the top. */
const round = (turns: number, height: number, share: number): Stroke => ({
  share,
  at: (p) => [0.5 * Math.sin(2 * Math.PI * turns * p), 0.5 * height * Math.cos(2 * Math.PI * turns * p)],
});

/** Strokes through the given points, each with a share by its length. */
function through(points: readonly Point[]): Stroke[] {
  return points.slice(1).map((to, index) => {
    const from = points[index] as Point;
    return line(from, to, Math.hypot(to[0] - from[0], to[1] - from[1]) ** 0.5);
  });
}

/** The strokes of a gesture; of `other` something else each time: a wave, a nod, or nothing. */
function strokesOf(name: GestureName, random: RandomSequence): Stroke[] {
  switch (name) {
    case "wing":
      return through([
        [-0.5, 0.4],
        [-0.25, -0.4],
        [0, 0.25],
        [0.25, -0.4],
        [0.5, 0.4],
      ]);
    case "ring":
      return [round(random.uniform() < 0.5 ? 1 : 1.15, random.between(0.8, 1.2), 1)];
    case "slope":
      return through([
        [0.3, 0.5],
        [-0.35, -0.45],
        [0.5, -0.45],
      ]);
    case "other": {
      const kind = random.below(3);
      if (kind === 0) return [];
      const away = random.between(0.3, 0.9);
      const to: Point = kind === 1 ? [away, random.between(-0.1, 0.1)] : [random.between(-0.1, 0.1), -away];
      return through([[0, 0], to, [0, 0], ...(random.uniform() < 0.5 ? [to, [0, 0] as Point] : [])]);
    }
  }
}

/**
 * One take of a gesture in a recording of `seconds`, somewhere in its middle, at rest before and after. The same arguments give
 * the same signal.
 * @param rateHz samples a second
 */
export function gestureSignal(
  name: GestureName,
  person: Person,
  rateHz: number,
  seconds: number,
  seed: number,
): GestureSignal {
  const random = new RandomSequence(seed);
  const vary = (part: number): number => 1 + part * random.normal();
  const size = person.size * Math.min(1.5, Math.max(0.6, vary(0.12)));
  const takes = Math.min(0.85 * seconds, person.seconds * Math.min(1.4, Math.max(0.7, vary(0.1))));
  const begins = (seconds - takes) * random.between(0.25, 0.75);
  const lean = person.lean + 0.06 * random.normal();
  const roll = person.roll + 0.08 * random.normal();
  const pitch = person.pitch + 0.08 * random.normal();
  const stretch = vary(0.1);
  const strokes = strokesOf(name, random);
  const tremor = [0, 1].map(() => ({ hz: random.between(8, 12), phase: random.between(0, 6.28) }));
  // Nobody rests quite still: a slow drift.
  const drift = [0, 1].map(() => ({ hz: random.between(0.2, 0.5), phase: random.between(0, 6.28) }));
  const step = 1 / (rateHz * FINE);

  /** Yaw and pitch of the forearm, radians. */
  const anglesAt = (time: number): Point => {
    const [x, y] = placeAt(strokes, (time - begins) / takes);
    const turned: Point = [
      x * stretch * Math.cos(lean) - y * Math.sin(lean),
      x * stretch * Math.sin(lean) + y * Math.cos(lean),
    ];
    return [0, 1].map((axis) => {
      const shaking =
        person.tremor * Math.sin(2 * Math.PI * (tremor[axis]?.hz ?? 0) * time + (tremor[axis]?.phase ?? 0));
      const drifting =
        0.01 * Math.sin(2 * Math.PI * (drift[axis]?.hz ?? 0) * time + (drift[axis]?.phase ?? 0));
      return (size * (turned[axis] ?? 0) + shaking + drifting) / person.forearm;
    }) as [number, number];
  };

  const poseAt = (t: number): Pose => {
    const [yaw, up] = anglesAt(t);
    const axes = product(aboutZ(-yaw), aboutY(-up));
    // The forearm points along its own x axis.
    const hand = [0, 3, 6].map((at) => person.forearm * (axes[at] ?? 0));
    return { axes, hand };
  };

  const held = product(aboutX(roll), aboutY(pitch));
  const count = Math.round(seconds * rateHz);
  const acceleration = new Float32Array(3 * count);
  const rotation = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    const time = i / rateHz;
    const [before, now, after] = [poseAt(time - step), poseAt(time), poseAt(time + step)] as const;
    const world = now.hand.map(
      (value, axis) =>
        ((before.hand[axis] ?? 0) - 2 * value + (after.hand[axis] ?? 0)) / (step * step) +
        (axis === 2 ? GRAVITY : 0),
    );
    const board = product(now.axes, held);
    // R^T dR/dt is the cross product with the turning rate in the forearm's axes.
    const turning = product(
      transposed(now.axes),
      after.axes.map((value, at) => (value - (before.axes[at] ?? 0)) / (2 * step)),
    );
    const rate = apply(transposed(held), [turning[7] ?? 0, turning[2] ?? 0, turning[3] ?? 0]);
    const felt = apply(transposed(board), world);
    for (let axis = 0; axis < 3; axis++) {
      acceleration[3 * i + axis] = (felt[axis] ?? 0) / GRAVITY + ACCELERATION_NOISE * random.normal();
      rotation[3 * i + axis] = ((rate[axis] ?? 0) * 180) / Math.PI + ROTATION_NOISE * random.normal();
    }
  }
  return { acceleration, rotation };
}

type Pose = { readonly axes: readonly number[]; readonly hand: readonly number[] };

/** Where the drawing is at a part of its time; before and after it, at its ends. It begins and ends slowly drawn to its place. */
function placeAt(strokes: readonly Stroke[], progress: number): Point {
  const total = strokes.reduce((sum, { share }) => sum + share, 0);
  let left = Math.min(1, Math.max(0, progress)) * total;
  let place: Point = [0, 0];
  for (const { share, at } of strokes) {
    place = at(leastJerk(Math.min(1, left / share)));
    left -= share;
    if (left <= 0) break;
  }
  return place;
}

const aboutX = (a: number): number[] => [1, 0, 0, 0, Math.cos(a), -Math.sin(a), 0, Math.sin(a), Math.cos(a)];
const aboutY = (a: number): number[] => [Math.cos(a), 0, Math.sin(a), 0, 1, 0, -Math.sin(a), 0, Math.cos(a)];
const aboutZ = (a: number): number[] => [Math.cos(a), -Math.sin(a), 0, Math.sin(a), Math.cos(a), 0, 0, 0, 1];

/** Of 3 x 3 matrices, row by row. */
function product(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: 9 }, (_, at) => {
    const row = 3 * Math.floor(at / 3);
    return [0, 1, 2].reduce((sum, k) => sum + (a[row + k] ?? 0) * (b[3 * k + (at % 3)] ?? 0), 0);
  });
}

const transposed = (m: readonly number[]): number[] => [0, 3, 6, 1, 4, 7, 2, 5, 8].map((at) => m[at] ?? 0);

const apply = (m: readonly number[], v: readonly number[]): number[] =>
  [0, 3, 6].map((row) => [0, 1, 2].reduce((sum, k) => sum + (m[row + k] ?? 0) * (v[k] ?? 0), 0));
