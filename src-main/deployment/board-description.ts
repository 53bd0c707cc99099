/** What is known about a kind of board beyond what it says of itself (resources/boards/*.json), each number with its source. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const sourced = z.object({ value: z.number().min(0), source: z.string() });

const boardDescription = z.object({
  board: z.string(),
  name: z.string(),
  /** USB identities, `vendor:product` in hex. */
  usb: z.array(z.string()),
  cyclesPerInstruction: sourced,
  /** Null where no figures with a source are known. */
  power: z
    .object({
      /** The part whose figures these are. */
      as: z.string(),
      volts: sourced,
      activeMicroampsPerMegahertz: sourced,
      sleepMicroamps: sourced,
      sensorMicroamps: sourced,
    })
    .nullable(),
});
export type BoardDescription = z.infer<typeof boardDescription>;
export type BoardPower = NonNullable<BoardDescription["power"]>;

const FOLDER = join(import.meta.dirname, "../../resources/boards");

/** The description of a kind of board; null where there is none. */
export function describeBoard(kind: string): BoardDescription | null {
  if (!/^[a-z0-9-]+$/.test(kind)) {
    return null;
  }
  // The simulated board is the virtual one without its chip.
  const name = kind === "simulated" ? "virtual" : kind;
  let text: string;
  try {
    text = readFileSync(join(FOLDER, `${name}.json`), "utf8");
  } catch {
    return null;
  }
  return boardDescription.parse(JSON.parse(text));
}
