/**
 * The int8 model as C: a source file with the .tflite bytes, labels and normalisation, and its header. Compiles as C99 and C++11
 * without warnings. Names as `xxd -i` gives them, which examples of TensorFlow Lite Micro use.
 */
import type { Normalisation } from "../../features/normalisation.ts";
import { readTflite } from "../tflite-reader.ts";
import { type ExportedFile, identifier, textFile } from "./exported-files.ts";

export type CArrayRequest = {
  /** Base name of both files; made into an identifier for the names in them. */
  readonly name: string;
  /** What the model is, for the reader: project and experiment. */
  readonly description: string;
  readonly tflite: Uint8Array;
  /** Classes in the order of the scores; empty for a value. */
  readonly labels: readonly string[];
  /** Bytes that TensorFlow Lite Micro's arena needs at least (the device twin's figure). */
  readonly arenaBytes: number;
  /** feature' = (feature - mean) * factor before quantisation; null: none. */
  readonly normalisation: Normalisation | null;
};

/** `<name>.h` and `<name>.c`. Throws `invalid-file` for bytes that are not a .tflite file. */
export function cArrayFiles(request: CArrayRequest): ExportedFile[] {
  const symbol = identifier(request.name, "model").toLowerCase();
  return [
    textFile(`${request.name}.h`, header(request, symbol)),
    textFile(`${request.name}.c`, source(request, symbol)),
  ];
}

function header(
  { description, tflite, labels, arenaBytes, normalisation }: CArrayRequest,
  symbol: string,
): string {
  const model = readTflite(tflite);
  const [input, output] = [model.tensors[model.inputs[0] ?? -1], model.tensors[model.outputs[0] ?? -1]];
  const upper = symbol.toUpperCase();
  const count = (shape: readonly number[] = []): number => shape.reduce((all, size) => all * size, 1);
  const names = [...new Set(model.operations.map((operation) => operation.name))];
  const lines = [
    `/* ${comment(description)}`,
    ` * Made by Limpet: an int8 TensorFlow Lite model. Operations: ${names.join(", ")}.`,
    " * Input: q = clamp(floor(feature / INPUT_SCALE + 0.5) + INPUT_ZERO_POINT, -128, 127), normalised features.",
    " * Output: score = (q - OUTPUT_ZERO_POINT) * OUTPUT_SCALE.",
    " */",
    `#ifndef ${upper}_H`,
    `#define ${upper}_H`,
    "",
    `#define ${upper}_BYTES ${tflite.length}`,
    "/* What TensorFlow Lite Micro of 2020 uses on a 32-bit processor; newer ones may need a little more. */",
    `#define ${upper}_ARENA_BYTES ${arenaBytes}`,
    `#define ${upper}_INPUTS ${count(input?.shape)}`,
    `#define ${upper}_INPUT_SCALE ${float(input?.quantisation?.scales[0] ?? 1)}`,
    `#define ${upper}_INPUT_ZERO_POINT (${input?.quantisation?.zeroPoints[0] ?? 0})`,
    `#define ${upper}_OUTPUTS ${count(output?.shape)}`,
    `#define ${upper}_OUTPUT_SCALE ${float(output?.quantisation?.scales[0] ?? 1)}`,
    `#define ${upper}_OUTPUT_ZERO_POINT (${output?.quantisation?.zeroPoints[0] ?? 0})`,
    "",
    "#ifdef __cplusplus",
    'extern "C" {',
    "#endif",
    "",
    "/* The .tflite file, at a multiple of 16. */",
    `extern const unsigned char ${symbol}_tflite[${upper}_BYTES];`,
    `extern const unsigned int ${symbol}_tflite_len;`,
    ...(labels.length > 0
      ? [
          "/* UTF-8, in the order of the outputs. */",
          `extern const char *const ${symbol}_labels[${upper}_OUTPUTS];`,
        ]
      : []),
    ...(normalisation === null
      ? []
      : [
          "/* feature' = (feature - mean) * factor */",
          `extern const float ${symbol}_mean[${upper}_INPUTS];`,
          `extern const float ${symbol}_factor[${upper}_INPUTS];`,
        ]),
    "",
    "#ifdef __cplusplus",
    "}",
    "#endif",
    "",
    "#endif",
  ];
  return `${lines.join("\n")}\n`;
}

function source({ name, tflite, labels, normalisation }: CArrayRequest, symbol: string): string {
  const upper = symbol.toUpperCase();
  const lines = [
    `#include "${name}.h"`,
    "",
    "#if defined(__GNUC__)",
    "__attribute__((aligned(16)))",
    "#endif",
    ...byteArray(`const unsigned char ${symbol}_tflite[${upper}_BYTES]`, tflite),
    `const unsigned int ${symbol}_tflite_len = ${upper}_BYTES;`,
  ];
  if (labels.length > 0) {
    lines.push("", `const char *const ${symbol}_labels[${upper}_OUTPUTS] = {`);
    lines.push(...labels.map((label) => `  ${cString(label)},`), "};");
  }
  for (const [part, values] of Object.entries(normalisation ?? {})) {
    lines.push("", `const float ${symbol}_${part}[${upper}_INPUTS] = {`);
    lines.push(...rows(Array.from(values, float), 8), "};");
  }
  return `${lines.join("\n")}\n`;
}

/** An array's definition in lines of C. */
export const byteArray = (declaration: string, bytes: Uint8Array): string[] => [
  `${declaration} = {`,
  ...rows(
    Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, "0")}`),
    16,
  ),
  "};",
];

const rows = (texts: readonly string[], each: number): string[] =>
  Array.from(
    { length: Math.ceil(texts.length / each) },
    (_, row) => `  ${texts.slice(row * each, (row + 1) * each).join(", ")},`,
  );

/** A float constant; nine digits give the float32 back exactly. */
export function float(value: number): string {
  const text = Math.fround(value).toPrecision(9);
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}

/** A string literal; what is not plain ASCII as octal bytes of its UTF-8, which no letter behind it can lengthen. */
export const cString = (text: string): string =>
  `"${Array.from(new TextEncoder().encode(text), (byte) => {
    const plain = byte >= 0x20 && byte < 0x7f && !'"\\?'.includes(String.fromCharCode(byte));
    return plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  }).join("")}"`;

/** Text that cannot end the comment it stands in, nor begin one. */
export const comment = (text: string): string =>
  text.replaceAll(/[\r\n]+/g, " ").replaceAll(/\*\/|\/\*/g, "* /");
