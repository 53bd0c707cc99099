/** What the recording benchmark sends: one sensor of eight channels whose samples make a given number of bytes a second. */
import type { SourceSensor } from "../test/faults/stream-board.ts";

const CHANNELS = 8;
const FRAME_SAMPLES = 62;
const SAMPLE_BYTES = 2 * CHANNELS;

/** @param bytesPerSecond bytes of samples; with heads and check sums the line carries 4 % more */
export const sensorOf = (bytesPerSecond: number): SourceSensor => ({
  id: "accelerometer",
  channels: Array.from({ length: CHANNELS }, (_, index) => `channel${index + 1}`),
  rateHz: Math.round(bytesPerSecond / SAMPLE_BYTES),
  frameSamples: FRAME_SAMPLES,
});
