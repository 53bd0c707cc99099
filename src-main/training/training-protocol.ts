/** What the engine and its training thread say to each other. Only data that can be cloned crosses; each thread does one job at a time. */
import type { EpochRecord } from "../../src-shared/contract/training.ts";
import type { ErrorData } from "../../src-shared/errors.ts";
import type { TeamSeat } from "./direct/team.ts";
import type { FitResult } from "./fit.ts";
import type { TrainedNetwork } from "./network.ts";
import type { TrainingJob } from "./samples.ts";

export type BackendName = "tfjs-node" | "wasm";
export type BackendWish = "auto" | BackendName;

export type WorkerRequest =
  | {
      readonly kind: "train";
      readonly job: TrainingJob;
      readonly backend: BackendWish;
      /** One Int32, a `CONTROL` of fit.ts: the engine sets it, the thread looks at it before each batch. */
      readonly control: SharedArrayBuffer;
    }
  | {
      readonly kind: "predict";
      readonly network: TrainedNetwork;
      readonly features: Float32Array;
      readonly count: number;
      readonly control: SharedArrayBuffer;
    };

export type TrainingOutcome = Omit<FitResult, "values"> & {
  readonly network: TrainedNetwork;
  readonly backend: BackendName;
  /** Seconds in the fit loop. */
  readonly trainSeconds: number;
};

export type WorkerReply =
  /** The backend runs; what follows may take as long as it likes. */
  | { readonly kind: "begun" }
  | { readonly kind: "epoch"; readonly record: EpochRecord }
  | { readonly kind: "progress"; readonly stage: string; readonly fraction: number }
  | { readonly kind: "trained"; readonly outcome: TrainingOutcome }
  | { readonly kind: "predicted"; readonly scores: Float32Array }
  | { readonly kind: "failed"; readonly error: ErrorData };

/** What a helper thread is started with: the job and its seat in the team. */
export type HelperData = { readonly job: TrainingJob; readonly seat: TeamSeat };
