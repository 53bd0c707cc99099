/** The board of the recording benchmark in a process of its own: argv is the rate in bytes a second; answers `figures` over IPC. */
import { StreamBoard } from "../test/faults/stream-board.ts";
import { sensorOf } from "./recording-load.ts";

const board = await StreamBoard.start([sensorOf(Number(process.argv[2]))]);
process.send?.({ port: board.port });
process.on("message", () => process.send?.({ taken: board.taken(), dropped: board.dropped }));
process.on("disconnect", () => process.exit(0));
