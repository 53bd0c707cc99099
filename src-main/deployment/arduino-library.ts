/**
 * A model package as an Arduino library (zip): the package's bytes, the firmware's own front end and network code, and the parts of
 * TensorFlow Lite Micro that it runs on, so that nothing else has to be installed. Layout: Arduino library specification 1.5.
 */

import { byteArray, comment, cString } from "../conversion/exports/c-array.ts";
import { type ExportedFile, identifier, textFile, zip } from "../conversion/exports/exported-files.ts";
import { summarisePackage } from "./package-summary.ts";

export type ArduinoRequest = {
  /** Name of the model; the library is called `Limpet_<name>`. */
  readonly name: string;
  /** What the model is, for the reader: project and experiment. */
  readonly description: string;
  readonly modelPackage: Uint8Array;
  /** Bytes that window, features, work space and arena take together (`twin.pipeline(..).poolBytes`). */
  readonly poolBytes: number;
  /** Firmware and TensorFlow Lite Micro, as arduino-sources.ts reads them, with their LICENSE. */
  readonly sources: readonly ExportedFile[];
};

/** Newer compilers and 64-bit boards lay structures out wider than the device twin. */
const POOL_RESERVE = 4096;

/** The zip that Arduino's "Add .ZIP Library" takes. Throws `invalid-file` for bytes that are not a model package. */
export function arduinoLibrary(request: ArduinoRequest): Uint8Array {
  const library = `Limpet_${identifier(request.name, "model")}`;
  const files = [
    textFile("library.properties", properties(library, request)),
    textFile("README.md", readme(library, request)),
    textFile(`src/${library}.h`, header(library, request)),
    textFile("src/limpet_config.h", CONFIG),
    textFile("src/limpet_data.c", data(library, request)),
    textFile("src/limpet_model.c", model(library)),
    textFile(
      "examples/Classify/Classify.ino",
      sketch(library, summarisePackage(request.modelPackage).labels.length > 0),
    ),
    ...request.sources.map(placed),
  ];
  return zip(files.map(({ name, bytes }) => ({ name: `${library}/${name}`, bytes })));
}

/** Sources go to src/; what is compiled by itself gets the library's switches first, because a library cannot set the compiler's. */
function placed({ name, bytes }: ExportedFile): ExportedFile {
  if (name === "LICENSE") return { name, bytes };
  if (!/\.(c|cc)$/.test(name)) return { name: `src/${name}`, bytes };
  const ours = name.startsWith("limpet/") && name.endsWith(".c") ? "#define LIMPET_EXACT_FLOATS\n" : "";
  const first = `${ours}#include "limpet_config.h" /* this line is Limpet's, added on export */\n`;
  return { name: `src/${name}`, bytes: Buffer.concat([Buffer.from(first), bytes]) };
}

const CONFIG = `/* Switches that the code in this library is compiled with; part of the library, not to be included by sketches. */
#ifndef LIMPET_CONFIG_H
#define LIMPET_CONFIG_H

#ifndef NDEBUG
#define NDEBUG 1
#endif
#ifndef TF_LITE_STATIC_MEMORY
#define TF_LITE_STATIC_MEMORY 1
#endif
#ifndef TF_LITE_STRIP_ERROR_STRINGS
#define TF_LITE_STRIP_ERROR_STRINGS 1
#endif
#ifndef TF_LITE_DISABLE_X86_NEON
#define TF_LITE_DISABLE_X86_NEON 1
#endif
#ifndef GEMMLOWP_ALLOW_SLOW_SCALAR_FALLBACK
#define GEMMLOWP_ALLOW_SLOW_SCALAR_FALLBACK 1
#endif

/* Features are the same bits as in training only without fused multiply-add. */
#ifdef LIMPET_EXACT_FLOATS
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif
#endif

#endif
`;

const properties = (library: string, { description }: ArduinoRequest): string =>
  [
    `name=${library}`,
    "version=1.0.0",
    "author=Limpet",
    "maintainer=Limpet",
    `sentence=${oneLine(description)}`,
    "paragraph=A classifier trained and exported by Limpet: front end, int8 network and the part of TensorFlow Lite Micro that runs it.",
    "category=Data Processing",
    "url=https://www.tensorflow.org/lite/microcontrollers",
    "architectures=*",
    `includes=${library}.h`,
    "",
  ].join("\n");

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

function readme(library: string, { description, modelPackage }: ArduinoRequest): string {
  const { labels, modelHash } = summarisePackage(modelPackage);
  return `# ${library}

${oneLine(description)}. Model ${modelHash.slice(0, 16)}.

Arduino IDE: Sketch > Include Library > Add .ZIP Library, then File > Examples > ${library} > Classify. It needs a 32-bit board with
enough memory (see \`LIMPET_POOL_BYTES\` in \`src/${library}.h\`); one such library can be in a sketch at a time.

Fill \`limpet_window()\` with the samples of one window, call \`limpet_run(scores)\`:

${windowLines(modelPackage)
  .map((line) => `- ${line}`)
  .join("\n")}
- scores: ${labels.length > 0 ? labels.join(", ") : "the value"}
${
  labels.length > 0
    ? "\n`limpet_label()` then is what a board with Limpet's firmware would call the window: the number of its label, or -1 (unknown).\n"
    : ""
}
\`limpet_self_test()\` runs the windows that the model carries and says whether this board computes the same bits as the laptop.

## Licences

The code in \`src/limpet\` and TensorFlow Lite Micro, FlatBuffers, gemmlowp in \`src\` are under the Apache License 2.0 (LICENSE); one line was
added at the top of each source file. The model is its author's.
`;
}

