/** The search for a design: what it tries, what it keeps, and that limits and interruptions are respected. */
import { describe, expect, it } from "vitest";
import { packageExperiment } from "../../src-main/services/conversion-service.ts";
import { loadExperiment } from "../../src-main/services/experiment.ts";
import { train } from "../../src-main/services/training-service.ts";
import { tune } from "../../src-main/services/tune-service.ts";
import { type TuneProgress, tuneRequest } from "../../src-shared/contract/index.ts";
import { rejectionOf } from "../dataset/helpers.ts";
import { addTake, machineProject, newProject, quickDesign } from "./learning-projects.ts";

/** Time enough: rounds end these searches, so that nothing depends on how busy the computer is. */
const request = (change: object = {}) => tuneRequest.parse({ minutes: 60, ...change });

const plain = ({ experiment: _id, ...rest }: { experiment: number }) => rest;

describe("a search for a design", () => {
  it("begins with the preset, ends at or above it, best first, and keeps only what it shows", async () => {
    const project = machineProject();
    const mine = await train(project, { design: quickDesign(), backend: "auto" });
    const told: TuneProgress[] = [];
    const results = await tune(project, request(), { rounds: 3, onFound: (progress) => told.push(progress) });
    const preset = results.find(({ start }) => start === "preset");
    expect(results[0]?.accuracy).toBeGreaterThanOrEqual(preset?.accuracy ?? 2);
    const accuracies = results.map(({ accuracy }) => accuracy);
    expect(accuracies).toEqual(accuracies.toSorted((a, b) => b - a));
    expect(results.filter(({ recommended }) => recommended)).toHaveLength(1);
    // Experiments of the user's own stay; of the search only those that are shown.
    const stored = project.experiments().map(({ id }) => id);
    expect(new Set(stored)).toEqual(
      new Set([mine.experiment, ...results.map(({ experiment }) => experiment)]),
    );
    for (const { crossAccuracy } of results) expect(crossAccuracy ?? 1).toBeGreaterThan(0.5);
    const equals = results.filter(({ accuracy }) => accuracy === results[0]?.accuracy);
    if (equals.length > 1) for (const { crossAccuracy } of equals) expect(crossAccuracy).not.toBeNull();
    expect(told.at(-1)?.results).toEqual(results);
    expect(told.at(-1)?.tried).toBeGreaterThan(20);
    for (const { experiment, accuracy, flash } of results) {
      expect(loadExperiment(project, experiment).result.validationAccuracy).toBe(accuracy);
      expect(await packageExperiment(project, experiment)).toHaveLength(flash);
    }
    project.close();
  });

  it("trains the preset exactly as a click on it does", async () => {
    const project = machineProject();
    const clicked = await train(project, { preset: "vibration", backend: "auto" });
    const [found] = await tune(project, request(), { rounds: 0 });
    expect(found?.start).toBe("preset");
    expect(loadExperiment(project, found?.experiment ?? 0).row.weights).toEqual(
      loadExperiment(project, clicked.experiment).row.weights,
    );
    project.close();
  });

  it("with the same seed finds the same, with another one something else", async () => {
    const found = async (seed: number) => {
      const project = machineProject();
      const results = await tune(project, request({ seed }), { rounds: 2 });
      project.close();
      return results.map(plain);
    };
    const [first, again, other] = [await found(3), await found(3), await found(4)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("stays within the limits as they are measured, and refuses the preset where that does not", async () => {
    const project = machineProject();
    const [whole] = await tune(project, request(), { rounds: 0 });
    const ramKb = ((whole?.ram ?? 0) * 0.8) / 1024;
    const results = await tune(project, request({ limits: { ramKb } }), { rounds: 2 });
    expect(results.length).toBeGreaterThan(0);
    expect(results.some(({ start }) => start === "preset")).toBe(false);
    for (const { ram } of results) expect(ram).toBeLessThanOrEqual(ramKb * 1024);
    project.close();
  });

  it("says what is in the way where nothing fits, and which boards there are", async () => {
    const project = machineProject();
    const none = await rejectionOf(
      "invalid-design",
      tune(project, request({ board: "microbit-v2", limits: { flashKb: 0.5 } }), { rounds: 2 }),
    );
    expect(none.message).toMatch(/microbit-v2.*KB of flash.* are allowed/);
    expect(none.field).toBe("limits");
    const unknown = await rejectionOf("usage", tune(project, request({ board: "toaster" })));
    expect(unknown.hint).toContain("nano-33-ble");
    expect((await rejectionOf("usage", tune(project, request({ board: "pico" })))).message).toContain(
      "no firmware",
    );
    expect(project.experiments()).toEqual([]);
    project.close();
  });

  it("that is stopped keeps what it has; cancelled, it says so, and what it had found stays", async () => {
    const project = machineProject();
    const stop = new AbortController();
    const kept = await tune(project, request(), { stop: stop.signal, onFound: () => stop.abort() });
    expect(kept).toHaveLength(1);
    const cancel = new AbortController();
    await rejectionOf(
      "cancelled",
      tune(project, request(), {
        signal: cancel.signal,
        onFound: ({ results }) => {
          if (results.length === 2) cancel.abort();
        },
      }),
    );
    expect(project.experiments()).toHaveLength(3);
    project.close();
  });

  it("tries the project's own design as well, and a value to predict", async () => {
    const project = newProject();
    for (let take = 0; take < 20; take++) {
      addTake(project, { label: String(10 + take), take, hz: 10 + take, seconds: 4 });
    }
    project.saveGoal({ ...project.goal(), task: "regression" });
    project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed: 1 });
    project.saveDesign(quickDesign({ task: "regression" }));
    const results = await tune(project, request(), { rounds: 1 });
    const own = results.find(({ start }) => start === "project");
    expect(own?.accuracy).toBeGreaterThan(0.5);
    expect(results[0]?.accuracy).toBeGreaterThanOrEqual(own?.accuracy ?? 2);
    expect(own?.standardError).toBeGreaterThan(0);
    project.close();
  });
});
