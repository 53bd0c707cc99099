/** Fuzz targets of files from others: every importer, texts that go into exports, and project files with damaged pages. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "cbor-x";
import { z } from "zod";
import { checkOpenProject, checkProject } from "../../src-main/dataset/check.ts";
import { exportRecordings, safeName } from "../../src-main/dataset/export/export.ts";
import { csvText } from "../../src-main/dataset/export/formats.ts";
import { readSignalBytes } from "../../src-main/dataset/import/signal-file.ts";
import { mergeProject } from "../../src-main/dataset/merge.ts";
import { checkPhoto } from "../../src-main/dataset/photo-file.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import {
  checkAndRepair,
  importContent,
  projectInfo,
  projectSummary,
} from "../../src-main/services/project-service.ts";
import { recordingInfo } from "../../src-shared/contract/index.ts";
import { makeOlder } from "../dataset/older-project.ts";
import { exif, jpeg, png, pngChunk } from "../dataset/photos.ts";
import { isRefusal, refusesOnly } from "./refuses-only.ts";
import type { Target, TargetMaker } from "./targets.ts";

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

const acquisition = (values: unknown, interval: number = 10): object => ({
  protected: { ver: "v1", alg: "none", iat: 1 },
  signature: "00",
  payload: {
    device_name: "a",
    device_type: "b",
    interval_ms: interval,
    sensors: [
      { name: "accX", units: "m/s2" },
      { name: "accY", units: "m/s2" },
    ],
    values,
  },
});

const VALUES = [
  [1, 2.5],
  [-3, 4e-3],
  [0, 32_767],
];

function wav(tag: number, bits: number, channels: number, samples: number): Uint8Array {
  const data = Buffer.from(
    Array.from({ length: (samples * channels * bits) / 8 }, (_, i) => (i * 37) & 0x3f),
  );
  const out = Buffer.alloc(44);
  out.write("RIFF", 0, "latin1");
  out.writeUInt32LE(36 + data.length, 4);
  out.write("WAVEfmt ", 8, "latin1");
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(tag, 20);
  out.writeUInt16LE(channels, 22);
  out.writeUInt32LE(16_000, 24);
  out.writeUInt32LE((16_000 * channels * bits) / 8, 28);
  out.writeUInt16LE((channels * bits) / 8, 32);
  out.writeUInt16LE(bits, 34);
  out.write("data", 36, "latin1");
  out.writeUInt32LE(data.length, 40);
  const note = Buffer.from(
    '{"sensor":"microphone","channels":[{"name":"a","unit":""}],"rateHz":16000,"scale":0.5,"gaps":[[2,5]]}',
  );
  const head = Buffer.from("lmpt\0\0\0\0", "latin1");
  head.writeUInt32LE(note.length, 4);
  return new Uint8Array(Buffer.concat([out, data, head, note]));
}

const IMPORTERS: Readonly<
  Record<string, { files: string[]; extension: string; seeds: () => Uint8Array[]; dictionary: string[] }>
> = {
  wav: {
    extension: ".wav",
    files: ["/import/wav.ts"],
    seeds: () => [
      wav(1, 16, 1, 20),
      wav(1, 8, 2, 20),
      wav(1, 24, 1, 20),
      wav(1, 32, 2, 4),
      wav(3, 32, 1, 8),
      wav(3, 64, 2, 4),
    ],
    dictionary: ["RIFF", "WAVE", "fmt ", "data", "lmpt", "LIST", "\xff\xff\xff\xff"],
  },
  csv: {
    extension: ".csv",
    files: ["/import/csv.ts", "/import/time-base.ts", "/import/reader.ts"],
    seeds: () =>
      [
        "timestamp,accX (g),accY\n0,1,2\n10,3,4\n20,5,6\n60,7,8\n",
        "1;2;3\n4;5;6\n",
        "time;a\n0;1,5\n1;2,5\n",
        'timestamp,"a ""b"", (V)",c\r\n0,1,2\r\n5,"3",4\r\n',
        "accX\tgyrX\n1\t2\n",
      ].map(text),
    dictionary: ["timestamp", "time (ms)", ",", ";", "\t", '"', "\r\n", "\n", "\ufeff", "\0", "(g)"],
  },
  json: {
    extension: ".json",
    files: ["/import/edge-impulse.ts"],
    seeds: () =>
      [acquisition(VALUES), acquisition([1, 2, 3]), acquisition(VALUES, 1e-9)].map((value) =>
        text(JSON.stringify(value)),
      ),
    dictionary: [
      "payload",
      "interval_ms",
      "values",
      "sensors",
      "units",
      "wav",
      "null",
      "[",
      "]",
      "{",
      "}",
      '"',
      "1e400",
      "__proto__",
    ],
  },
  cbor: {
    extension: ".cbor",
    files: ["/import/edge-impulse.ts"],
    seeds: () => [acquisition(VALUES), acquisition([1, 2, 3])].map((value) => new Uint8Array(encode(value))),
    dictionary: [
      "\x9f",
      "\xff",
      "\xbf",
      "\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
      "\xd9\xd9\xf7",
      "\xc2",
      "payload",
    ],
  },
  sktime: {
    extension: ".ts",
    files: ["/import/sktime.ts"],
    seeds: () =>
      [
        "@problemName x\n@timeStamps false\n@classLabel true a b\n@data\n1,2,3:4,5,6:a\n7,8,9:1,2,3:b\n",
        "@sampleRate 100\n@targetLabel true\n@data\n1,2:0.5\n",
        "@data\n1\n",
      ].map(text),
    dictionary: [
      "@data",
      "@timeStamps true",
      "@classLabel",
      "@sampleRate",
      "@dimensionNames a b",
      ":",
      ",",
      "\n",
      "?",
    ],
  },
};

/** One reading in so many is also stored, exported and read again. */
const STORE_CHANCE = 0.02;

