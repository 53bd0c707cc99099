/** Stands for a window: starts an engine, has it record, prints its process, and is killed. argv: user folder, project, board. */
import { EngineChild } from "./engine-child.ts";

const [, , folder = "", path = "", port = ""] = process.argv;
const engine = new EngineChild(folder);
await engine.ask("project:open", { path });
await engine.ask("boards:connect", { port });
await engine.ask("boards:preview", { on: true });
engine.ask("recording:start", { label: "fan", seconds: null }).catch(() => {});
process.stdout.write(`${engine.pid}\n`);
