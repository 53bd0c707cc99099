/** Deployment: a model on its way to a board, and the proof that it is there. */
import { z } from "zod";
import { powerBudget } from "./power.ts";

export const deploymentStage = z.enum(["check", "firmware", "model", "self-test", "proof"]);

export const deploymentRequest = z.object({
  experiment: z.int(),
  board: z.string(),
  firmware: z.enum(["always", "if-needed", "never"]).default("if-needed"),
  /** How the board runs by itself. Milliseconds between the starts of two windows, between which it rests; 0 or absent: windows follow each other. */
  everyMs: z.number().min(0).optional(),
  /** Labels that its light shows, `unknown` among them where it shall show that; absent: unknown alone. */
  light: z.array(z.string()).optional(),
  /** Windows in a row that must be called alike until the board's state counts as changed; absent: 1. */
  confirm: z.int().min(1).max(255).optional(),
});

export const deploymentReport = z.object({
  board: z.string(),
  firmwareWritten: z.boolean(),
  modelBytes: z.int(),
  seconds: z.number(),
  goldenVectors: z.object({ run: z.int(), identical: z.int() }),
  /** Bytes of the model that were read back and compared: on a slow line a part of them. The board has checked the CRC-32 of all. */
  readBackBytes: z.int().nullable().default(null),
  slot: z.enum(["A", "B"]),
  /** Bytes on the board that the model uses: arena and buffers; package. */
  ram: z.number(),
  flash: z.number(),
  /** Instructions for one window (front end and network). */
  instructions: z.number().nullable(),
  latencyMs: z.number().nullable(),
  powerMilliwatts: z.number().nullable(),
  batteryDays: z.number().nullable(),
  /** What it takes as deployed, and which period reaches which goal; null where the board has no figures. */
  powerBudget: powerBudget.nullable().default(null),
  /** SHA-256 as the board tells them: of its model and of its firmware; and of the dataset that the model on it was trained on. Null: not known. */
  modelHash: z.string(),
  firmwareHash: z.string().nullable().default(null),
  datasetHash: z.string().nullable().default(null),
  warnings: z.array(z.string()),
  stages: z.array(z.object({ stage: deploymentStage, seconds: z.number() })),
});
export type DeploymentReport = z.infer<typeof deploymentReport>;
