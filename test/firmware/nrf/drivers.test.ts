/**
 * The drivers of boards with hardware, built for this machine on models of their peripherals and sensors (fake*.c), with the compiler's
 * sanitizers. No board was at hand: the models are written from the product specifications, errata and datasheets that they name.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const boards = join(import.meta.dirname, "../../../firmware/boards");
const folder = mkdtempSync(join(tmpdir(), "limpet-nrf-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FLAGS =
  "-std=gnu99 -O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover -DNRF_FAKE".split(
    " ",
  );

/** `own` are files of this folder, `drivers` of firmware/boards. */
function build(name: string, own: readonly string[], drivers: readonly string[]): string {
  const program = join(folder, name);
  const files = [
    ...own.map((file) => join(import.meta.dirname, `${file}.c`)),
    ...drivers.map((file) => join(boards, `${file}.c`)),
  ];
  execFileSync(process.env.CC ?? "cc", [...FLAGS, ...files, "-lm", "-o", program], { stdio: "pipe" });
  return program;
}

function run(program: string, ...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8" });
  expect(`${stdout}${stderr}`).toMatch(/(^|\D)0 failures\n$/);
  expect(status).toBe(0);
  return stdout;
}

const SENSORS = ["accelerometer", "lsm303agr", "lsm9ds1", "lsm6ds3tr_c", "bmi270"].map(
  (name) => `sensors/${name}`,
);
const BUS = ["nrf/chip", "nrf/twim", "nrf/sensor_tick", "common/sampled_sensor", ...SENSORS];

describe("the drivers of the nRF boards on models of chip and sensors", () => {
  it("read every sample of every accelerometer at every rate, tell what an overrun cost, and outlive a bus that hangs", () => {
    const own = ["fake", "fake_twim", "fake_accelerometers", "accelerometers_test", "bmi270_configuration"];
    const program = build("accelerometers", own, BUS);
    for (const which of ["0", "1", "2", "3"]) run(program, which);
  });

  it("do not take a BMI270 for an accelerometer where its configuration is not built in", () => {
    const own = ["fake", "fake_twim", "fake_accelerometers", "accelerometers_test"];
    expect(run(build("without", own, BUS), "3")).toContain("BMI270: ");
  });

  it("enumerate over USB, answer every standard request, move bulk data without loss, and see the 1200-baud touch", () => {
    run(build("usb", ["fake", "fake_usbd", "usb_test"], ["nrf/chip", "nrf/usbd", "nrf/usb_device"]));
  });

  it("keep every sample of PDM and analogue microphones, and halve rates without aliases", () => {
    const drivers = ["nrf/chip", "nrf/sound", "nrf/pdm", "nrf/saadc", "common/sampled_sensor"];
    run(build("sound", ["fake", "fake_sound", "sound_test"], drivers));
  });

  it("write flash only in its area and only in the right mode, no word more often than it may be", () => {
    const drivers = ["nrf/chip", "nrf/nvmc", "../store/store", "../link/crc32"];
    run(build("nvmc", ["fake", "nvmc_test"], drivers));
  });

  it("lose no byte of the serial line at full speed, and count those that a processor standing still costs", () => {
    run(build("uart", ["fake", "fake_uart", "uart_test"], ["nrf/chip", "nrf/uart"]));
  });

  it("rest with timers and crystal off, know the time afterwards though the slow clock is percents off, and hear who calls", () => {
    run(build("rest", ["fake", "fake_uart", "rest_test"], ["nrf/chip", "nrf/uart", "nrf/sensor_tick"]));
  });

  it("give each of two readers of a sensor its samples once, in order, with the right index", () => {
    const program = build("ring", ["sampled_sensor_test"], ["common/sampled_sensor"]);
    const { status, stdout } = spawnSync(program, { encoding: "utf8" });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  it("hash their image as everybody does", () => {
    const program = build("sha256", ["sha256_test"], ["common/sha256"]);
    for (const bytes of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 88_980]) {
      const input = Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => i * 7 + (i >> 6)));
      const { stdout } = spawnSync(program, { input, encoding: "utf8" });
      expect(stdout).toBe(createHash("sha256").update(input).digest("hex"));
    }
  });
});
