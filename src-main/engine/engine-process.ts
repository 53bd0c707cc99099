/**
 * The engine as a process of its own: under Electron as a utility process, or as a plain Node child where Electron's own Node is
 * too old for the database add-on; under the web host as a Node child (`web` as its argument). Texts come and go by the parent's
 * channel; when that closes, the engine ends cleanly.
 */
import { endProcess } from "./end-process.ts";
import { Engine } from "./engine.ts";
import { CONTROL_CHANNEL, type FromEngine, isToEngine, type ToEngine } from "./engine-process-messages.ts";
import { createLog } from "./log.ts";
import { userFolder } from "./user-folder.ts";

/** What a utility process has at `process.parentPort` (Electron; not in Node's types). */
type ParentPort = {
  postMessage(message: unknown): void;
  on(event: "message", listener: (event: { readonly data: unknown }) => void): void;
};

type Parent = {
  send(message: string | FromEngine): void;
  onMessage(listener: (message: unknown) => void): void;
  onGone(listener: () => void): void;
};

function parentOf(): Parent {
  const { parentPort } = process as unknown as { readonly parentPort?: ParentPort };
  if (parentPort !== undefined) {
    return {
      send: (message) => parentPort.postMessage(message),
      onMessage: (listener) => parentPort.on("message", ({ data }) => listener(data)),
      // A utility process ends with its parent by itself; a polite end comes as a signal.
      onGone: (listener) => process.once("SIGTERM", listener),
    };
  }
  return {
    send: (message) => {
      // A parent that is gone is told by `disconnect`; what was on its way to it is nobody's.
      if (process.connected) process.send?.(message, undefined, undefined, () => {});
    },
    onMessage: (listener) => process.on("message", listener),
    onGone: (listener) => {
      process.once("disconnect", listener);
      process.once("SIGTERM", listener);
    },
  };
}

/** The one interface of a window: plain texts. */
function serveWindow(engine: Engine, parent: Parent): void {
  engine.connect({
    send: (text) => parent.send(text),
    onMessage: (listener) =>
      parent.onMessage((message) => {
        if (typeof message === "string") listener(message);
      }),
    onClose: () => {},
  });
}

type Interface = { receive: (text: string) => void; closed: () => void };

/** The interfaces of a host that has several, each text with the number of its channel. */
function serveChannels(engine: Engine, parent: Parent): void {
  const interfaces = new Map<number, Interface>();
  const open = (channel: number): void => {
    const own: Interface = { receive: () => {}, closed: () => {} };
    interfaces.set(channel, own);
    engine.connect({
      send: (text) => parent.send({ channel, text }),
      onMessage: (listener) => {
        own.receive = listener;
      },
      onClose: (listener) => {
        own.closed = listener;
      },
    });
  };
  const take = (message: ToEngine): void => {
    const { channel } = message;
    switch (message.kind) {
      case "open":
        open(channel);
        break;
      case "text":
        interfaces.get(channel)?.receive(message.text);
        break;
      case "close":
        interfaces.get(channel)?.closed();
        interfaces.delete(channel);
    }
  };
  open(CONTROL_CHANNEL);
  parent.onMessage((message) => {
    if (isToEngine(message)) take(message);
  });
}

const host = process.argv[2] === "web" ? "web" : "electron";
const log = createLog(process.env, userFolder());
const parent = parentOf();
const engine = new Engine({ host, log });
let ending = false;

// Libraries that print must not spoil the parent's standard output.
console.log = console.error;
console.info = console.error;

(host === "web" ? serveChannels : serveWindow)(engine, parent);
parent.onGone(() => {
  if (ending) return;
  ending = true;
  engine
    .close()
    .catch((error: unknown) => log.error({ error: String(error) }, "the engine did not end cleanly"))
    .finally(() => endProcess(0));
});
// An end that nobody asked for leaves its reason in the log; the host starts the engine again.
process.on("uncaughtExceptionMonitor", (error) => log.fatal({ error: error.stack }, "the engine failed"));
// Ctrl+C in a terminal reaches the whole group; the host decides when the engine ends.
process.on("SIGINT", () => {});
