/**
 * `npm run bench:device`: instructions of one inference on a Cortex-M4 (QEMU, mps2-an386, -icount), with TensorFlow Lite Micro's reference
 * kernels and with those of firmware/kernels in the same image, NDEBUG on both sides; the outputs must be the same byte for byte. CMSIS-NN's
 * counts are for comparison where they are known. Then one window's features by the front end and by a plain one in C, and what fetching a
 * sample takes. Exit code 1 where an output differs.
 *
 *   node bench/device/kernels.ts [--layers]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildProgram, missingForPrograms, runProgram } from "../../test/firmware/qemu/program.ts";
import { benchFrontends } from "./frontends.ts";
import { type BenchNetwork, benchNetworks } from "./networks.ts";
import { benchSampling } from "./sampling.ts";

type Run = {
  readonly kernels: "reference" | "limpet";
  readonly instructions: number;
  readonly arena: number;
  readonly layers: readonly (readonly [string, number])[];
};

const millions = (count: number): string =>
  count >= 1e5 ? `${(count / 1e6).toFixed(3)} M` : `${(count / 1e3).toFixed(2)} k`;

function measure(
  program: string,
  folder: string,
  network: BenchNetwork,
): { runs: Run[]; identical: boolean } {
  writeFileSync(join(folder, "model.tflite"), network.tflite);
  const { status, text } = runProgram(program, folder, { counted: true });
  const values = text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): unknown => JSON.parse(line));
  const runs = values.slice(0, 2) as Run[];
  const last = values[2] as { identical: boolean } | undefined;
  if (runs.length !== 2 || last === undefined)
    throw new Error(`The benchmark's image ended with ${status}: ${text}`);
  return { runs, identical: last.identical };
}

function main(): number {
  const missing = missingForPrograms();
  if (missing !== "") {
    process.stderr.write(`The benchmark needs the board's tools: ${missing}. Run \`npm run setup\` first.\n`);
    return 1;
  }
  const layers = process.argv.includes("--layers");
  const folder = mkdtempSync(join(tmpdir(), "limpet-bench-device-"));
  let different = 0;
  try {
    const program = buildProgram(join(import.meta.dirname, "kernel-bench.cc"), folder);
    for (const network of benchNetworks()) {
      const { runs, identical } = measure(program, folder, network);
      const [reference, ours] = runs as [Run, Run];
      if (!identical) different++;
      const { name, macs, cmsisNn } = network;
      process.stdout.write(
        `${name}\n` +
          `  ${macs.toLocaleString("en")} MACs, ${network.tflite.length} bytes, arena ${reference.arena} B with the reference, ${ours.arena} B here\n` +
          `  reference ${millions(reference.instructions)}, here ${millions(ours.instructions)} ` +
          `(${(ours.instructions / macs).toFixed(2)} a MAC), ratio ${(reference.instructions / ours.instructions).toFixed(1)}; ` +
          (cmsisNn === null
            ? "CMSIS-NN not counted"
            : `CMSIS-NN ${millions(cmsisNn)}, ratio ${(cmsisNn / ours.instructions).toFixed(2)}`) +
          `; outputs ${identical ? "identical" : "DIFFERENT"}\n`,
      );
      if (layers) {
        for (const [index, [op, count]] of ours.layers.entries()) {
          process.stdout.write(
            `    ${op.padEnd(20)} ${millions(reference.layers[index]?.[1] ?? 0).padStart(10)} -> ${millions(count).padStart(10)}\n`,
          );
        }
      }
    }
    different += printFrontends(folder);
    printSampling(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(different === 0 ? "All outputs are identical.\n" : `${different} outputs differ.\n`);
  return different === 0 ? 0 : 1;
}

/** Returns how many front ends disagree with the plain one. */
function printFrontends(folder: string): number {
  process.stdout.write("\nFront ends, one window; a plain one in C on the same window, same flags\n");
  const runs = benchFrontends(folder);
  for (const run of runs) {
    const again = run.following === 0 ? "" : `; the next window ${millions(run.following)}`;
    process.stdout.write(
      `${run.name}\n` +
        `  ${run.features} features: here ${millions(run.ours)}${again}; plain in float ${millions(run.plainFloat)}, ratio ` +
        `${(run.plainFloat / run.ours).toFixed(2)}; in double ${millions(run.plainDouble)}, ratio ${(run.plainDouble / run.ours).toFixed(1)}; ` +
        `largest difference ${run.fromFloat.toExponential(1)} from float, ${run.fromDouble.toExponential(1)} from double${run.agrees ? "" : ": TOO FAR"}\n`,
    );
  }
  return runs.filter(({ agrees }) => !agrees).length;
}

function printSampling(folder: string): void {
  process.stdout.write("\nFetching samples on the nRF boards, without the bus's waiting\n");
  for (const { name, samples, instructions } of benchSampling(folder)) {
    process.stdout.write(
      `${name}: ${(instructions / samples).toFixed(0)} instructions a sample (${samples} samples)\n`,
    );
  }
}

process.exitCode = main();
