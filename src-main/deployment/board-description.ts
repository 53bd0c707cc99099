/** What is known about a kind of board beyond what it says of itself (resources/boards/*.json), each number with its source. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const sourced = z.object({ value: z.number().min(0), source: z.string() });

/** A USB identity, `vendor:product` in lower-case hex. */
const usb = z.string().regex(/^[0-9a-f]{4}:[0-9a-f]{4}$/);

/** An address or a number that is easier to read in hex: `0x00010000`. */
const hex = z
  .string()
  .regex(/^0x[0-9a-f]{1,8}$/)
  .transform((text) => Number.parseInt(text, 16));

/** What every way of flashing needs: the image's name in resources/firmware, and where firmware may lie. */
const common = {
  image: z.string(),
  /** Address of the image's first byte. */
  address: hex,
  /** What the bootloader leaves to firmware, its log and its models. */
  room: z.object({ start: hex, end: hex }),
  /** Where the firmware's own part of it ends, as in its linker script; absent: all of the room. */
  firmwareEnd: hex.optional(),
  /** Where the facts come from. */
  sources: z.array(z.string()).min(1),
};

/** How firmware gets onto the board (docs/boards.md, "Writing firmware"). */
const firmware = z.discriminatedUnion("method", [
  z.object({
    method: z.literal("sam-ba"),
    ...common,
    bootloaderUsb: z.array(usb).min(1),
    /** What the bootloader answers to `I`. */
    chip: z.string(),
    /** Where in the bootloader's buffer a page is put. */
    buffer: hex,
  }),
  z.object({
    method: z.literal("uf2"),
    ...common,
    /** USB identities of the bootloader, for a list of what is plugged in. */
    bootloaderUsb: z.array(usb).min(1),
    /** `Board-ID` in INFO_UF2.TXT. */
    boardIds: z.array(z.string()).min(1),
    family: hex,
    eraseBytes: z.number().int().positive(),
    touch: z.boolean(),
  }),
  z.object({
    method: z.literal("daplink"),
    ...common,
    /** First four digits of the interface chip's unique id. */
    boardIds: z.array(z.string().regex(/^[0-9a-f]{4}$/)).min(1),
  }),
  z.object({
    method: z.literal("stm32-uart"),
    ...common,
    productId: hex,
    /** Bytes of the flash's sectors in order, from the room's start on. */
    sectors: z.array(z.number().int().positive()).min(1),
  }),
]);
export type FirmwareMethod = z.infer<typeof firmware>;

/** What a sensor takes (docs/power.md). Where a board has it as one of several parts, each has an entry, told apart by its rates. */
const sensorPower = z.object({
  /** As the board names it in HELLO. */
  sensor: z.string(),
  part: z.string(),
  /** Current while it measures, microamperes, by rate in hertz; what the chip's converter for it takes is in `converterMicroamps`. */
  rates: z.array(z.object({ rateHz: z.number().positive(), microamps: z.number().min(0) })).min(1),
  source: z.string(),
  offMicroamps: sourced,
  converterMicroamps: sourced,
  /** Time from switching on to the first sample that counts: milliseconds, and samples at its rate. */
  settle: z.object({ ms: z.number().min(0), samples: z.number().min(0), source: z.string() }),
  /** Instructions that fetch and keep one sample of all its channels. */
  instructionsPerSample: sourced,
  /** And what it takes each second besides, at any rate. */
  instructionsPerSecond: sourced,
});
export type SensorPower = z.infer<typeof sensorPower>;

const boardDescription = z.object({
  board: z.string(),
  name: z.string(),
  /** USB identities of the board while its firmware runs. */
  usb: z.array(usb),
  /** What nobody has tried on a real board of this kind, for those who are the first; absent where somebody has. */
  untried: z.string().optional(),
  cyclesPerInstruction: sourced,
  /** What its firmware leaves to a model; null where there is no firmware for it yet. */
  limits: z
    .object({
      /** For windows, features and the network's arena together. */
      ramBytes: z.number().int().positive(),
      /** The largest model package. */
      modelBytes: z.number().int().positive(),
      clockHz: z.number().positive(),
      source: z.string(),
    })
    .nullable()
    .default(null),
  /** Null where no figures with a source are known. */
  power: z
    .object({
      /** The part whose figures these are. */
      as: z.string(),
      volts: sourced,
      /** The processor at work. */
      activeMicroampsPerMegahertz: sourced,
      /** While sensors measure and the processor waits for them: its clocks and timers run on. */
      idleMicroamps: sourced,
      /** Between windows, with nothing on. */
      sleepMicroamps: sourced,
      sensors: z.array(sensorPower),
      /** What the figures leave out, as sentences for people. */
      leftOut: z.array(z.string()),
    })
    .nullable(),
  /** Null where it is not written by a bootloader (the virtual board). */
  firmware: firmware.nullable().default(null),
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

/** All kinds of board that are described, by name. */
export function describedBoards(): BoardDescription[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .flatMap((name) => describeBoard(name.slice(0, -".json".length)) ?? []);
}

export type UsbBoard = {
  readonly description: BoardDescription;
  /** Whether its bootloader is running in place of its firmware. */
  readonly bootloader: boolean;
};

/** The board with a USB identity `vendor:product`; null where it is none that is described. */
export function boardOfUsb(identity: string): UsbBoard | null {
  const wanted = identity.toLowerCase();
  for (const description of describedBoards()) {
    if (description.usb.includes(wanted)) return { description, bootloader: false };
    const { firmware: method } = description;
    const bootloaders = method !== null && "bootloaderUsb" in method ? method.bootloaderUsb : [];
    if (bootloaders.includes(wanted)) return { description, bootloader: true };
  }
  return null;
}
