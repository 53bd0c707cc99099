/**
 * Programs of tests and benchmarks that need a Cortex-M4: built with the start-up of the virtual board, run in QEMU, their words and files
 * by semihosting. Needs the compiler for Arm, QEMU and a firmware that has been built (scripts/build-firmware.mjs).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");
const FIRMWARE = join(root, "firmware");
const BUILT = join(root, "build/firmware/virtual");
const FLAGS = [
  ...["-O2", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-fno-short-enums"],
  ...["-ffunction-sections", "-fdata-sections"],
];
const CXX_FLAGS = [
  "-std=c++11",
  "-fno-rtti",
  "-fno-exceptions",
  "-fno-threadsafe-statics",
  "-fno-use-cxa-atexit",
];
/** As firmware/tflm/CMakeLists.txt has them. */
const TFLM_DEFINES = [
  "-DNDEBUG",
  "-DTF_LITE_STATIC_MEMORY",
  "-DTF_LITE_STRIP_ERROR_STRINGS",
  "-DTF_LITE_DISABLE_X86_NEON",
];

const has = (program: string): boolean =>
  spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;

/** TensorFlow Lite Micro's tree as the build fetched it; null where it was not. */
export function tflmTree(): string | null {
  const folder = join(root, ".tools/tflm");
  const found = existsSync(folder)
    ? readdirSync(folder).find((name) => name.startsWith("tfmicro-"))
    : undefined;
  return found === undefined ? null : join(folder, found, "submodules/tensorflow");
}

/** Why such programs cannot be built or run here; empty where they can. */
export function missingForPrograms(): string {
  const missing = ["arm-none-eabi-g++", "qemu-system-arm"].filter((program) => !has(program));
  if (tflmTree() === null || !existsSync(join(BUILT, "kernels/liblimpet_kernels.a")))
    missing.push("a built firmware");
  return missing.length === 0 ? "" : `${missing.join(", ")} not there`;
}

/** Where TensorFlow's headers lie, as compiler flags. */
export function tflmIncludes(tree: string): string[] {
  const downloads = join(tree, "tensorflow/lite/micro/tools/make/downloads");
  const folders = [
    tree,
    downloads,
    ...["gemmlowp", "flatbuffers/include", "ruy"].map((name) => join(downloads, name)),
  ];
  return folders.flatMap((folder) => ["-isystem", folder]);
}

/** As firmware/CMakeLists.txt has them: the same bits everywhere. */
const SAME_BITS = ["-ffp-contract=off", "-fno-math-errno"];

/**
 * Builds `source` (C++) into `folder`, with the libraries of the virtual board's build; returns the program's path. `more`: C sources
 * beside it, and libraries of the virtual board's build by their paths in it.
 */
export function buildProgram(
  source: string,
  folder: string,
  more: { readonly sources?: readonly string[]; readonly libraries?: readonly string[] } = {},
): string {
  const tree = tflmTree();
  if (tree === null) throw new Error("TensorFlow Lite Micro has not been fetched");
  const here = import.meta.dirname;
  const objects = [
    compile("arm-none-eabi-gcc", ["-std=gnu99"], join(FIRMWARE, "boards/virtual/startup.c"), folder),
    compile("arm-none-eabi-gcc", ["-std=gnu99"], join(here, "program.c"), folder),
    compile("arm-none-eabi-g++", [...CXX_FLAGS, ...TFLM_DEFINES, ...tflmIncludes(tree)], source, folder),
    ...(more.sources ?? []).map((path) =>
      compile("arm-none-eabi-gcc", ["-std=gnu99", ...SAME_BITS], path, folder),
    ),
  ];
  const program = join(folder, "program.elf");
  const libraries = [...(more.libraries ?? []), "kernels/liblimpet_kernels.a", "tflm/liblimpet_tflm.a"].map(
    (name) => join(BUILT, name),
  );
  run("arm-none-eabi-g++", [
    ...FLAGS,
    `-T${join(here, "program.ld")}`,
    ...["-nostartfiles", "--specs=rdimon.specs", "-Wl,--gc-sections", "-Wl,--no-enum-size-warning"],
    ...objects,
    ...libraries,
    ...["-lm", "-o", program],
  ]);
  return program;
}

function compile(compiler: string, flags: readonly string[], source: string, folder: string): string {
  const object = join(folder, `${source.split(/[\\/]/).at(-1) ?? "program"}.o`);
  run(compiler, [...FLAGS, ...flags, "-w", "-c", source, "-o", object]);
  return object;
}

function run(program: string, parameters: readonly string[]): void {
  execFileSync(program, parameters, { stdio: "pipe" });
}

/** Runs a program in QEMU, where `folder` is its own; `counted`: one instruction takes 64 ns of its time. */
export function runProgram(
  program: string,
  folder: string,
  options: { readonly counted?: boolean } = {},
): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(
    process.env["LIMPET_QEMU"] ?? "qemu-system-arm",
    [
      ...["-machine", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"],
      ...["-semihosting-config", "enable=on,target=native"],
      ...(options.counted === true ? ["-icount", "shift=6"] : []),
      ...["-kernel", program],
    ],
    { cwd: folder, encoding: "utf8", timeout: 300_000 },
  );
  return { status, text: `${stdout}${stderr}` };
}
