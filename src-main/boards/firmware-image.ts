/** Firmware that setup has built: where it lies and what its description says. Knows no board that it runs on. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LimpetError } from "../../src-shared/errors.ts";

const description = z.object({ version: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

export type FirmwareImage = {
  readonly version: string;
  /** SHA-256 of the image in hex. */
  readonly hash: string;
  readonly bytes: Uint8Array;
};

/** The folder that setup builds firmware into. */
export const firmwareFolder = (): string => join(import.meta.dirname, "../../resources/firmware");

/** Reads `<name>.bin` and `<name>.json`. Throws `setup-missing` where they are not built or do not fit each other. */
export function readFirmwareImage(name: string, folder = firmwareFolder()): FirmwareImage {
  try {
    const bytes = new Uint8Array(readFileSync(join(folder, `${name}.bin`)));
    const { version, sha256 } = description.parse(
      JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")),
    );
    if (createHash("sha256").update(bytes).digest("hex") !== sha256) {
      throw new Error(`${name}.bin is not what ${name}.json describes`);
    }
    return { version, hash: sha256, bytes };
  } catch (error) {
    throw new LimpetError("setup-missing", `The firmware of the ${name} board has not been built.`, {
      field: name,
      hint: "Run `npm run setup`. It needs gcc-arm-none-eabi and says so where that is missing.",
      cause: error,
    });
  }
}
