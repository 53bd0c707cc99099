/** The board of the window benchmark in a process of its own: 16 kHz sound and three axes at 1.6 kHz over the link. */
import { StreamBoard } from "../test/faults/stream-board.ts";

const board = await StreamBoard.start([
  { id: "accelerometer", channels: ["accX", "accY", "accZ"], rateHz: 1600, frameSamples: 32 },
  { id: "microphone", channels: ["audio"], rateHz: 16_000, frameSamples: 320 },
]);
process.send?.({ port: board.port });
process.on("disconnect", () => process.exit(0));
