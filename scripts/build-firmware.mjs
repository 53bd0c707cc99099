/**
 * Builds the firmware with CMake into resources/firmware: `virtual.bin`, `virtual.elf` and `virtual.json` (version, hash, sizes) for
 * the virtual board, the images of boards with hardware (firmware-boards.mjs), `twin.wasm` for the device twin and the simulated
 * board; and a library for this machine, which only tests use, into build/firmware/host. Gathers the sources of Arduino libraries into resources/firmware/arduino. Fetches
 * TensorFlow Lite Micro by cargo where TFLM_DIR names no tree. Plain JavaScript without dependencies, as the rest of setup.
 *
 *   node scripts/build-firmware.mjs [virtual] [twin] [host]     (without a word: all that there are compilers for)
 */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { bmi270Source, installBoards } from "./firmware-boards.mjs";
import { collectArduinoSources } from "./setup/arduino-sources.mjs";
import { writeNotices } from "./setup/firmware-notices.mjs";
import { has, root, run, say } from "./setup/report.mjs";

const FIRMWARE = join(root, "firmware");
const BUILD = join(root, "build/firmware");
const OUT = join(root, "resources/firmware");
const TOOLS = join(root, ".tools");

const TARGETS = {
  virtual: {
    needs: ["arm-none-eabi-g++"],
    flags: [`-DCMAKE_TOOLCHAIN_FILE=${join(FIRMWARE, "toolchains/cortex-m4f.cmake")}`],
    install: installVirtual,
  },
  twin: {
    needs: ["clang", "wasm-ld"],
    flags: [`-DCMAKE_TOOLCHAIN_FILE=${join(FIRMWARE, "toolchains/wasm32.cmake")}`],
    install: async (folder) => put(join(folder, "boards/wasm/twin.wasm"), "twin.wasm"),
  },
  host: { needs: ["g++"], flags: [], install: async () => {} },
};

/** TensorFlow Lite Micro's tree: TFLM_DIR, or the sources in the package tfmicro, whose check sum Cargo.lock holds. */
async function tensorflow() {
  if (process.env.TFLM_DIR) return process.env.TFLM_DIR;
  const manifest = join(FIRMWARE, "tflm/Cargo.toml");
  const lock = readFileSync(join(FIRMWARE, "tflm/Cargo.lock"), "utf8");
  const found = /name = "tfmicro"\nversion = "([^"]+)"\nsource = "[^"]+"\nchecksum = "([0-9a-f]{64})"/.exec(
    lock,
  );
  if (found === null) throw new Error("firmware/tflm/Cargo.lock does not name tfmicro");
  const folder = join(TOOLS, `tflm/tfmicro-${found[1]}-${found[2].slice(0, 12)}`);
  const tree = join(folder, "submodules/tensorflow");
  if (existsSync(tree)) return tree;
  const vendor = join(TOOLS, "tflm/vendor");
  rmSync(vendor, { recursive: true, force: true });
  mkdirSync(vendor, { recursive: true });
  await run("TensorFlow Lite Micro", "cargo", ["vendor", "--locked", "--manifest-path", manifest, vendor]);
  rmSync(folder, { recursive: true, force: true });
  renameSync(join(vendor, "tfmicro"), folder);
  rmSync(vendor, { recursive: true, force: true });
  return tree;
}

/** Puts a file in its place at once, so that who reads it meanwhile gets the old one or the new one. */
function put(from, name) {
  const fresh = join(OUT, `.${name}.${process.pid}`);
  copyFileSync(from, fresh);
  renameSync(fresh, join(OUT, name));
}