const importTarget =
  (name: string): TargetMaker =>
  (folder) => {
    const { extension, files, seeds, dictionary } = IMPORTERS[name] as (typeof IMPORTERS)[string];
    const project = ProjectFile.create(join(folder, "p.limpet"));
    project.database.write(() => undefined);
    project.database.pragma("synchronous = OFF");
    let round = 0;
    return {
      name,
      files,
      dictionary,
      seeds,
      async run(input, random) {
        const read = refusesOnly(() =>
          readSignalBytes(`fan.1${extension}`, input, { rateHz: random.chance(0.5) ? 100 : undefined }),
        );
        if (read === null || !random.chance(STORE_CHANCE)) return;
        const stored = refusesOnly(() => importContent(project, `fan.1${extension}`, input, { rateHz: 100 }));
        if (stored === null || stored.recordings.length === 0) return;
        const out = join(folder, `out-${round++}`);
        try {
          await exportRecordings(project, "wav", out);
          await exportRecordings(project, "csv", `${out}-csv`);
          for (const name of readdirSync(out)) {
            // What Limpet wrote itself it reads.
            readSignalBytes(name, new Uint8Array(readFileSync(join(out, name))));
          }
        } finally {
          project.database.write(() => project.database.run("DELETE FROM recordings"));
          for (const folder of [out, `${out}-csv`]) rmSync(folder, { recursive: true, force: true });
        }
      },
    };
  };

export const importTargets: Readonly<Record<string, TargetMaker>> = Object.fromEntries(
  Object.keys(IMPORTERS).map((name) => [name, importTarget(name)]),
);

