/**
 * Images of boards with hardware: from CMake's ELF files to what bootloaders take (binary, Intel HEX, UF2), with a description. And Bosch's
 * configuration of the BMI270, which the repository does not hold. Plain JavaScript without dependencies, as the rest of setup.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { problem, root, run, say } from "./setup/report.mjs";

/** Where CMake puts a board's image, and the UF2 family of boards whose bootloader is a drive (microsoft/uf2, utils/uf2families.json). */
const BOARDS = {
  "microbit-v2": { folder: "microbit_v2" },
  "nano-33-ble": { folder: "nano33ble_sense" },
  "xiao-nrf52840-sense": { folder: "xiao_nrf52840_sense", family: 0xada52840 },
};

const BMI270 = join(root, "firmware/boards/sensors/bmi270");
const BMI270_BYTES = 8192;

/** Writes each board's image and description and hands them to `put(file, name)`. */
export async function installBoards(build, version, put) {
  for (const [name, { folder, family }] of Object.entries(BOARDS)) {
    const made = (extension) => join(build, `boards/${folder}/${name}.${extension}`);
    await run(`${name}: image`, "arm-none-eabi-objcopy", ["-O", "binary", made("elf"), made("bin")]);
    const image = readFileSync(made("bin"));
    const symbols = await symbolsOf(made("elf"));
    const address = symbols.__image_start;
    // The board hashes what lies between these, so that it can be asked which firmware it runs.
    if (symbols.__image_end - address !== image.length) throw new Error(`${name}: the image has gaps`);
    const description = {
      version,
      sha256: createHash("sha256").update(image).digest("hex"),
      address,
      flashBytes: image.length,
      // Besides the pool, which arena and windows share, and the stack.
      ramBytes: symbols.__bss_end - symbols.__data_start,
      poolBytes: symbols.__pool_end - symbols.__pool_start,
      slotBytes: (symbols.__slots_end - symbols.__slots_start) / 2,
    };
    writeFileSync(made("json"), `${JSON.stringify(description, null, 2)}\n`);
    await run(`${name}: Intel HEX`, "arm-none-eabi-objcopy", [
      "-I",
      "binary",
      "-O",
      "ihex",
      "--change-addresses",
      `0x${address.toString(16)}`,
      made("bin"),
      made("hex"),
    ]);
    if (family !== undefined) writeFileSync(made("uf2"), toUf2(image, address, family));
    for (const extension of ["bin", "hex", ...(family === undefined ? [] : ["uf2"]), "json"]) {
      put(made(extension), `${name}.${extension}`);
    }
    const { flashBytes, ramBytes, poolBytes } = description;
    say(`${name}: ${flashBytes} bytes of flash, ${ramBytes} of RAM, ${poolBytes} left for the model`);
  }
}

async function symbolsOf(elf) {
  const words = await run("symbols", "arm-none-eabi-nm", [elf]);
  return Object.fromEntries(
    [...words.matchAll(/^([0-9a-f]+) \w (__\w+)$/gm)].map(([, value, name]) => [
      name,
      Number.parseInt(value, 16),
    ]),
  );
}

/**
 * UF2 (microsoft/uf2, README): blocks of 512 bytes with 256 of data each. The vector table is written as ones first and as what it shall be
 * last, so that a copy that breaks off leaves nothing that a bootloader would start.
 */
export function toUf2(image, address, family) {
  const DATA = 256;
  const piece = (number) => ({
    at: address + number * DATA,
    data: image.subarray(number * DATA, (number + 1) * DATA),
  });
  const rest = Array.from({ length: Math.ceil(image.length / DATA) - 1 }, (_, number) => piece(number + 1));
  const ordered = [{ at: address, data: Buffer.alloc(DATA, 0xff) }, ...rest, piece(0)];
  return Buffer.concat(
    ordered.map(({ at, data }, number) => {
      const block = Buffer.alloc(512);
      const head = [0x0a324655, 0x9e5d5157, 0x00002000, at, DATA, number, ordered.length, family];
      head.forEach((word, i) => {
        block.writeUInt32LE(word >>> 0, 4 * i);
      });
      block.set(data, 32);
      block.writeUInt32LE(0x0ab16f30, 508);
      return block;
    }),
  );
}

/**
 * A C file with the BMI270's configuration, out of the package bmi2 that Cargo.lock pins, and that package's licence; null, and a word about it,
 * where it cannot be had. Only the Nano 33 BLE Sense rev2 needs it. Whose it is: firmware/boards/sensors/bmi270/NOTICE.txt.
 */
export async function bmi270Source(tools) {
  const lock = readFileSync(join(BMI270, "Cargo.lock"), "utf8");
  const found = /name = "bmi2"\nversion = "[^"]+"\nsource = "[^"]+"\nchecksum = "([0-9a-f]{64})"/.exec(lock);
  const folder = join(tools, "bmi270");
  const source = join(folder, `configuration-${found?.[1].slice(0, 12)}.c`);
  const licence = join(folder, `licence-${found?.[1].slice(0, 12)}.txt`);
  if (existsSync(source) && existsSync(licence)) return { source, licence };
  const vendor = join(folder, "vendor");
  try {
    rmSync(vendor, { recursive: true, force: true });
    mkdirSync(vendor, { recursive: true });
    await run("BMI270's configuration", "cargo", [
      "vendor",
      "--locked",
      "--manifest-path",
      join(BMI270, "Cargo.toml"),
      vendor,
    ]);
    writeFileSync(licence, readFileSync(join(vendor, "bmi2/LICENSE"), "utf8"));
    writeFileSync(`${source}.new`, toC(readFileSync(join(vendor, "bmi2/src/config.rs"), "utf8")));
    renameSync(`${source}.new`, source);
    return { source, licence };
  } catch (error) {
    problem(`Nano 33 BLE Sense rev2: its firmware is built without accelerometer. ${error.message}`);
    return null;
  } finally {
    rmSync(vendor, { recursive: true, force: true });
  }
}

function toC(rust) {
  const words =
    /BMI270_CONFIG_FILE: \[u8; 8192\] = \[([^\]]*)\]/.exec(rust)?.[1].match(/0x[0-9a-fA-F]{1,2}/g) ?? [];
  if (words.length !== BMI270_BYTES)
    throw new Error("The package bmi2 does not hold the configuration as expected.");
  const lines = [];
  const notice = readFileSync(join(BMI270, "NOTICE.txt"), "utf8").trim().split("\n");
  for (let i = 0; i < words.length; i += 16) lines.push(`  ${words.slice(i, i + 16).join(", ")},`);
  return [
    "/*",
    " * Made from the package bmi2.",
    " *",
    ...notice.map((line) => ` * ${line}`.trimEnd()),
    " */",
    "#include <stdint.h>",
    "extern const uint8_t BMI270_CONFIGURATION[8192];",
    "const uint8_t BMI270_CONFIGURATION[8192] = {",
    ...lines,
    "};",
    "",
  ].join("\n");
}