const windowLines = (modelPackage: Uint8Array): string[] =>
  summarisePackage(modelPackage).inputs.map(({ sensor, rateHz, channels, windowSamples }) => {
    const order = channels.length > 1 ? `, interleaved: channels ${channels.join(", ")} of the sensor` : "";
    return `${oneLine(sensor)}: ${windowSamples} samples at ${rateHz} Hz${order}, in the unit of the recordings`;
  });

function header(library: string, { description, modelPackage, poolBytes }: ArduinoRequest): string {
  const { inputs, labels } = summarisePackage(modelPackage);
  const values = inputs.reduce(
    (sum, { channels, windowSamples }) => sum + channels.length * windowSamples,
    0,
  );
  const guard = `${library.toUpperCase()}_H`;
  return `/* ${comment(oneLine(description))}. Made by Limpet. */
#ifndef ${guard}
#define ${guard}

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * float values of one window:
${windowLines(modelPackage)
  .map((line) => ` *   ${comment(line)}`)
  .join("\n")}
 */
#define LIMPET_WINDOW_VALUES ${values}
#define LIMPET_SCORES ${Math.max(1, labels.length)}

/* Memory for window, features and network; it is there for as long as the program runs. */
#ifndef LIMPET_POOL_BYTES
#define LIMPET_POOL_BYTES ${Math.ceil((poolBytes + POOL_RESERVE) / 16) * 16}
#endif

/* UTF-8, in the order of the scores. */
extern const char *const limpet_labels[LIMPET_SCORES];

/* Makes the model ready, once. Returns 0, -1 damaged, -2 not supported, -3 LIMPET_POOL_BYTES is too small. */
int limpet_begin(void);

/* Where the next window's samples go. */
float *limpet_window(void);

/* Features, network, scores (0 to 1 for classes) of the window as it is. Returns 0, or -1 where the model is not ready. */
int limpet_run(float *scores);

/*
 * What the window that was run last is called: index of the label with the highest score; -1 where that is below the label's threshold or
 * the window is none of what was recorded (unknown), and for a value.
 */
int limpet_label(void);

/*
 * Runs the windows that the model carries: the number of them that come out as on the laptop, bit for bit; negative where one does
 * not. Changes the window.
 */
int limpet_self_test(void);

#ifdef __cplusplus
}
#endif

#endif
`;
}

function data(library: string, { modelPackage }: ArduinoRequest): string {
  const { labels } = summarisePackage(modelPackage);
  const names = labels.length > 0 ? labels : ["value"];
  return [
    `#include "${library}.h"`,
    "",
    "const char *const limpet_labels[LIMPET_SCORES] = {",
    ...names.map((label) => `  ${cString(label)},`),
    "};",
    "",
    `const unsigned int limpet_package_bytes = ${modelPackage.length};`,
    ...byteArray("__attribute__((aligned(16))) const unsigned char limpet_package[]", modelPackage),
    "",
  ].join("\n");
}

const model = (library: string): string => `#include "${library}.h"

#include <string.h>

#include "limpet/runtime/pipeline.h"

extern const unsigned char limpet_package[];
extern const unsigned int limpet_package_bytes;

static pipeline the_pipeline;
static int ready;
__attribute__((aligned(16))) static uint8_t pool[LIMPET_POOL_BYTES];

int limpet_begin(void) {
  int status = pipeline_load(&the_pipeline, limpet_package, limpet_package_bytes, pool, sizeof pool, NULL, NULL);
  ready = status == PIPELINE_OK;
  return status;
}

float *limpet_window(void) { return the_pipeline.window; }

int limpet_run(float *scores) {
  if (!ready || pipeline_run(&the_pipeline) != PIPELINE_OK) return -1;
  memcpy(scores, the_pipeline.scores, LIMPET_SCORES * sizeof(float));
  return 0;
}

int limpet_label(void) {
  const uint8_t label = ready ? pipeline_label(&the_pipeline) : PIPELINE_UNKNOWN;
  return label == PIPELINE_UNKNOWN ? -1 : label;
}

int limpet_self_test(void) {
  pipeline_self_test result;
  if (!ready) return -1;
  int status = pipeline_test(&the_pipeline, &result);
  return status == PIPELINE_OK ? result.run : -1;
}
`;

const sketch = (library: string, classifies: boolean): string => `/*
 * Classifies windows whose samples arrive as numbers over the serial line, separated by commas or ends of lines: what the board's
 * own sensor gives can be written to the same place. Answers each window with ${classifies ? "its label and scores" : "its value"}.
 */
#include <${library}.h>

static float scores[LIMPET_SCORES];
static uint32_t filled = 0;

void setup() {
  Serial.begin(115200);
  while (!Serial) {
  }
  const int status = limpet_begin();
  if (status != 0) {
    Serial.print("The model cannot be made ready: ");
    Serial.println(status);
    while (true) {
      delay(1000);
    }
  }
  Serial.print("Self-test: ");
  Serial.println(limpet_self_test());
}

void loop() {
  if (Serial.available() == 0) {
    return;
  }
  /* In place of this line: the next sample of your sensor, in the unit of the recordings, at the rate of the recordings. */
  limpet_window()[filled++] = Serial.parseFloat();
  if (filled < LIMPET_WINDOW_VALUES) {
    return;
  }
  filled = 0;
  if (limpet_run(scores) != 0) {
    Serial.println("The network failed.");
    return;
  }
${
  classifies
    ? `  const int label = limpet_label();
  Serial.print(label < 0 ? "unknown" : limpet_labels[label]);
  Serial.print("; ");
`
    : ""
}  for (int i = 0; i < LIMPET_SCORES; i++) {
    Serial.print(limpet_labels[i]);
    Serial.print(": ");
    Serial.print(scores[i], 4);
    Serial.print(i + 1 < LIMPET_SCORES ? ", " : "\\n");
  }
}
`;
