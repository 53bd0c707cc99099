/** What is said of the backends, and what happens when one is asked for that is not there. */
import { expect, test } from "vitest";
import { availableBackends } from "../../src-main/training/backends.ts";
import { trainNetwork } from "../../src-main/training/train.ts";
import { jobOf } from "./helpers.ts";

const job = jobOf({
  network: { kind: "conv1d", filters: [4], kernel: 3 },
  shape: [20, 2],
  training: { epochs: 2 },
});

test("WASM is always there, and both backends have a word said about them", () => {
  const backends = availableBackends();
  expect(backends.find(({ name }) => name === "wasm")?.available).toBe(true);
  expect(backends.map(({ name }) => name).sort()).toEqual(["tfjs-node", "wasm"]);
  for (const { reason } of backends) expect(reason).toMatch(/\.$/);
});

test("tfjs-node trains as WASM does where it is available, else it is refused with the reason", async () => {
  const { available, reason } = availableBackends().find(({ name }) => name === "tfjs-node") ?? {};
  const training = trainNetwork({ ...job, backend: "tfjs-node" });
  if (available) {
    const trained = await training;
    expect(trained).toMatchObject({ backend: "tfjs-node", epochs: 2 });
    const { validationLoss } = await trainNetwork({ ...job, backend: "wasm" });
    expect(trained.validationLoss).toBeCloseTo(validationLoss, 4);
  } else {
    await expect(training).rejects.toMatchObject({
      code: "setup-missing",
      message: expect.stringContaining(reason ?? "-"),
    });
  }
});

test("`auto` trains with the first backend that is available", async () => {
  const first = availableBackends().find(({ available }) => available);
  expect((await trainNetwork({ ...job, backend: "auto" })).backend).toBe(first?.name);
});
