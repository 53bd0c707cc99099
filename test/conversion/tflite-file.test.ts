import { describe, expect, it } from "vitest";
import { convertToTflite } from "../../src-main/conversion/convert.ts";
import { product } from "../../src-main/conversion/layer-plan.ts";
import { readTflite } from "../../src-main/conversion/tflite-reader.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { errorOf } from "../dataset/helpers.ts";
import { networkCases, normalWindows, seededRandom } from "./networks.ts";

const cases = networkCases(21).map(({ name, network }) => {
  const inputs = product(network.inputShape);
  return {
    name,
    network,
    ...convertToTflite(network, normalWindows(seededRandom(22), 30, inputs), 30),
  };
});
type Case = (typeof cases)[number];
const tensorOf = ({ tflite }: Case, name: string) =>
  readTflite(tflite).tensors.find((tensor) => tensor.name === name);

describe("a .tflite file that Limpet wrote", () => {
  it.each(cases)("is read as it was written: $name", ({ tflite, network, quantised, operations }) => {
    const model = readTflite(tflite);
    const [input, output] = [model.tensors[model.inputs[0] ?? -1], model.tensors[model.outputs[0] ?? -1]];
    expect(model.inputs).toHaveLength(1);
    expect(model.outputs).toHaveLength(1);
    expect(product(input?.shape ?? [])).toBe(product(network.inputShape));
    expect(output?.shape.at(-1)).toBe(network.outputs);
    for (const [tensor, wanted] of [
      [input, quantised.input],
      [output, quantised.output],
    ] as const) {
      expect(tensor?.type).toBe("INT8");
      expect(tensor?.quantisation).toMatchObject({
        scales: [wanted.scale],
        zeroPoints: [wanted.zeroPoint],
      });
    }
    expect([...new Set(model.operations.map(({ name }) => name))]).toEqual(operations);
    for (const layer of quantised.layers) {
      if (layer.weights === null) continue;
      const bias = model.tensors.find(({ name }) => name === `${layer.name}/bias`);
      expect(bias?.data).toEqual(new Uint8Array(layer.weights.bias.buffer));
      const scales = Array.from(layer.weights.scales, (scale) => Math.fround(scale * layer.input.scale));
      expect(bias?.quantisation?.scales).toEqual(scales);
    }
  });

  it("holds weights in TensorFlow Lite's order, with the channel's dimension", () => {
    const one = cases.find(({ name }) => name === "ds-cnn") as Case;
    const conv = one.quantised.layers.find(({ name }) => name === "conv2d-2");
    const kernel = tensorOf(one, "conv2d-2/kernel");
    expect(kernel?.shape).toEqual([16, 10, 4, 1]);
    expect(kernel?.quantisation).toMatchObject({ dimension: 0, zeroPoints: new Array(16).fill(0) });
    // [filter 3, row 2, column 1] is at [row 2, column 1, channel 0, filter 3] in TensorFlow's order.
    expect(new Int8Array(kernel?.data ?? [])[3 * 40 + 2 * 4 + 1]).toBe(
      conv?.weights?.kernel[(2 * 4 + 1) * 16 + 3],
    );
    const depthwise = tensorOf(one, "depthwise-conv2d-3/kernel");
    expect(depthwise?.shape).toEqual([1, 3, 3, 16]);
    expect(depthwise?.quantisation?.dimension).toBe(3);
    const dense = tensorOf(one, "dense-9/kernel");
    expect(dense?.shape).toEqual([5, 16]);
    expect(dense?.quantisation?.scales).toHaveLength(1);
  });

  it("uses only versions of operations that TensorFlow Lite Micro of July 2020 has", () => {
    const most: Record<string, number> = {
      AVERAGE_POOL_2D: 2,
      CONV_2D: 3,
      DEPTHWISE_CONV_2D: 3,
      FULLY_CONNECTED: 4,
      MAX_POOL_2D: 2,
      RESHAPE: 1,
      SOFTMAX: 2,
    };
    for (const { tflite } of cases) {
      for (const { name, version } of readTflite(tflite).operations) {
        expect(version).toBeLessThanOrEqual(most[name] ?? 0);
      }
    }
  });

  it("needs no operation for a reshape that moves nothing", () => {
    for (const { name, operations } of cases) {
      expect(operations.includes("RESHAPE")).toBe(name.includes("reshape in the middle"));
    }
  });

  it("has its constants at multiples of 16 bytes", () => {
    for (const one of cases) {
      for (const { name, data } of readTflite(one.tflite).tensors) {
        if (data !== null && data.length >= 32) {
          expect(Buffer.from(one.tflite).indexOf(Buffer.from(data)) % 16, name).toBe(0);
        }
      }
    }
  });

  it("is the same for the same network", () => {
    const [one] = networkCases(21);
    const again = convertToTflite((one as Case).network, normalWindows(seededRandom(22), 30, 33), 30);
    expect(again.tflite).toEqual(cases[0]?.tflite);
  });
});

