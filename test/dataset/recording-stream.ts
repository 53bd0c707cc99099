/** The stream that the recording tests and their child process agree on. */
import type { NewStream } from "../../src-main/dataset/types.ts";

export const accelerometerStream: NewStream = {
  sensor: "accelerometer",
  channels: [
    { name: "accX", unit: "g" },
    { name: "accY", unit: "g" },
    { name: "accZ", unit: "g" },
  ],
  rateHz: 1000,
  sampleType: "int16",
  scale: 0.001,
};
