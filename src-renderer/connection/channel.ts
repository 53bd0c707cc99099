/**
 * The way to the engine as texts: Electron's bridge where there is one, else the web host's WebSocket. Knows nothing of what
 * the texts mean.
 */
import { ENGINE_PATH, type HostBridge } from "../../src-shared/host-bridge.ts";

export type ChannelState = "connecting" | "open" | "lost";

export type Channel = {
  send(text: string): void;
  onText(listener: (text: string) => void): void;
  /** Told at once of the present state, then of every change. */
  onState(listener: (state: ChannelState) => void): void;
};

export function hostBridge(): HostBridge | null {
  return (window as unknown as { limpet?: HostBridge }).limpet ?? null;
}

export function openChannel(): Channel {
  const bridge = hostBridge();
  return bridge === null ? socketChannel() : bridgeChannel(bridge);
}

function bridgeChannel(bridge: HostBridge): Channel {
  return {
    send: (text) => bridge.send(text),
    onText: (listener) => bridge.onMessage(listener),
    onState: (listener) => {
      listener("open");
      bridge.onRestart((again) => {
        listener("lost");
        if (again) listener("open");
      });
    },
  };
}

/** Waiting times between attempts to reach a web host that went away, milliseconds. */
const RETRY_MS = [300, 1000, 2000, 5000];

function socketChannel(): Channel {
  let onText: (text: string) => void = () => {};
  let onState: (state: ChannelState) => void = () => {};
  let state: ChannelState = "connecting";
  let attempt = 0;
  let socket: WebSocket;
  const change = (next: ChannelState): void => {
    state = next;
    onState(next);
  };
  const open = (): void => {
    const token = new URLSearchParams(location.search).get("token");
    const query = token === null ? "" : `?token=${encodeURIComponent(token)}`;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${location.host}${ENGINE_PATH}${query}`);
    socket.onopen = () => {
      attempt = 0;
      change("open");
    };
    socket.onmessage = (event) => {
      if (typeof event.data === "string") onText(event.data);
    };
    socket.onclose = () => {
      change("lost");
      setTimeout(open, RETRY_MS[Math.min(attempt++, RETRY_MS.length - 1)]);
    };
  };
  open();
  return {
    send: (text) => socket.send(text),
    onText: (listener) => {
      onText = listener;
    },
    onState: (listener) => {
      onState = listener;
      listener(state);
    },
  };
}
