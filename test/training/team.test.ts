/** Threads that add up: real threads, real shared memory. */
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { createTeam, Team } from "../../src-main/training/direct/team.ts";

const TEAM = new URL("../../src-main/training/direct/team.ts", import.meta.url).href;

/** A member in a thread of its own that takes part in `rounds` meetings and then leaves or breaks up. */
function member(seat: ReturnType<typeof createTeam>[number], rounds: number, breaksUp = false): Worker {
  const code = `
    const { workerData } = require("node:worker_threads");
    import(${JSON.stringify(TEAM)}).then(({ Team }) => {
      const team = new Team(workerData.seat);
      for (let round = 0; round < workerData.rounds; round++) {
        const values = Float32Array.of(round, team.rank, 0.1);
        team.addUp(values);
        if (values[0] !== round * team.size) throw new Error("wrong sum " + values[0]);
      }
      if (workerData.breaksUp) team.breakUp();
    });`;
  return new Worker(code, { eval: true, workerData: { seat, rounds, breaksUp }, execArgv: [] });
}

const ended = (worker: Worker) =>
  new Promise<number>((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", resolve);
  });

test("three threads add up five hundred times and all get every sum", async () => {
  const [own, second, third] = createTeam(3, 8);
  if (!own || !second || !third) throw new Error("seats");
  const others = [member(second, 500), member(third, 500)];
  const exits = others.map(ended);
  // The module is loaded while the first meeting waits.
  const team = new Team(own);
  for (let round = 0; round < 500; round++) {
    const values = Float32Array.of(round, team.rank, 0.1);
    team.addUp(values);
    expect([...values]).toEqual([
      3 * round,
      3,
      Math.fround(Math.fround(Math.fround(0.1) * 2) + Math.fround(0.1)),
    ]);
  }
  expect(await Promise.all(exits)).toEqual([0, 0]);
});

test("a member that breaks up frees those who wait, with training-failed", async () => {
  const [own, other] = createTeam(2, 4);
  if (!own || !other) throw new Error("seats");
  const exit = ended(member(other, 2, true));
  const team = new Team(own);
  const values = new Float32Array(3);
  const meet = () => {
    for (let round = 0; round < 5; round++) {
      values.set([round, 0, 0.1]);
      team.addUp(values);
    }
  };
  expect(meet).toThrow(expect.objectContaining({ code: "training-failed" }));
  await exit;
});

test("parts cover a batch without gap or overlap, and one may be empty", () => {
  for (const count of [0, 1, 7, 32]) {
    const parts = createTeam(3, 1).map((seat) => new Team(seat).part(count));
    expect(parts[0]?.[0]).toBe(0);
    expect(parts[2]?.[1]).toBe(count);
    expect(parts[1]?.[0]).toBe(parts[0]?.[1]);
    expect(parts[2]?.[0]).toBe(parts[1]?.[1]);
  }
});