/** Labels and names as anybody may write them: into file names and into cells of tables. */
export function textTarget(): Target {
  return {
    name: "text",
    files: ["/export/export.ts", "/export/formats.ts"],
    dictionary: [
      "=",
      "+",
      "-",
      "@",
      "\t",
      "\r",
      "../",
      "..\\",
      "/",
      "CON",
      "nul",
      "\u202e",
      "=cmd|' /C calc'!A0",
      '"',
      ",",
    ],
    seeds: () => ["fan", "=1+1", "../../etc/passwd", "C:\\x", "a.b.c", " con "].map(text),
    run(input) {
      const given = new TextDecoder().decode(input);
      const name = safeName(given);
      if (name === "" || name === "." || name === ".." || /[/\\:\0]/.test(name) || /^[.\s]/.test(name)) {
        throw new Error(`${JSON.stringify(name)} is no safe name`);
      }
      const cell = csvText(given);
      const unquoted = cell.startsWith('"') ? cell.slice(1) : cell;
      if (/^[=+\-@\t\r]/.test(unquoted)) throw new Error(`${JSON.stringify(cell)} begins as a formula`);
      if (!cell.startsWith('"') && /[",\n\r;]/.test(cell))
        throw new Error(`${JSON.stringify(cell)} is not one cell`);
    },
  };
}

/** Photos as anybody may hand them in. What is taken is taken again as it is, and has nothing of a camera left but its turn. */
export function photoTarget(): Target {
  return {
    name: "photo",
    files: ["/dataset/photo-file.ts"],
    dictionary: [
      "\xff\xd8",
      "\xff\xd9",
      "\xff\xda",
      "\xff\xe1",
      "\xff\xc0",
      "Exif\0\0",
      "MM\0*",
      "II*\0",
      "IHDR",
      "IDAT",
      "IEND",
    ],
    seeds: () => [
      png(),
      png(9, 2, 7, [pngChunk("tEXt", text("Author\0me"))]),
      jpeg(),
      jpeg([exif(6)], "note"),
    ],
    run(input) {
      const photo = refusesOnly(() => checkPhoto(input));
      if (photo === null) return;
      const again = checkPhoto(photo.data);
      if (!Buffer.from(again.data).equals(photo.data))
        throw new Error("what was taken is changed when it is taken again");
      if (photo.data.length > input.length + 64)
        throw new Error("what was taken is larger than what was given");
    },
  };
}

/** A project of today's format whose file was damaged anywhere. */
export const projectTarget: TargetMaker = (folder) => damagedProject(folder, "project", () => {});

/** The same of the format before, which is brought up to date when it is opened. */
export const olderProjectTarget: TargetMaker = (folder) =>
  damagedProject(folder, "older-project", (whole) => {
    const newest = `${whole}.new`;
    renameSync(whole, newest);
    makeOlder(newest, whole);
  });

/** Input is a list of places (u32), lengths (u8) and bytes. `make` changes the project before it is damaged. */
function damagedProject(folder: string, name: string, make: (whole: string) => void): Target {
  const whole = join(folder, "whole.limpet");
  const project = ProjectFile.create(whole);
  const stored = project.transaction(() =>
    ["fan.1", "fan.2", "pump.1"].map(
      (name, seed) =>
        importContent(project, `${name}.csv`, text(`timestamp,accX,accY\n${rows(3000 + seed)}`)).recordings,
    ),
  );
  project.saveGoal({ ...project.goal(), sentence: "tell a worn fan" });
  project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed: 1 });
  project.updateRecordings([stored[0]?.[0] ?? 1], {
    label: "worn",
    machine: "pump",
    photo: project.addPhoto(png()).id,
  });
  project.close();
  make(whole);
  const taker = ProjectFile.create(join(folder, "taker.limpet"));
  taker.database.write(() => undefined);
  taker.database.pragma("synchronous = OFF");
  const original = readFileSync(whole);
  const path = join(folder, "damaged.limpet");
  const patch = (at: number, bytes: readonly number[]): Uint8Array => {
    const head = Buffer.alloc(5);
    head.writeUInt32LE(at, 0);
    head[4] = bytes.length;
    return new Uint8Array(Buffer.concat([head, Buffer.from(bytes)]));
  };
  return {
    name,
    files: [
      "/dataset/check.ts",
      "/dataset/repair.ts",
      "/dataset/project-database.ts",
      "/dataset/recordings-table.ts",
      "/dataset/settings-table.ts",
      "/dataset/stream-reader.ts",
      "/dataset/recovery.ts",
      "/dataset/merge.ts",
      "/dataset/photos-table.ts",
      "/dataset/schema.ts",
    ],
    dictionary: ["\0\0\0\0", "\xff\xff\xff\xff", "recording", "incomplete", "{", "[]", "null"],
    seeds: () => [
      new Uint8Array(0),
      patch(18, [2, 2]),
      patch(60, [0, 0, 0, 9]),
      patch(68, [1]),
      patch(100, [5, 0, 0, 0, 0]),
      patch(8192, [0, 0, 0, 0]),
      patch(8192 * 3 + 50, [255, 255, 255]),
      patch(original.length - 5000, [1, 2, 3]),
      ...textsOf(original).map((at) => patch(at, [0x5b, 0x7b])),
    ],
    async run(input) {
      const bytes = Buffer.from(original);
      const view = Buffer.from(input);
      for (let at = 0; at + 5 <= view.length; ) {
        const place = view.readUInt32LE(at) % bytes.length;
        const count = Math.min(view[at + 4] as number, view.length - at - 5);
        view.copy(bytes, place, at + 5, at + 5 + Math.min(count, bytes.length - place));
        at += 5 + count;
      }
      for (const file of readdirSync(folder).filter((one) => one.startsWith("damaged.limpet")))
        rmSync(join(folder, file), { force: true });
      writeFileSync(path, bytes);
      await mergeInto(taker, path);
      const checked = refusesOnly(() => checkProject(path));
      const sound = checked?.ok === true;
      try {
        workWith(path);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (sound)
          throw new Error(`check finds nothing, but: ${error instanceof Error ? error.message : error}`);
      }
      if (!sound) {
        const repaired = refusesOnly(() => checkAndRepair(path, { repair: true }));
        if (repaired?.ok === true) workWith(path);
      }
      if (!existsSync(path)) throw new Error("the project is gone");
      const strange = readdirSync(folder).filter((name) => !/^(whole|damaged|taker)\.limpet/.test(name));
      if (strange.length > 0) throw new Error(`files beside the project: ${strange.join(", ")}`);
    },
  };
}

