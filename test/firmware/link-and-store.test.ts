/** Builds the C tests of firmware/link, firmware/store and firmware/runtime with the host's compiler and runs them. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { packageForDoubles } from "./nrf/doubles-package.ts";

const firmware = join(import.meta.dirname, "../../firmware");
const folder = mkdtempSync(join(tmpdir(), "limpet-firmware-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FLAGS = [
  "-std=c99",
  "-O1",
  "-g",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-fsanitize=address,undefined",
  "-fno-sanitize-recover",
];

function build(name: string, sources: readonly string[]): string {
  const program = join(folder, name);
  const files = [join(import.meta.dirname, `${name}.c`), ...sources.map((source) => join(firmware, source))];
  execFileSync(process.env["CC"] ?? "cc", [...FLAGS, ...files, "-lm", "-o", program], { stdio: "pipe" });
  return program;
}

type Vectors = {
  readonly cobs: readonly { body: string; encoded: string }[];
  readonly crc32: readonly { bytes: string; crc: number }[];
  readonly frames: readonly { type: number; sequence: number; payload: string; bytes: string }[];
};

describe("the firmware's link, store and runtime, built for this machine", () => {
  it("encode and decode every vector that the TypeScript side reads too", () => {
    const program = build("link_test", ["link/crc32.c", "link/cobs.c", "link/frame.c"]);
    const text = readFileSync(join(import.meta.dirname, "../fixtures/link-vectors.json"), "utf8");
    const { cobs, crc32, frames } = JSON.parse(text) as Vectors;
    const hex = (value: string) => (value === "" ? "-" : value);
    const lines = [
      ...cobs.map(({ body, encoded }) => `cobs ${hex(body)} ${hex(encoded)}`),
      ...crc32.map(({ bytes, crc }) => `crc32 ${hex(bytes)} ${crc}`),
      ...frames.map((f) => `frame ${f.type} ${f.sequence} ${hex(f.payload)} ${hex(f.bytes)}`),
    ];
    const { status, stdout } = spawnSync(program, { input: `${lines.join("\n")}\n`, encoding: "utf8" });
    expect(stdout).toBe(`${lines.length} vectors, 0 failures\n`);
    expect(status).toBe(0);
  });

  it("find a whole model after a power cut at every operation of the flash, and within it", () => {
    const program = build("store_test", ["link/crc32.c", "store/store.c"]);
    const { status, stdout } = spawnSync(program, { encoding: "utf8" });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  it("go on by themselves with a sensor that gets stuck, or that cannot be started for a while", () => {
    const path = join(folder, "package");
    const alone = { periodMs: 0, graceMs: 1000, labels: [], unknown: false };
    writeFileSync(path, packageForDoubles("alone", 100, { alone }));
    const parts = ["runtime", "link", "store", "maths"].flatMap((part) =>
      readdirSync(join(firmware, part))
        .filter((name) => name.endsWith(".c"))
        .map((name) => `${part}/${name}`),
    );
    const program = build("alone_test", [
      ...parts,
      "classifier/model_package.c",
      "../test/firmware/doubles.c",
    ]);
    const { status, stdout } = spawnSync(program, [path], { encoding: "utf8" });
    expect(stdout).toBe("alone: 0 failures\n");
    expect(status).toBe(0);
  });

  it("keep every event of the log after a power cut at every operation of the flash, and within it", () => {
    const program = build("event_log_test", ["link/crc32.c", "store/event_log.c"]);
    const { status, stdout } = spawnSync(program, { encoding: "utf8" });
    process.stdout.write(stdout);
    expect(stdout).toMatch(/^event log: \d{4,} cut points, 0 failures\n$/m);
    expect(status).toBe(0);
  });
});
