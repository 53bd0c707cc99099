/** A program of its own that records until it is killed: argv is the project; prints how many samples were appended. */
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { accelerometerStream } from "./recording-stream.ts";

const project = ProjectFile.open(process.argv[2] as string);
const writer = project.beginRecording({
  name: "live",
  label: "fan",
  group: null,
  origin: "board",
  source: "test",
  streams: [accelerometerStream],
});
let samples = 0;
// 50 samples every 50 ms: 1 kHz.
setInterval(() => {
  const data = new Int16Array(50 * 3).map((_, i) => (samples * 3 + i) % 32_000);
  writer.append(0, { samples: 50, data }, BigInt(samples) * 1000n);
  samples += 50;
  process.stdout.write(`${samples}\n`);
}, 50);