/** All of a damaged project comes in, or nothing of it. */
async function mergeInto(taker: ProjectFile, path: string): Promise<void> {
  const { database } = taker;
  try {
    await mergeProject(taker, path);
    z.array(recordingInfo).parse(taker.recordings());
    taker.undo();
    if (taker.recordings().length > 0) throw new Error("a merge that was undone is still there");
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const rows = database.get<{ n: number }>("SELECT count(*) AS n FROM recordings");
    if (rows?.n !== 0) throw new Error("a merge that was refused has left something");
  }
  const { ok, problems } = checkOpenProject(taker);
  if (!ok) throw new Error(`the project that it was merged into is damaged: ${problems[0]}`);
  database.write(() => {
    for (const table of ["recordings", "photos", "edits"]) database.run(`DELETE FROM ${table}`);
  });
}

const rows = (count: number): string =>
  Array.from({ length: count }, (_, i) => `${i * 10},${Math.sin(i).toFixed(4)},${i % 7}`).join("\n");

/** Places of texts that mean something in a project file. */
const textsOf = (bytes: Buffer): number[] =>
  ["accelerometer", "accX", "complete", "sentence", "train", "CREATE TABLE chunks"].map((word) =>
    Math.max(0, bytes.indexOf(word)),
  );

/** What the app does with a project: lists, sums, draws, reads. */
function workWith(path: string): void {
  const project = ProjectFile.open(path);
  try {
    projectInfo(project);
    z.array(recordingInfo).parse(project.recordings());
    projectSummary(project);
    project.goal();
    project.design();
    project.datasetHash();
    for (const { streams } of project.recordings()) {
      for (const stream of streams) {
        project.readValues(stream.id, 0, Math.min(stream.samples, 1e6));
        project.waveform(stream.id, 0, null, 200);
      }
    }
    project.undo();
    project.redo();
  } finally {
    project.close();
  }
}
