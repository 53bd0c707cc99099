/** Exports are used as their readers will use them: compilers, TensorFlow.js, NumPy. */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firmwareFolder } from "../../src-main/boards/firmware-image.ts";
import { convertToTflite } from "../../src-main/conversion/convert.ts";
import { cArrayFiles, cString, float } from "../../src-main/conversion/exports/c-array.ts";
import {
  type ExportedFile,
  identifier,
  nameOfPath,
  placeFiles,
  textFile,
} from "../../src-main/conversion/exports/exported-files.ts";
import { encodeNpz, featuresNpz } from "../../src-main/conversion/exports/npz.ts";
import { tfjsFiles } from "../../src-main/conversion/exports/tfjs-layers.ts";
import { floatPass } from "../../src-main/conversion/float-pass.ts";
import { planLayers, product } from "../../src-main/conversion/layer-plan.ts";
import { arduinoLibrary } from "../../src-main/deployment/arduino-library.ts";
import { readArduinoSources } from "../../src-main/deployment/arduino-sources.ts";
import { Twin } from "../../src-main/features/twin.ts";
import { inputOf, makePackage, noiseWindow } from "../parity/random-packages.ts";
import { type NetworkCase, networkCases, normalWindows, seededRandom } from "./networks.ts";

const folder = mkdtempSync(join(tmpdir(), "limpet-export-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(into: string, files: readonly ExportedFile[]): void {
  for (const { name, bytes } of files) {
    mkdirSync(dirname(join(into, name)), { recursive: true });
    writeFileSync(join(into, name), bytes);
  }
}

const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;
const compiles = has("gcc") && has("g++");
if (!compiles) console.warn("SKIPPED: exports of C and Arduino need gcc and g++");
const gathered =
  existsSync(join(firmwareFolder(), "arduino")) && existsSync(join(firmwareFolder(), "twin.wasm"));
if (!gathered) console.warn("SKIPPED: the Arduino library needs what `npm run setup` gathers");
const python = process.env.LIMPET_PYTHON ?? join(import.meta.dirname, "../../.tools/python/bin/python");
const hasNumpy = spawnSync(python, ["-c", "import numpy"]).status === 0;
if (!hasNumpy) console.warn("SKIPPED: NumPy is missing (node scripts/setup.mjs --tests, or LIMPET_PYTHON)");

describe("the places of exported files", () => {
  const files = [textFile("model.h", "h"), textFile("model.c", "c")];
  const paths = (path: string): string[] => placeFiles(path, files).map((file) => file.path);

  it("are the path itself for one file", () => {
    expect(placeFiles("a/model.tflite", [textFile("x", "y")]).map(({ path }) => path)).toEqual([
      "a/model.tflite",
    ]);
  });

  it("are round the file that was named, or in the folder", () => {
    expect(paths("a/model.h")).toEqual(["a/model.h", "a/model.c"]);
    expect(paths("a/model.cpp")).toEqual(["a/model.h", "a/model.cpp"]);
    expect(paths("a/out")).toEqual(["a/out/model.h", "a/out/model.c"]);
    const fixed = { ...textFile("weights.bin", "w"), fixed: true } as const;
    const model = [textFile("model.json", "{}"), fixed];
    expect(placeFiles("a/net.json", model).map(({ path }) => path)).toEqual(["a/net.json", "a/weights.bin"]);
    expect(placeFiles("a/net.bin", model).map(({ path }) => path)).toEqual([
      "a/net.bin/model.json",
      "a/net.bin/weights.bin",
    ]);
  });

  it("are one zip where that was asked for, always with the same bytes", () => {
    const [first] = placeFiles("a.zip", files);
    expect(Object.keys(unzipSync(first?.bytes ?? new Uint8Array()))).toEqual(["model.h", "model.c"]);
    expect(placeFiles("a.zip", files)[0]?.bytes).toEqual(first?.bytes);
  });

  it("give names that C takes", () => {
    expect(identifier("Lüfter 1 – schnell", "model")).toBe("Lufter_1_schnell");
    expect(identifier("3-axis", "model")).toBe("model_3_axis");
    expect(identifier("停", "model")).toBe("model");
    expect(nameOfPath("a/my model.h")).toBe("my model");
  });
});

describe("the model as C", () => {
  const [{ network }] = networkCases(31) as [NetworkCase];
  const { tflite, input, output } = convertToTflite(network, normalWindows(seededRandom(1), 50, 33), 50);
  const labels = ["idle", 'say "no"\\?', "Unwucht – schwer"];
  const normalisation = {
    mean: Float32Array.from({ length: 33 }, (_, i) => (i - 16) / 3),
    factor: Float32Array.from({ length: 33 }, (_, i) => (i === 7 ? 0 : 1e-6 * 7 ** (i / 3))),
  };
  const request = {
    name: "fan-3",
    description: "fan, experiment 3 */ really",
    tflite,
    labels,
    arenaBytes: 1408,
    normalisation,
  };

  it.skipIf(!compiles).each([
    ["C99", "gcc", "c", "-std=c99"],
    ["C++11", "g++", "cpp", "-std=c++11"],
  ])(
    "compiles without warnings as %s and holds the file, labels and normalisation",
    (_, compiler, ending, standard) => {
      const place = join(folder, `c-${ending}`);
      mkdirSync(place);
      for (const { path, bytes } of placeFiles(join(place, `fan-3.${ending}`), cArrayFiles(request))) {
        writeFileSync(path, bytes);
      }
      const main = `#include "fan-3.h"
#include <stdio.h>
int main(void) {
  int i;
  fwrite(fan_3_tflite, 1, fan_3_tflite_len, stdout);
  for (i = 0; i < FAN_3_OUTPUTS; i++) printf("%s\\n", fan_3_labels[i]);
  fwrite(fan_3_mean, 4, FAN_3_INPUTS, stdout);
  fwrite(fan_3_factor, 4, FAN_3_INPUTS, stdout);
  printf("%.9g %d %.9g %d %d", FAN_3_INPUT_SCALE, FAN_3_INPUT_ZERO_POINT, FAN_3_OUTPUT_SCALE, FAN_3_OUTPUT_ZERO_POINT,
         FAN_3_ARENA_BYTES);
  return ((unsigned long)(size_t)fan_3_tflite) % 16 == 0 ? 0 : 1;
}
`;
      writeFileSync(join(place, `main.${ending}`), main);
      const flags = [standard, "-Wall", "-Wextra", "-Werror", "-pedantic", "-o", "program"];
      execFileSync(compiler, [...flags, `main.${ending}`, `fan-3.${ending}`], { cwd: place, stdio: "pipe" });
      const { status, stdout } = spawnSync(join(place, "program"));
      const text = `${labels.join("\n")}\n`;
      const numbers = `${input.scale.toPrecision(9).replace(/0+$/, "")} ${input.zeroPoint} ${output.scale} ${output.zeroPoint} 1408`;
      const floats = (values: Float32Array) => Buffer.from(values.buffer);
      const expected = [tflite, Buffer.from(text), floats(normalisation.mean), floats(normalisation.factor)];
      expect(stdout.subarray(0, -numbers.length)).toEqual(Buffer.concat(expected));
      expect(stdout.subarray(-numbers.length).toString()).toBe(numbers);
      expect(status).toBe(0);
    },
  );

  it("writes floats that come back exactly, and strings that hide nothing", () => {
    for (const value of [0, 1, -2.5, 1 / 3, 3.4e38, 1e-40, 123456789]) {
      const text = float(value);
      expect(text).toMatch(/[.e].*f$/);
      expect(Math.fround(Number(text.slice(0, -1)))).toBe(Math.fround(value));
    }
    expect(cString('a"\\?\n1é')).toBe('"a\\042\\134\\077\\0121\\303\\251"');
  });
});

describe("the Arduino library", () => {
  let twin: Twin;
  beforeAll(async () => {
    if (gathered) twin = await Twin.load();
  });

  it.skipIf(!compiles || !gathered)(
    "compiles, proves itself and classifies windows as the twin does",
    async () => {
      const spectral = { block: "spectral", fftLength: 32, bands: 8 } as const;
      const input = inputOf("accelerometer", 200, [0, 1], spectral);
      const made = makePackage(
        twin,
        { name: "fan", inputs: [input], lengthMs: 500, strideMs: 250 },
        5,
        "dense",
      );
      const pipeline = twin.pipeline(made.bytes);
      const windows = [1, 2].map((seed) => noiseWindow(seededRandom(seed), made.windowValues));
      const zip = arduinoLibrary({
        name: "Fan 5",
        description: "fan, experiment 5",
        modelPackage: made.bytes,
        poolBytes: pipeline.poolBytes,
        sources: readArduinoSources(),
      });
      const files = Object.entries(unzipSync(zip)).map(([name, bytes]) => ({ name, bytes }));
      write(join(folder, "arduino"), files);
      const library = join(folder, "arduino/Limpet_Fan_5");
      expect(readdirSync(library).sort()).toEqual([
        "LICENSE",
        "README.md",
        "examples",
        "library.properties",
        "src",
      ]);
      const properties = files.find(({ name }) => name.endsWith("library.properties"));
      for (const field of [
        "name",
        "version",
        "author",
        "maintainer",
        "sentence",
        "category",
        "url",
        "architectures",
      ]) {
        expect(Buffer.from(properties?.bytes ?? []).toString()).toMatch(new RegExp(`^${field}=.+$`, "m"));
      }

      // As the Arduino build does it: every source by itself, with only src/ as a folder of includes. 64 bits need more memory.
      const common = ["-O0", "-I", join(library, "src"), "-DLIMPET_POOL_BYTES=65536", "-c"];
      const sources = files.map(({ name }) => join(folder, "arduino", name));
      const c = sources.filter((path) => path.endsWith(".c"));
      const cc = sources.filter((path) => path.endsWith(".cc"));
      const objects = join(folder, "objects");
      mkdirSync(objects);
      const sketch = join(library, "examples/Classify/Classify.ino");
      const host = join(import.meta.dirname, "arduino_host.cc");
      const compile = (...parameters: readonly string[]) => {
        const [compiler = "", ...flags] = parameters;
        return promisify(execFile)(compiler, [...flags, ...common], { cwd: objects });
      };
      const foreign = ["g++", "-std=gnu++11", "-w", "-fno-exceptions", "-fno-rtti"];
      await Promise.all([
        compile(...foreign, ...cc.filter((_, i) => i % 2 === 0)),
        compile(...foreign, ...cc.filter((_, i) => i % 2 === 1)),
      ]);
      await compile("gcc", "-std=gnu11", "-Wall", "-Werror", ...c);
      await compile("g++", "-std=gnu++11", "-Wall", "-Werror", `-DSKETCH="${sketch}"`, host);
      const program = join(folder, "sketch");
      execFileSync("g++", ["-o", program, ...readdirSync(objects).map((name) => join(objects, name))]);

      const lines = windows.map((window) => Array.from(window, (value) => value.toPrecision(9)).join(","));
      const { status, stdout } = spawnSync(program, { input: `${lines.join("\n")}\n`, encoding: "utf8" });
      expect(status).toBe(0);
      const answers = windows.map((window) => {
        const { scores, label: called } = pipeline.run(window);
        const labels = ["one", "two", "three"];
        const each = labels.map((label, i) => `${label}: ${Number((scores[i] as number).toPrecision(9))}`);
        return `${called === null ? "unknown" : labels[called]}; ${each.join(", ")}`;
      });
      // One of each, so that both ways are seen.
      expect(answers.map((answer) => answer.startsWith("unknown"))).toEqual(
        expect.arrayContaining([true, false]),
      );
      expect(stdout.trimEnd().split("\n")).toEqual(["Self-test: 3", ...answers]);
    },
  );
});

describe("the TensorFlow.js model", () => {
  beforeAll(async () => {
    await tf.setBackend("cpu");
  });

  it.each(networkCases(32))("predicts what the network predicts: $name", async ({ network }) => {
    const normalisation = { mean: Float32Array.of(1, 2), factor: Float32Array.of(3, 4) };
    const labels = ["a", "b"];
    const files = tfjsFiles({ network, labels, normalisation, description: "fan, experiment 1" });
    const [json, weights] = files as [ExportedFile, ExportedFile];
    expect(files.map(({ name }) => name)).toEqual(["model.json", "weights.bin"]);
    const text = JSON.parse(Buffer.from(json.bytes).toString());
    expect(text.userDefinedMetadata).toEqual({
      description: "fan, experiment 1",
      labels,
      normalisation: { mean: [1, 2], factor: [3, 4] },
    });
    const model = await loadLayersModel({
      load: async () => ({
        modelTopology: text.modelTopology,
        weightSpecs: text.weightsManifest[0].weights,
        weightData: new Uint8Array(weights.bytes).buffer,
      }),
    });
    const count = 4;
    const inputs = product(network.inputShape);
    const features = normalWindows(seededRandom(33), count, inputs);
    const predicted = model.predict(tf.tensor(features, [count, ...network.inputShape])) as tf.Tensor;
    const values = await predicted.data();
    const pass = floatPass(planLayers(network));
    for (let i = 0; i < count; i++) {
      const own = pass.run(features.slice(i * inputs, (i + 1) * inputs)).at(-1) ?? [];
      for (const [k, value] of own.entries()) {
        expect(values[i * network.outputs + k]).toBeCloseTo(value, 3);
      }
    }
  });
});

describe.skipIf(!hasNumpy)("the NumPy file", () => {
  const numpy = (bytes: Uint8Array, code: string): unknown => {
    const path = join(folder, `features-${bytes.length}.npz`);
    writeFileSync(path, bytes);
    const script = `import json, numpy as np\nd = np.load(${JSON.stringify(path)})\nprint(json.dumps(${code}))`;
    return JSON.parse(execFileSync(python, ["-c", script], { encoding: "utf8" }));
  };

  it("holds features, labels and what belongs to them, without pickle", () => {
    const bytes = featuresNpz({
      shape: [2, 3],
      features: Float32Array.from({ length: 12 }, (_, i) => i / 3),
      labels: ["idle", "Unwucht – schwer"],
      splits: ["train", "test"],
      recordings: ["a", "b𝄞"],
      startsMs: Float64Array.of(0, 500.5),
      classes: ["Unwucht – schwer", "idle"],
      normalisation: { mean: new Float32Array(6), factor: new Float32Array(6).fill(2) },
    });
    const all = "{k: [str(d[k].dtype), list(d[k].shape), d[k].tolist()] for k in d.files}";
    expect(numpy(bytes, all)).toEqual({
      features: [
        "float32",
        [2, 2, 3],
        [0, 1].map((n) => [0, 1].map((r) => [0, 1, 2].map((c) => Math.fround((n * 6 + r * 3 + c) / 3)))),
      ],
      label: ["<U16", [2], ["idle", "Unwucht – schwer"]],
      split: ["<U5", [2], ["train", "test"]],
      recording: ["<U2", [2], ["a", "b𝄞"]],
      start_ms: ["float64", [2], [0, 500.5]],
      classes: ["<U16", [2], ["Unwucht – schwer", "idle"]],
      mean: ["float32", [6], [0, 0, 0, 0, 0, 0]],
      factor: ["float32", [6], [2, 2, 2, 2, 2, 2]],
    });
  });

  it("is read where it is empty, too", () => {
    const bytes = encodeNpz({
      nothing: { shape: [0, 4], values: new Float32Array(0) },
      none: { shape: [0], values: [] },
      whole: { shape: [2], values: Int32Array.of(-1, 7) },
    });
    expect(numpy(bytes, "[list(d['nothing'].shape), len(d['none']), d['whole'].tolist()]")).toEqual([
      [0, 4],
      0,
      [-1, 7],
    ]);
  });
});
