/** What int8 costs in each layer, against LiteRT's own tensors between the layers. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { convertToTflite } from "../../src-main/conversion/convert.ts";
import { floatPass } from "../../src-main/conversion/float-pass.ts";
import { layerNoise } from "../../src-main/conversion/layer-noise.ts";
import { product } from "../../src-main/conversion/layer-plan.ts";
import { quantiseValues } from "../../src-main/conversion/quantise.ts";
import { errorOf } from "../dataset/helpers.ts";
import { networkCases, normalWindows, seededRandom } from "./networks.ts";

const python = process.env.LIMPET_PYTHON ?? join(import.meta.dirname, "../../.tools/python/bin/python");
const hasRuntime = spawnSync(python, ["-c", "import ai_edge_litert"]).status === 0;
if (!hasRuntime) {
  console.warn("SKIPPED: LiteRT is missing (node scripts/setup.mjs --tests, or LIMPET_PYTHON)");
}

const WINDOWS = 40;
type Tensor = { values: string; scale: number; zeroPoint: number };

const cases = networkCases(3).map(({ name, network }, index) => {
  const features = normalWindows(seededRandom(700 + index), WINDOWS, product(network.inputShape));
  return { name, network, features, converted: convertToTflite(network, features, WINDOWS) };
});

describe("the cost of int8 in each layer", () => {
  it.skipIf(!hasRuntime).each(cases)(
    "is what LiteRT's tensors between the layers give: $name",
    ({ network, features, converted }) => {
      const { quantised, tflite } = converted;
      const noise = layerNoise(quantised, features, WINDOWS);
      expect(noise.map(({ layer }) => layer)).toEqual(quantised.layers.map(({ name }) => name));
      const input = quantiseValues(features, converted.input);
      const { status, stdout, stderr } = spawnSync(python, [join(import.meta.dirname, "run_layers.py")], {
        input: JSON.stringify({
          tflite: Buffer.from(tflite).toString("base64"),
          inputs: Buffer.from(input.buffer).toString("base64"),
          count: WINDOWS,
          names: noise.map(({ layer }) => layer),
        }),
        encoding: "utf8",
        maxBuffer: 1 << 28,
      });
      expect(status, stderr).toBe(0);
      const tensors = JSON.parse(stdout) as Record<string, Tensor>;
      const pass = floatPass(quantised.layers);
      const size = product(network.inputShape);
      const floats = Array.from({ length: WINDOWS }, (_, i) =>
        pass.run(features.slice(i * size, (i + 1) * size)),
      );
      let compared = 0;
      for (const [index, { layer, signalToNoiseDb }] of noise.entries()) {
        const tensor = tensors[layer];
        // A reshape that moves nothing has no tensor of its own.
        if (tensor === undefined) continue;
        const values = new Int8Array(Buffer.from(tensor.values, "base64"));
        let [signal, error] = [0, 0];
        for (const [window, layers] of floats.entries()) {
          const own = layers[index] as Float32Array;
          for (const [i, value] of own.entries()) {
            const raw = values[window * own.length + i] as number;
            signal += value * value;
            error += ((raw - tensor.zeroPoint) * tensor.scale - value) ** 2;
          }
        }
        const reference = 10 * Math.log10(signal / error);
        expect(Math.abs(signalToNoiseDb - reference), layer).toBeLessThan(0.5);
        compared++;
      }
      expect(compared).toBeGreaterThanOrEqual(network.layers.length - 2);
    },
  );

  it("lies between 10 and 60 dB for networks of random weights, and can be cancelled", () => {
    for (const { converted, features } of cases) {
      for (const { layer, signalToNoiseDb } of layerNoise(converted.quantised, features, WINDOWS)) {
        expect(signalToNoiseDb, layer).toBeGreaterThan(10);
        expect(signalToNoiseDb, layer).toBeLessThan(60);
      }
    }
    const [{ converted, features }] = cases as [(typeof cases)[number]];
    errorOf("cancelled", () =>
      layerNoise(converted.quantised, features, WINDOWS, { signal: AbortSignal.abort() }),
    );
  });
});
