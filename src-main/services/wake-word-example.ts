/**
 * The example `wake-word`: the word "limpet" among other words and noise, after the wake words of Warden and Situnayake, "TinyML",
 * chapters 7 and 8. The words are spoken by espeak-ng's voices while the project is made, with room noise of our own: synthetic
 * sound, which the project says. Knows words, voices and what a project about them looks like.
 */
import { designFile } from "../../src-shared/design.ts";
import { throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import type { NewStream } from "../dataset/types.ts";
import { presetDesign } from "../features/presets.ts";
import { RandomSequence } from "../training/random.ts";
import { speak, type Utterance } from "./spoken-words.ts";

const WAKE_WORD = "limpet";
const OTHER_WORDS = [
  "yes",
  "no",
  "hello",
  "window",
  "motor",
  "seven",
  "simple",
  "lemon",
  "ticket",
  "pump",
  "limit",
  "carpet",
  "stop",
  "trumpet",
  "open",
  "limping",
] as const;

/** Voices with what they sound like; each is a group of the split, so that the test is spoken by strangers. */
const VOICES = [
  "en-us+m1",
  "en-gb+f1",
  "en-us+m3",
  "en-gb-scotland+f2",
  "en-us+f3",
  "en-gb+m4",
  "en-gb-x-rp+m2",
  "en-029+f4",
  "en-us+f5",
  "en-gb-x-gbclan+m5",
  "en-029+m6",
  "en-us+m7",
] as const;
const TIMES = 10;
const NOISES = 5;
const RATE_HZ = 16_000;
const SAMPLES = RATE_HZ;
/** A word is at most this part of the window long; what is longer is spoken faster. */
const LONGEST = 0.9;

const STREAM: NewStream = {
  sensor: "microphone",
  channels: [{ name: "sound", unit: "FS" }],
  rateHz: RATE_HZ,
  sampleType: "int16",
  scale: 1 / 32768,
};

/** One recording that is to be made. */
type Take = {
  readonly label: string;
  readonly voice: string;
  readonly text: string | null;
  readonly seed: number;
};

function takes(): Take[] {
  return VOICES.flatMap((voice, v) => {
    const own = (label: string, text: string | null, number: number): Take => ({
      label,
      voice,
      text,
      seed: 1000 * (v + 1) + number,
    });
    return [
      ...Array.from({ length: TIMES }, (_, i) => own(WAKE_WORD, WAKE_WORD, i)),
      ...OTHER_WORDS.map((word, i) => own("other", word, 100 + i)),
      ...Array.from({ length: NOISES }, (_, i) => own("noise", null, 200 + i)),
    ];
  });
}

/** Programs that speak at the same time. */
const AT_ONCE = 4;

/**
 * Fills a new project: recordings, goal, split by voice, and a design to train with. Throws `setup-missing` where espeak-ng is not
 * installed, `cancelled`.
 */
export async function fillWakeWordExample(project: ProjectFile, work: WorkOptions = {}): Promise<void> {
  const wanted = takes();
  const sounds: { take: Take; said: Utterance | null; samples: Int16Array }[] = [];
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    throwIfCancelled(work.signal);
    work.onProgress?.("speaking", at / wanted.length);
    sounds.push(
      ...(await Promise.all(wanted.slice(at, at + AT_ONCE).map((take) => soundOf(take, work.signal)))),
    );
  }
  project.transaction(() => {
    for (const { take, said, samples } of sounds) {
      const number = take.seed % 1000;
      project.addRecording({
        recording: {
          name: `${take.label}.${take.voice}-${take.text ?? "room"}-${number}`,
          label: take.label,
          group: take.voice,
          origin: "generated",
          source:
            said === null
              ? `generated: noise, seed ${take.seed}`
              : `synthetic: espeak-ng, voice ${said.voice}, ${said.speed} words a minute, pitch ${said.pitch}, with noise, seed ${take.seed}`,
          streams: [STREAM],
        },
        data: [{ samples, gaps: [] }],
      });
    }
  });
  project.saveGoal({
    ...project.goal(),
    sentence: `Hear when somebody says "${WAKE_WORD}". The sound is synthetic: espeak-ng speaks it. Add recordings of real voices before relying on it.`,
    classes: [
      { name: WAKE_WORD, description: "The wake word." },
      { name: "other", description: "Any other word." },
      { name: "noise", description: "Nobody speaks." },
    ],
    sensors: [STREAM.sensor],
    accuracy: 0.9,
  });
  project.applySplit({ train: 0.5, validation: 0.25, test: 0.25, by: "group", seed: 1 });
  project.saveDesign(designFile.parse(presetDesign("keyword", project.recordings(), project.goal())));
  work.onProgress?.("generated", 1);
}

/** One second: the word in its middle, more or less, in a room with noise. */
async function soundOf(
  take: Take,
  signal: AbortSignal | undefined,
): Promise<{ take: Take; said: Utterance | null; samples: Int16Array }> {
  const random = new RandomSequence(take.seed);
  const sound = new Float32Array(SAMPLES);
  let said: Utterance | null = null;
  if (take.text !== null) {
    let speed = Math.round(random.between(120, 190));
    const pitch = Math.round(random.between(25, 75));
    let word = new Float32Array(0);
    do {
      said = { text: take.text, voice: take.voice, speed, pitch };
      word = (await speak(said, RATE_HZ, signal)) as Float32Array<ArrayBuffer>;
      speed = Math.round(1.2 * speed);
    } while (word.length > LONGEST * SAMPLES && speed < 450);
    const loudness = random.between(0.15, 0.9);
    const room = Math.max(0, SAMPLES - word.length);
    const start = Math.round(room * random.between(0.35, 0.65));
    for (let i = 0; i < Math.min(SAMPLES, word.length); i++) sound[start + i] = loudness * (word[i] ?? 0);
  }
  addRoom(
    sound,
    take.text === null ? random.between(0.003, 0.1) : 0.05 * 10 ** -random.between(0.3, 1.6),
    random,
  );
  const samples = Int16Array.from(sound, (value) => Math.round(32767 * Math.max(-1, Math.min(1, value))));
  return { take, said, samples };
}

/** Noise of a room, of the given deviation: dull or bright hiss, swelling a little, and the hum of mains. */
function addRoom(sound: Float32Array, level: number, random: RandomSequence): void {
  const dullness = 0.95 * random.uniform();
  const fresh = Math.sqrt(1 - dullness * dullness);
  const hum = random.uniform() < 0.5 ? 0 : random.between(0.2, 1);
  const swell = { hz: random.between(0.5, 4), phase: random.between(0, 6.28), depth: random.between(0, 0.6) };
  let last = random.normal();
  for (let i = 0; i < sound.length; i++) {
    const time = i / RATE_HZ;
    last = dullness * last + fresh * random.normal();
    const wave = Math.sin(2 * Math.PI * 50 * time) + 0.5 * Math.sin(2 * Math.PI * 150 * time);
    const swelling = 1 + swell.depth * Math.sin(2 * Math.PI * swell.hz * time + swell.phase);
    sound[i] = (sound[i] ?? 0) + level * (last * swelling + hum * wave);
  }
}
