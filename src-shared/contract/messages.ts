/** The envelopes that carry the contract over any channel (WebSocket text, Electron message port). */
import { z } from "zod";
import { ERROR_CODES, type ErrorCode } from "../errors.ts";

const errorCode = z.custom<ErrorCode>((value) => typeof value === "string" && value in ERROR_CODES);

/** From the user interface to the engine. */
export const clientMessage = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("request"), id: z.int(), method: z.string(), params: z.unknown().optional() }),
  z.object({ kind: z.literal("cancel"), id: z.int() }),
]);
export type ClientMessage = z.infer<typeof clientMessage>;

/** From the engine to the user interface. */
export const engineMessage = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("result"), id: z.int(), result: z.unknown() }),
  z.object({
    kind: z.literal("error"),
    id: z.int(),
    error: z.object({
      code: errorCode,
      message: z.string(),
      hint: z.string().optional(),
      field: z.string().optional(),
    }),
  }),
  z.object({ kind: z.literal("progress"), id: z.int(), stage: z.string(), fraction: z.number() }),
  z.object({ kind: z.literal("event"), name: z.string(), payload: z.unknown() }),
]);
export type EngineMessage = z.infer<typeof engineMessage>;
