/**
 * The example `motor`: a four-pole induction motor that runs well, is out of balance or has a damaged bearing, at five loads; its
 * vibration, the temperature of its bearing and what the driven machine makes, each at a rate of its own (after Warden and Situnayake,
 * "TinyML", chapter 3: vibration, temperature and production rate tell whether a machine is about to fail). Knows which machine is
 * to be generated and what a project about it looks like; the signals come from the generator in the twin. Everything in it is
 * marked as generated.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { designFile } from "../../src-shared/design.ts";
import { throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import type { NewStream } from "../dataset/types.ts";
import type { MachineParameters, Warmth } from "../features/generated-machine.ts";

/** What the sensors measure. */
export type MachineGenerator = {
  /** Acceleration in g, interleaved x, y, z. */
  vibration(machine: MachineParameters): Float32Array;
  /** Degrees Celsius of the bearing's housing. */
  celsius(machine: MachineParameters & Warmth): Float32Array;
  /** Pieces a minute. */
  pieces(machine: MachineParameters): Float32Array;
};

type State = {
  readonly label: string;
  readonly description: string;
  readonly imbalance: number;
  readonly bearing: number;
};

const STATES: readonly State[] = [
  { label: "normal", description: "The motor runs as it should.", imbalance: 0.08, bearing: 0 },
  { label: "imbalance", description: "A weight on the shaft is off centre.", imbalance: 0.8, bearing: 0 },
  {
    label: "bearing-fault",
    description: "The outer race of a bearing is pitted.",
    imbalance: 0.08,
    bearing: 0.7,
  },
];

/** Loads as fractions of the rated torque. Each is a session of its own: a group of the split. */
const LOADS = [0, 0.25, 0.5, 0.75, 1] as const;
const RECORDINGS_EACH = 3;
const SECONDS = 8;
/** Degrees Celsius of the room, by session. */
const AMBIENT = [19, 22, 24, 21, 18] as const;
/** Minutes that the motor has run for, by take: it is never quite as warm as it will be. */
const RUNNING_MINUTES = [25, 40, 70] as const;

/** Speed of a four-pole motor at 50 Hz mains: 25 turns a second less the slip, which grows with the load up to 4 %. */
const shaftHzAt = (load: number): number => 25 * (1 - 0.004 - 0.036 * load);

/** Resolutions are those of common sensors: an accelerometer of 16 g and more, a digital thermometer, a counter of pieces. */
const stream = (
  sensor: string,
  channels: readonly string[],
  unit: string,
  rateHz: number,
  scale: number,
): NewStream => ({
  sensor,
  channels: channels.map((name) => ({ name, unit })),
  rateHz,
  sampleType: "int16",
  scale,
});
const VIBRATION = stream("accelerometer", ["accX", "accY", "accZ"], "g", 1600, 0.001);
const TEMPERATURE = stream("temperature", ["celsius"], "°C", 4, 0.01);
const PRODUCTION = stream("production", ["pieces"], "1/min", 1, 0.1);
const STREAMS = [VIBRATION, TEMPERATURE, PRODUCTION] as const;

/** Fills a new project: recordings, goal, split by load, and a design to train with. Throws `cancelled`. */
export async function fillMotorExample(
  project: ProjectFile,
  generate: MachineGenerator,
  work: WorkOptions = {},
): Promise<void> {
  const total = STATES.length * LOADS.length * RECORDINGS_EACH;
  let made = 0;
  for (const state of STATES) {
    for (const [session, load] of LOADS.entries()) {
      for (let take = 1; take <= RECORDINGS_EACH; take++) {
        throwIfCancelled(work.signal);
        work.onProgress?.(`generating ${state.label}`, made / total);
        addRecording(project, generate, state, { session, load, take, seed: ++made });
        await nextTurn();
      }
    }
  }
  project.saveGoal({
    ...project.goal(),
    sentence:
      "Tell from vibration, temperature and production rate whether the motor runs well, is out of balance, or has a bearing fault.",
    classes: STATES.map(({ label, description }) => ({ name: label, description })),
    sensors: STREAMS.map(({ sensor }) => sensor),
    accuracy: 0.95,
  });
  project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "group", seed: 1 });
  project.saveDesign(
    designFile.parse({
      window: { lengthMs: 1000, strideMs: 500 },
      inputs: [
        { sensor: VIBRATION.sensor, features: { block: "spectral", fftLength: 128, bands: 16 } },
        { sensor: TEMPERATURE.sensor, features: { block: "raw" } },
        { sensor: PRODUCTION.sensor, features: { block: "raw" } },
      ],
    }),
  );
  work.onProgress?.("generated", 1);
}

function addRecording(
  project: ProjectFile,
  generate: MachineGenerator,
  state: State,
  { session, load, take, seed }: { session: number; load: number; take: number; seed: number },
): void {
  const percent = Math.round(load * 100);
  const machine = {
    seed,
    // No machine runs at exactly the same speed twice.
    shaftHz: Number((shaftHzAt(load) * (1 + 0.002 * (take - 2))).toFixed(3)),
    load,
    imbalance: Number((state.imbalance * (0.8 + 0.2 * take)).toFixed(3)),
    misalignment: 0.1,
    bearing: Number((state.bearing * (0.8 + 0.2 * take)).toFixed(3)),
    noise: 0.01,
    // The board is stuck on anew in every session.
    tilt: 0.1 * session,
    ambient: AMBIENT[session] ?? AMBIENT[0],
    runningSeconds: 60 * (RUNNING_MINUTES[take - 1] ?? RUNNING_MINUTES[0]),
  };
  const at = ({ rateHz }: NewStream) => ({ ...machine, rateHz, samples: SECONDS * rateHz });
  const measured = [
    generate.vibration(at(VIBRATION)),
    generate.celsius(at(TEMPERATURE)),
    generate.pieces(at(PRODUCTION)),
  ];
  project.addRecording({
    recording: {
      name: `${state.label}.load${percent}-${take}`,
      label: state.label,
      group: `load ${percent} %`,
      origin: "generated",
      source: `generated motor: ${machine.shaftHz} turns/s, imbalance ${machine.imbalance}, bearing ${machine.bearing}, ${machine.ambient} °C in the room, running for ${machine.runningSeconds / 60} min, seed ${seed}`,
      streams: STREAMS,
    },
    data: STREAMS.map(({ scale }, index) => ({ samples: counts(measured[index] ?? [], scale), gaps: [] })),
  });
}

const counts = (values: ArrayLike<number>, scale: number): Int16Array =>
  Int16Array.from(values, (value) => Math.max(-32768, Math.min(32767, Math.round(value / scale))));
