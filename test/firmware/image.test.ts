/** The virtual board's image, as built: what it takes of a chip's memory. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { firmwareFolder, readFirmwareImage } from "../../src-main/boards/firmware-image.ts";

const built = existsSync(join(firmwareFolder(), "virtual.json"));
if (!built) console.warn("SKIPPED: the virtual board's firmware has not been built (npm run setup)");

const FLASH_LIMIT = 128 * 1024;
const RAM_LIMIT = 24 * 1024;
/** What a run of all blocks and kinds of networks used of the stack was 1.4 KB; three times that is kept for it. */
const STACK = 4 * 1024;

describe.skipIf(!built)("the virtual board's firmware", () => {
  it("without a model takes 128 KB of flash and, besides the pool, 24 KB of RAM at most", () => {
    const { bytes } = readFirmwareImage("virtual");
    const description = JSON.parse(readFileSync(join(firmwareFolder(), "virtual.json"), "utf8"));
    expect(description.flashBytes).toBe(bytes.length);
    expect(bytes.length).toBeLessThanOrEqual(FLASH_LIMIT);
    expect(description.ramBytes).toBeGreaterThan(1024);
    expect(description.ramBytes + STACK).toBeLessThanOrEqual(RAM_LIMIT);
  });
});
