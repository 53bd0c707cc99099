/**
 * The engine as a process of its own under Electron: as a utility process, or as a plain Node child where Electron's own Node
 * is too old for the database add-on. Texts come and go by the parent's channel; when that closes, the engine ends cleanly.
 */
import { Engine } from "./engine.ts";
import { createLog } from "./log.ts";
import { userFolder } from "./user-folder.ts";

/** What a utility process has at `process.parentPort` (Electron; not in Node's types). */
type ParentPort = {
  postMessage(message: unknown): void;
  on(event: "message", listener: (event: { readonly data: unknown }) => void): void;
};

type Parent = {
  send(text: string): void;
  onText(listener: (text: string) => void): void;
  onGone(listener: () => void): void;
};

function parentOf(): Parent {
  const { parentPort } = process as unknown as { readonly parentPort?: ParentPort };
  if (parentPort !== undefined) {
    return {
      send: (text) => parentPort.postMessage(text),
      onText: (listener) =>
        parentPort.on("message", ({ data }) => {
          if (typeof data === "string") listener(data);
        }),
      // A utility process ends with its parent by itself; a polite end comes as a signal.
      onGone: (listener) => process.once("SIGTERM", listener),
    };
  }
  return {
    send: (text) => {
      if (process.connected) process.send?.(text);
    },
    onText: (listener) =>
      process.on("message", (message) => {
        if (typeof message === "string") listener(message);
      }),
    onGone: (listener) => {
      process.once("disconnect", listener);
      process.once("SIGTERM", listener);
    },
  };
}

const log = createLog(process.env, userFolder());
const parent = parentOf();
const engine = new Engine({ host: "electron", log });
let ending = false;

// Libraries that print must not spoil the parent's standard output.
console.log = console.error;
console.info = console.error;

engine.connect({
  send: (text) => parent.send(text),
  onMessage: (listener) => parent.onText(listener),
  onClose: () => {},
});
parent.onGone(() => {
  if (ending) return;
  ending = true;
  engine
    .close()
    .catch((error: unknown) => log.error({ error: String(error) }, "the engine did not end cleanly"))
    .finally(() => process.exit(0));
});
// Ctrl+C in a terminal reaches the whole group; the window decides when the engine ends.
process.on("SIGINT", () => {});