/** Reads, and counts a refusal; anything but `invalid-file` is thrown on. */
function refused(bytes: Uint8Array): number {
  try {
    readTflite(bytes);
    return 0;
  } catch (error) {
    if (error instanceof LimpetError && error.code === "invalid-file") return 1;
    throw error;
  }
}

describe("a .tflite file that is damaged", () => {
  const files = cases.map(({ tflite }) => tflite);

  it("is refused where it is empty, of another kind, or of another schema", () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(8), Buffer.from("RIFF....WAVEfmt ")]) {
      errorOf("invalid-file", () => readTflite(bytes));
    }
  });

  it("is refused at whatever byte it was cut off", () => {
    const [file] = files as [Uint8Array];
    for (let length = 0; length < file.length; length += 7) {
      expect(refused(file.slice(0, length)) + length).toBeGreaterThan(0);
    }
    expect(refused(file.slice(0, file.length / 2))).toBe(1);
  });

  it("is read or refused after any change of bytes, and nothing else happens", () => {
    const random = seededRandom(23);
    let count = 0;
    for (let i = 0; i < 5000; i++) {
      const bytes = (files[random.integer(0, files.length - 1)] as Uint8Array).slice();
      for (let k = random.integer(1, 6); k > 0; k--) {
        // Offsets and lengths lie at both ends of the file, weights between them.
        const near = random.integer(0, Math.min(1500, bytes.length - 1));
        const at = random.uniform(0, 1) < 0.5 ? near : bytes.length - 1 - near;
        bytes[at] = [0, 1, 127, 128, 255, random.integer(0, 255)][random.integer(0, 5)] as number;
      }
      count += refused(bytes);
    }
    expect(count).toBeGreaterThan(500);
  });

  it("is refused where tables point at each other so that reading would take for ever", () => {
    // A vector of 2^15 tables that all are the one operator with an inputs vector of 2^15.
    const count = 1 << 15;
    const bytes = Buffer.alloc(16 * count);
    let at = 8;
    const put = (value: number): number => {
      bytes.writeUInt32LE(value >>> 0, at);
      at += 4;
      return at - 4;
    };
    const table = (fields: number): { at: number; field: (index: number) => number } => {
      const vtable = at;
      bytes.writeUInt16LE(4 + 2 * fields, vtable);
      bytes.writeUInt16LE(4 + 4 * fields, vtable + 2);
      for (let i = 0; i < fields; i++) bytes.writeUInt16LE(4 + 4 * i, vtable + 4 + 2 * i);
      at = Math.ceil((vtable + 4 + 2 * fields) / 4) * 4;
      const start = put(0);
      bytes.writeInt32LE(start - vtable, start);
      at += 4 * fields;
      return { at: start, field: (index) => start + 4 + 4 * index };
    };
    const point = (from: number, to: number) => bytes.writeUInt32LE(to - from, from);
    /** A vector of one offset, to be pointed later. */
    const slot = (): { at: number; element: number } => ({ at: put(1), element: put(0) });
    const model = table(5);
    const [codes, graphs] = [slot(), slot()];
    const graph = table(4);
    const operators = put(count);
    const elements = Array.from({ length: count }, () => put(0));
    const [operator, code] = [table(3), table(1)];
    const inputs = put(count);
    for (let i = 0; i < count; i++) put(-1);
    const empty = put(0);
    bytes.write("TFL3", 4, "latin1");
    bytes.writeUInt32LE(model.at, 0);
    bytes.writeUInt32LE(3, model.field(0));
    point(model.field(1), codes.at);
    point(codes.element, code.at);
    point(model.field(2), graphs.at);
    point(graphs.element, graph.at);
    for (const field of [graph.field(0), graph.field(1), graph.field(2), model.field(3), model.field(4)]) {
      point(field, empty);
    }
    point(graph.field(3), operators);
    for (const element of elements) point(element, operator.at);
    point(operator.field(1), inputs);
    point(operator.field(2), empty);
    bytes.writeUInt32LE(0, operator.field(0));
    expect(errorOf("invalid-file", () => readTflite(new Uint8Array(bytes))).message).toContain("overlap");
  });
});
