/**
 * Compiles the training kernels (src-main/training/kernels/*.c) into resources/firmware/training-kernels.wasm with clang: a module
 * that imports the memory it works on. Such a module may bring no data of its own, which is checked here. Plain JavaScript for
 * Node 20 and newer; `npm run setup` calls it.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root, run } from "./setup/report.mjs";

const SOURCES = join(root, "src-main/training/kernels");
const OUT = join(root, "resources/firmware/training-kernels.wasm");

/** Id of the section of a WebAssembly module that holds initial memory contents. */
const DATA_SECTION = 11;

export async function buildKernels() {
  mkdirSync(join(root, "resources/firmware"), { recursive: true });
  const sources = readdirSync(SOURCES)
    .filter((name) => name.endsWith(".c"))
    .sort()
    .map((name) => join(SOURCES, name));
  await run("training kernels", "clang", [
    "--target=wasm32",
    "-std=c99",
    "-O3",
    "-msimd128",
    "-mbulk-memory",
    "-mmutable-globals",
    "-ffreestanding",
    "-fno-builtin",
    "-ffp-contract=off",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-nostdlib",
    "-Wl,--no-entry",
    "-Wl,--import-memory",
    "-Wl,--export-if-defined=__stack_pointer",
    "-Wl,--strip-all",
    ...sources,
    "-o",
    OUT,
  ]);
  const sections = sectionsOf(readFileSync(OUT));
  if (sections.includes(DATA_SECTION)) {
    throw new Error(
      "The training kernels must have no static data: it would overwrite the memory they import.",
    );
  }
}

/** Ids of a module's sections, in order (WebAssembly core specification, binary format, modules). */
function sectionsOf(module) {
  const ids = [];
  for (let at = 8; at < module.length; ) {
    ids.push(module[at++]);
    let size = 0;
    let shift = 0;
    let byte = 0x80;
    while (byte & 0x80) {
      byte = module[at++];
      size |= (byte & 0x7f) << shift;
      shift += 7;
    }
    at += size;
  }
  return ids;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernels();
