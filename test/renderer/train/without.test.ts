import { expect, it } from "vitest";
import { partsOf } from "../../../src-renderer/train/without-view.tsx";
import { type Design, design } from "../../../src-shared/design.ts";

const input = (sensor: string, ...channels: string[]) => ({
  sensor,
  rateHz: 100,
  channels,
  channelIndices: channels.map((_name, index) => index),
  features: { block: "raw" },
});
const made = (...inputs: ReturnType<typeof input>[]): { design: Design } => ({
  design: design.parse({ inputs }),
});

it("a design can do without each of several sensors and each of several channels, never without all", () => {
  expect(partsOf(made(input("microphone", "sound")))).toEqual([]);
  expect(partsOf(made(input("accelerometer", "accX", "accY"))).map(({ name }) => name)).toEqual([
    "accX",
    "accY",
  ]);
  expect(
    partsOf(made(input("accelerometer", "accX", "accY"), input("temperature", "celsius"))).map(
      ({ name, kind }) => `${kind} ${name}`,
    ),
  ).toEqual(["sensor accelerometer", "sensor temperature", "channel accX", "channel accY"]);
});
