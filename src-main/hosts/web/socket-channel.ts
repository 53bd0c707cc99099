/** A WebSocket as a channel of the engine. A browser that does not keep up is cut off before it fills the memory. */
import type { WebSocket } from "ws";
import type { EngineChannel } from "../../engine/channel.ts";

const MAX_BACKLOG_BYTES = 64 * 1024 * 1024;

export function socketChannel(socket: WebSocket): EngineChannel {
  socket.on("error", () => socket.terminate());
  return {
    send: (text) => {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > MAX_BACKLOG_BYTES) socket.terminate();
      else socket.send(text);
    },
    onMessage: (listener) => {
      socket.on("message", (data, binary) => {
        if (!binary) listener(data.toString());
      });
    },
    onClose: (listener) => {
      socket.on("close", listener);
    },
  };
}
