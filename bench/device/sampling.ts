/**
 * Instructions that the nRF boards' drivers take for a sample, on a Cortex-M4 (QEMU, mps2-an386, -icount): what the power budget reckons with
 * (docs/power.md). Part of `npm run bench:device`.
 */
import { join } from "node:path";
import { buildProgram, runProgram } from "../../test/firmware/qemu/program.ts";

export type SamplingRun = { readonly name: string; readonly samples: number; readonly instructions: number };

const FIRMWARE = join(import.meta.dirname, "../../firmware");
const DRIVERS = ["accelerometer.c", "lsm303agr.c", "lsm9ds1.c", "lsm6ds3tr_c.c", "bmi270.c"];

/** Builds the image in `folder` and runs it. */
export function benchSampling(folder: string): SamplingRun[] {
  const program = buildProgram(join(import.meta.dirname, "sampling-bench.cc"), folder, {
    sources: [
      ...DRIVERS.map((name) => join(FIRMWARE, "boards/sensors", name)),
      join(FIRMWARE, "boards/common/sampled_sensor.c"),
      join(FIRMWARE, "boards/nrf/sound.c"),
    ],
    libraries: [
      "runtime/liblimpet_runtime.a",
      "frontend/liblimpet_frontend.a",
      "classifier/liblimpet_classifier.a",
      "classifier/liblimpet_package.a",
      "maths/liblimpet_maths.a",
      "store/liblimpet_store.a",
      "link/liblimpet_link.a",
    ],
  });
  const { status, text } = runProgram(program, folder, { counted: true });
  const lines = text.split("\n").filter((line) => line.startsWith("{"));
  if (status !== 0 || lines.length === 0) throw new Error(`The drivers' image ended with ${status}: ${text}`);
  return lines.map((line) => JSON.parse(line) as SamplingRun);
}