async function installVirtual(folder) {
  const elf = join(folder, "boards/virtual/virtual.elf");
  const bin = join(folder, "boards/virtual/virtual.bin");
  await run("image", "arm-none-eabi-objcopy", ["-O", "binary", elf, bin]);
  const sections = await sectionsOf(elf);
  const image = readFileSync(bin);
  const description = {
    version: /LIMPET_FIRMWARE_VERSION "([^"]+)"/.exec(
      readFileSync(join(FIRMWARE, "runtime/version.h"), "utf8"),
    )?.[1],
    sha256: createHash("sha256").update(image).digest("hex"),
    flashBytes: image.length,
    // Besides the pool, which arena and windows share, and the stack.
    ramBytes: (sections[".data"] ?? 0) + (sections[".bss"] ?? 0),
    poolBytes: sections[".pool"] ?? 0,
  };
  writeFileSync(join(folder, "virtual.json"), `${JSON.stringify(description, null, 2)}\n`);
  put(elf, "virtual.elf");
  put(bin, "virtual.bin");
  put(join(folder, "virtual.json"), "virtual.json");
  await installBoards(folder, description.version, put);
  say(
    `virtual.bin: ${description.flashBytes} bytes of flash, ${description.ramBytes} of RAM besides pool and stack`,
  );
}

async function sectionsOf(elf) {
  const words = await run("sizes", "arm-none-eabi-size", ["-A", elf]);
  return Object.fromEntries(
    [...words.matchAll(/^(\.\S+)\s+(\d+)/gm)].map(([, name, bytes]) => [name, Number(bytes)]),
  );
}

async function build(name, tree) {
  const { flags, install } = TARGETS[name];
  const folder = join(BUILD, name);
  const bmi270 = name === "virtual" ? await bmi270Source(TOOLS) : null;
  const standard = process.env.TFLM_DIR ? "17" : "11";
  const words = [
    "-G",
    "Ninja",
    "-S",
    FIRMWARE,
    "-B",
    folder,
    `-DLIMPET_TFLM_DIR=${tree}`,
    `-DCMAKE_CXX_STANDARD=${standard}`,
    `-DLIMPET_BMI270_SOURCE=${bmi270?.source ?? ""}`,
  ];
  const compile = async () => {
    await run(`${name}: configuring`, "cmake", [...words, ...flags]);
    await run(`${name}: compiling`, "ninja", ["-C", folder]);
  };
  const before = existsSync(folder) && !toolchainChanged(folder);
  if (!before) rmSync(folder, { recursive: true, force: true });
  try {
    await compile();
  } catch (error) {
    // CMake keeps what it found the first time, also programs that have been replaced since.
    if (!before) throw error;
    say(`${name}: once more from the beginning`);
    rmSync(folder, { recursive: true, force: true });
    await compile();
  }
  await install(folder);
  return bmi270;
}

/** CMake reads a tool chain's flags only once: after a change of these files it has to begin anew. */
function toolchainChanged(folder) {
  const cache = join(folder, "CMakeCache.txt");
  if (!existsSync(cache)) return true;
  const chosen = statSync(cache).mtimeMs;
  const toolchains = join(FIRMWARE, "toolchains");
  return readdirSync(toolchains).some((name) => statSync(join(toolchains, name)).mtimeMs > chosen);
}

/** The images for boards are built together, so they have one list of notices. */
async function buildWithNotices(name, tree) {
  const bmi270 = await build(name, tree);
  if (name === "host" || (name !== "virtual" && existsSync(join(OUT, "NOTICES.txt")))) return;
  const tflmLicence = [join(tree, "LICENSE"), join(tree, "../../LICENSE-APACHE")].find((path) =>
    existsSync(path),
  );
  writeNotices(OUT, { tflmLicence: tflmLicence ?? null, bmi2Licence: bmi270?.licence ?? null });
}

async function main() {
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((name) => !(name in TARGETS));
  if (unknown !== undefined)
    throw new Error(`There is no target ${unknown}: ${Object.keys(TARGETS).join(", ")}`);
  const tree = await tensorflow();
  mkdirSync(OUT, { recursive: true });
  // Another tree may lack files that its own makefile generates.
  if (!process.env.TFLM_DIR) {
    const out = join(OUT, "arduino");
    collectArduinoSources({ tflm: tree, firmware: FIRMWARE, licence: join(root, "LICENSE"), out });
  }
  for (const name of wanted.length > 0 ? wanted : Object.keys(TARGETS)) {
    const missing = [];
    for (const program of TARGETS[name].needs) if (!(await has(program))) missing.push(program);
    if (missing.length === 0) await buildWithNotices(name, tree);
    else if (wanted.length > 0) throw new Error(`${name} needs ${missing.join(" and ")}`);
    else say(`${name}: left out, ${missing.join(" and ")} not there`);
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
