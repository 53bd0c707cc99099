import { describe, expect, it } from "vitest";
import { fieldsFor } from "../../../src-renderer/design/augmentation-card.tsx";
import {
  inputsOf,
  sensorChoices,
  toggleChannel,
  toggleSensor,
  usualFeatures,
  withInputs,
} from "../../../src-renderer/design/design-inputs.ts";
import type { RecordingInfo } from "../../../src-shared/contract/index.ts";
import { designFile } from "../../../src-shared/design.ts";

const stream = (sensor: string, rateHz: number, ...channels: string[]) => ({
  id: 1,
  recordingId: 1,
  sensor,
  channels: channels.map((name) => ({ name, unit: "g" })),
  rateHz,
  sampleType: "int16" as const,
  scale: 1,
  samples: 1000,
  lostSamples: 0,
  gaps: 0,
});

const vibration = { sensor: "accelerometer", rateHz: 1600, channels: ["accX", "accY", "accZ"] };
const temperature = { sensor: "temperature", rateHz: 1, channels: ["celsius"] };
const sensors = [vibration, temperature];

describe("the sensors of a design", () => {
  it("come from the recordings that are used, each once", () => {
    const recordings = [
      { excluded: true, streams: [stream("gyroscope", 100, "x")] },
      { excluded: false, streams: [stream("accelerometer", 1600, "accX", "accY", "accZ")] },
      {
        excluded: false,
        streams: [stream("accelerometer", 1600, "accX"), stream("temperature", 1, "celsius")],
      },
    ] as unknown as RecordingInfo[];
    expect(sensorChoices(recordings)).toEqual(sensors);
  });

  it("are read from every way in which a design is written", () => {
    const [first] = inputsOf(designFile.parse({}), sensors);
    expect(first).toMatchObject({ sensor: "accelerometer", features: { block: "spectral" } });
    expect(
      inputsOf(designFile.parse({ channels: ["celsius", "accY"], features: { block: "raw" } }), sensors).map(
        ({ sensor, channels }) => [sensor, channels],
      ),
    ).toEqual([
      ["temperature", ["celsius"]],
      ["accelerometer", ["accY"]],
    ]);
  });

  it("make a design that its schema takes, whatever it was before", () => {
    const design = designFile.parse({ channels: ["accX"], features: { block: "raw" } });
    const next = withInputs(design, toggleSensor(inputsOf(design, sensors), temperature, 1000));
    expect(designFile.parse(next).inputs?.map(({ sensor }) => sensor)).toEqual([
      "accelerometer",
      "temperature",
    ]);
    expect(next.channels).toBeUndefined();
    expect(next.features).toBeUndefined();
  });

  it("are looked at by what suits them", () => {
    expect(usualFeatures(vibration, 1000)).toMatchObject({ block: "spectral", fftLength: 128 });
    expect(usualFeatures(temperature, 1000).block).toBe("raw");
    expect(usualFeatures({ sensor: "microphone", rateHz: 16000, channels: ["sound"] }, 1000).block).toBe(
      "log-mel",
    );
    expect(usualFeatures({ ...vibration, rateHz: 70 }, 1000)).toMatchObject({ fftLength: 64, bands: 16 });
  });

  it("keep at least one sensor and one channel", () => {
    const inputs = inputsOf(designFile.parse({}), sensors);
    expect(toggleSensor(inputs, vibration, 1000)).toEqual(inputs);
    const withoutX = toggleChannel(inputs, vibration, "accX");
    expect(withoutX[0]?.channels).toEqual(["accY", "accZ"]);
    const onlyZ = toggleChannel(withoutX, vibration, "accY");
    expect(toggleChannel(onlyZ, vibration, "accZ")).toEqual(onlyZ);
    // All of them again is to name none.
    expect(toggleChannel(withoutX, vibration, "accX")[0]?.channels).toBeUndefined();
  });

  it("decide which changes of copies make sense", () => {
    const keys = (design: object, channels: number): string[] =>
      fieldsFor(inputsOf(designFile.parse(design), sensors), () => channels).map(({ key }) => key);
    expect(keys({}, 3)).toContain("rotationDegrees");
    expect(keys({}, 1)).not.toContain("rotationDegrees");
    expect(keys({}, 3)).not.toContain("tempo");
    expect(keys({ features: { block: "log-mel" } }, 1)).toEqual(
      expect.arrayContaining(["masking", "frequencyWarp", "tempo"]),
    );
  });
});
