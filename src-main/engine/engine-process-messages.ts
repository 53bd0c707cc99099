/** What a host with several interfaces and its engine process send each other, over Node's own channel between processes. */

/** The host's own interface to the engine; those of pages count from 1. */
export const CONTROL_CHANNEL = 0;

export type ToEngine =
  | { readonly channel: number; readonly kind: "open" | "close" }
  | { readonly channel: number; readonly kind: "text"; readonly text: string };

export type FromEngine = { readonly channel: number; readonly text: string };

/** Whether a message of the parent's is one of these; a host with one interface sends plain texts. */
export function isToEngine(message: unknown): message is ToEngine {
  return (
    typeof message === "object" &&
    message !== null &&
    "channel" in message &&
    typeof message.channel === "number" &&
    "kind" in message &&
    (message.kind === "open" ||
      message.kind === "close" ||
      (message.kind === "text" && "text" in message && typeof message.text === "string"))
  );
}
