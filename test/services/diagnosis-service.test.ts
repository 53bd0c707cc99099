/** The diagnosis of projects that have one thing wrong each, made or real: it is found, it is what is said, and nothing else is. */
import { afterEach, describe, expect, it } from "vitest";
import type { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { diagnose, manageable } from "../../src-main/services/diagnosis-service.ts";
import { evaluate } from "../../src-main/services/evaluation-service.ts";
import { importFiles } from "../../src-main/services/project-service.ts";
import { groupingsOf } from "../../src-main/services/recording-groups.ts";
import { train } from "../../src-main/services/training-service.ts";
import { type DiagnosisFinding, requests } from "../../src-shared/contract/index.ts";
import { realData, rejectionOf } from "../dataset/helpers.ts";
import {
  addTake,
  axes,
  CLASSES,
  machineProject,
  newProject,
  quickDesign,
  turning,
} from "./learning-projects.ts";

const open: ProjectFile[] = [];
afterEach(() => {
  for (const project of open.splice(0)) project.close();
});

function opened(project: ProjectFile): ProjectFile {
  open.push(project);
  project.saveDesign(quickDesign());
  return project;
}

const kinds = (findings: readonly DiagnosisFinding[]): string[] => findings.map(({ kind }) => kind);
const of = (findings: readonly DiagnosisFinding[], kind: DiagnosisFinding["kind"]): DiagnosisFinding[] =>
  findings.filter((finding) => finding.kind === kind);

/** A recording with these counts. */
function addSamples(project: ProjectFile, name: string, label: string, samples: Int16Array): number {
  return project.addRecording({
    recording: { name, label, group: null, origin: "import", source: name, streams: [axes] },
    data: [{ samples, gaps: [] }],
  }).id;
}

describe("a diagnosis", () => {
  it("finds nothing wrong with a sound project, and is what the contract says", async () => {
    const findings = await diagnose(opened(machineProject(8)), null);
    expect(findings.filter(({ severity }) => severity !== "info")).toEqual([]);
    expect(requests["diagnosis:run"].result.parse(findings)).toEqual(findings);
  });

  it("finds labels that are wrong, says what they could be, and blames no others", async () => {
    const project = opened(machineProject(8));
    const recordings = project.recordings();
    const wrong = [recordings[2], recordings[13]].map((recording) => recording?.id ?? 0);
    project.updateRecordings([wrong[0] as number], { label: "rough" });
    project.updateRecordings([wrong[1] as number], { label: "slow" });
    const found = of(await diagnose(project, null), "label");
    expect(found.map(({ recordings: some }) => some?.[0]).sort((a = 0, b = 0) => a - b)).toEqual(wrong);
    for (const { suggestedLabel, recordings: some, hint } of found) {
      expect(suggestedLabel).toBe(recordings.find(({ id }) => id === some?.[0])?.label);
      expect(hint).toContain("change its label");
    }
  });

  it("finds a stretch of a recording that is another state, and where it is", async () => {
    const project = opened(machineProject(6, 20));
    const [slow, fast] = [turning(12, 30, 0.1, 901), turning(31, 30, 0.1, 902)];
    // Eight seconds of the fast one, from second 10 on.
    slow.set(fast.subarray(3 * 2000, 3 * 3600), 3 * 2000);
    const mixed = addSamples(project, "slow.mixed", "slow", slow);
    const found = of(await diagnose(project, null), "label");
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      recordings: [mixed],
      label: "slow",
      suggestedLabel: "fast",
      place: "collect",
    });
    expect(requests["diagnosis:run"].result.parse(found)).toEqual(found);
    const { startMs = 0, endMs = 0 } = found[0]?.stretch ?? {};
    expect(Math.abs(startMs - 10_000)).toBeLessThan(1500);
    expect(Math.abs(endMs - 18_000)).toBeLessThan(1500);
    expect(found[0]?.hint).toContain("cut it out");
  });

  it("finds a channel that is dead, one that is another's copy, and one that drops out", async () => {
    const project = opened(newProject());
    for (const [label, hz] of Object.entries(CLASSES)) {
      for (let take = 1; take <= 5; take++) {
        const samples = turning(hz, 6, 0.1 * take, take * 31 + hz);
        for (let i = 0; i < samples.length; i += 3) {
          samples[i + 1] = label === "slow" && take === 2 ? 0 : (samples[i] as number);
          samples[i + 2] = 1000;
          if (label === "slow" && take === 2) samples[i] = 0;
        }
        addSamples(project, `${label}.${take}`, label, samples);
      }
    }
    const channels = of(await diagnose(project, null), "channel");
    const about = (name: string): DiagnosisFinding | undefined =>
      channels.find(({ channel }) => channel?.channel === name);
    expect(about("accZ")).toMatchObject({ place: "design", severity: "warning" });
    expect(about("accZ")?.message).toContain("never changes in any recording");
    expect(about("accX")).toMatchObject({ place: "collect" });
    expect(about("accX")?.recordings).toHaveLength(1);
    expect(channels.map(({ message }) => message).join()).toContain(
      "accY of accelerometer says the same as accX",
    );
  });

  it("finds the same samples and nearly the same ones on both sides, and under two labels", async () => {
    const project = opened(machineProject(6));
    const [learnt, tested] = ["train", "test"].map((side) =>
      project.recordings().find(({ label, split }) => label === "fast" && split === side),
    );
    const streamOf = (recording: typeof learnt): number => recording?.streams[0]?.id ?? 0;
    const counts = project.readSamples(streamOf(learnt), 0, 1600).data as Int16Array;
    const exact = addSamples(project, "fast.copy", "fast", counts.slice());
    const other = addSamples(project, "slow.copy", "slow", counts.slice(3 * 40));
    // A little louder, and begun 0.3 s later, as another program would have saved it.
    const near = project.readSamples(streamOf(tested), 0, 1600).data.slice(3 * 60);
    const later = addSamples(
      project,
      "fast.later",
      "fast",
      Int16Array.from(near, (value) => Math.round(1.3 * value)),
    );
    for (const [id, side] of [
      [exact, "test"],
      [other, "train"],
      [later, "train"],
    ] as const) {
      project.database.write(() =>
        project.database.run("UPDATE recordings SET split = ? WHERE id = ?", side, id),
      );
    }
    const found = of(await diagnose(project, null), "duplicate").filter(
      ({ severity }) => severity === "error",
    );
    const about = (id: number): DiagnosisFinding[] =>
      found.filter(({ recordings }) => recordings?.includes(id));
    expect(
      about(exact)
        .map(({ message }) => message)
        .join(),
    ).toContain("has the same samples as");
    expect(about(exact)[0]?.recordings).toEqual([learnt?.id, exact]);
    expect(about(later)[0]?.message).toContain("is nearly the same measurement as");
    expect(about(later)[0]?.recordings).toContain(tested?.id);
    expect(
      about(other)
        .map(({ message }) => message)
        .join(),
    ).toContain("one of the two labels is wrong");
    // And no two recordings that are merely of one machine.
    for (const { recordings = [] } of found) {
      expect(recordings.some((id) => [exact, other, later].includes(id))).toBe(true);
    }
  });

  it("says that a split by window, or through a group, misleads", async () => {
    const project = opened(machineProject(6, 20));
    project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "window", seed: 1 });
    const [byWindow] = of(await diagnose(project, null), "leakage");
    expect(byWindow).toMatchObject({ severity: "error", place: "collect" });
    expect(byWindow?.hint).toContain("--by recording");
    project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed: 1 });
    project.updateRecordings(
      project.recordings().map(({ id }) => id),
      { group: "monday" },
    );
    const [byGroup] = of(await diagnose(project, null), "leakage");
    expect(byGroup?.message).toContain("The group monday is both in training and in the test");
    expect(byGroup?.hint).toContain("--by group");
  });

  it("finds out from their names that recordings belong together, measures it, and is content when one is held out", async () => {
    const project = opened(newProject());
    // On each rig the two states differ, but not in the same way: what is learnt on some rigs says nothing about another.
    const rigs = { "1rig": [12, 20], "2rig": [35, 27], "3rig": [42, 50], "4rig": [67, 58] } as const;
    let take = 0;
    for (const [rig, pitches] of Object.entries(rigs)) {
      for (const [index, label] of ["good", "worn"].entries()) {
        for (let turn = 0; turn < 4; turn++) {
          const hz = (pitches[index as 0 | 1] as number) + 0.2 * turn;
          addSamples(project, `${label}.${rig}-${turn}`, label, turning(hz, 8, 0.1 * turn, ++take));
        }
      }
    }
    const [grouping] = groupingsOf(project.recordings());
    expect([...new Set(grouping?.values.values())]).toEqual(Object.keys(rigs));
    const [leak] = of(await diagnose(project, null), "leakage");
    expect(leak).toMatchObject({ severity: "error" });
    expect(leak?.message).toMatch(/^The split misleads: recordings with the same number before “rig”/);
    const [apart, together] = [...(leak?.message.matchAll(/(\d+) %/g) ?? [])].map((match) =>
      Number(match[1]),
    );
    expect(apart).toBeGreaterThan(90);
    expect(together).toBeLessThan(90);
    expect(leak?.hint).toContain("--holdout 1rig");
    const { experiment } = await train(project, { design: quickDesign(), backend: "auto", epochs: 3 });
    const report = await evaluate(project, { experiment, split: "test", engine: "float" });
    expect(report.warnings.join()).toContain("(1rig, 2rig, 3rig, 4rig) are both in training and in the test");

    project.applySplit({ train: 0.8, validation: 0.2, test: 0, by: "recording", seed: 1, holdout: "4rig" });
    const [kept] = of(await diagnose(project, null), "leakage");
    // The other rigs are still on both sides of training and validation, but none is in the test.
    expect(kept).toMatchObject({ severity: "info" });
    expect(kept?.message).toMatch(/^The split keeps/);
  });

  it("says which class is small, which condition a class lacks, and what to record next", async () => {
    const project = opened(newProject());
    for (const [label, hz] of Object.entries(CLASSES)) {
      for (let take = 1; take <= 8; take++) {
        const load = take <= 4 ? "1load" : "2load";
        if (label === "slow" && load === "2load") continue;
        const seconds = label === "slow" ? 3 : 12;
        addSamples(project, `${label}.${load}-${take}`, label, turning(hz, seconds, 0.1, take * 77 + hz));
      }
    }
    const findings = await diagnose(project, null);
    expect(of(findings, "imbalance")[0]).toMatchObject({ label: "slow", severity: "warning" });
    const record = of(findings, "record");
    expect(record.map(({ message }) => message).join()).toContain("slow was never recorded at 2load");
    expect(record.find(({ severity }) => severity === "info")).toMatchObject({ label: "slow" });
    expect(record.find(({ severity }) => severity === "info")?.hint).toContain("5 more of slow, at 2load");
  });

  it("has the experiment's fit and design in it", async () => {
    const project = opened(machineProject(6));
    const { experiment, fit } = await train(project, {
      design: quickDesign({ training: { epochs: 1, learningRate: 0.00001 } }),
      backend: "auto",
    });
    expect(fit).toBe("underfit");
    const [finding] = of(await diagnose(project, experiment), "fit");
    expect(finding?.message).toContain("underfits");
    expect(finding?.hint).toMatch(/^[A-Z].*more epochs|larger network/);
    await rejectionOf("not-found", diagnose(project, 99));
  });

  it("is a single word where there is nothing to look at, and quiet about labels that are values", async () => {
    const empty = newProject();
    open.push(empty);
    expect(await diagnose(empty, null)).toMatchObject([
      { kind: "record", severity: "error", place: "collect" },
    ]);
    const short = opened(newProject());
    addSamples(short, "a.1", "a", turning(12, 0.1, 0, 1));
    expect(await diagnose(short, null)).toMatchObject([{ kind: "record", place: "design" }]);
    const values = newProject();
    open.push(values);
    values.saveDesign(quickDesign({ task: "regression" }));
    for (let hz = 10; hz < 40; hz += 3) addTake(values, { label: String(hz), take: hz, hz, seconds: 4 });
    expect(kinds(await diagnose(values, null))).toEqual([]);
  });

  it("looks at an even choice of a project that is too large, with every label in it", () => {
    const [recording] = opened(machineProject(1)).recordings();
    if (recording === undefined) throw new Error("the project is empty");
    const planOf = (recordings: number, windows: number) =>
      Array.from({ length: recordings }, (_, id) => {
        const own = { ...recording, id, label: id % 100 === 0 ? "rare" : `common ${id % 2}` };
        const window = { startMs: 0, starts: [0], recording: own, split: own.split };
        return { recording: own, windows: Array.from({ length: windows }, () => window) };
      });
    const small = planOf(700, 20);
    expect(manageable(small)).toEqual(small);
    const chosen = manageable(planOf(20_000, 30));
    expect(chosen.length).toBeLessThanOrEqual(800);
    expect(chosen.filter(({ recording: { label } }) => label === "rare").length).toBeGreaterThan(100);
    expect(chosen.reduce((sum, { windows }) => sum + windows.length, 0)).toBeLessThanOrEqual(20_000);
    const long = manageable(planOf(3, 100_000));
    expect(long.map(({ windows }) => windows.length)).toEqual([6666, 6666, 6666]);
  });

  it("can be cancelled, and writes nothing but features that it may need again", async () => {
    const project = opened(machineProject(5));
    const hash = project.datasetHash();
    await rejectionOf("cancelled", diagnose(project, null, { signal: AbortSignal.abort() }));
    const cancel = new AbortController();
    const later = diagnose(project, null, {
      signal: cancel.signal,
      onProgress: (stage) => {
        if (stage === "cross-validating") cancel.abort();
      },
    });
    await rejectionOf("cancelled", later);
    expect(project.datasetHash()).toBe(hash);
    expect(project.experiments()).toEqual([]);
  });
});

async function realProject(folder: string): Promise<ProjectFile> {
  const project = newProject();
  open.push(project);
  await importFiles(project, [folder], {});
  return project;
}

const fan = realData("ceiling-fan");
describe.skipIf(fan === null)("the diagnosis of a real fan", () => {
  it("finds 5 % of labels that were changed, and no others", async () => {
    const project = await realProject(fan ?? "");
    expect(await diagnose(project, null)).toEqual([]);
    const recordings = project.recordings();
    const labels = [...new Set(recordings.map(({ label }) => label))];
    const tally = { changed: 0, found: 0, wrong: 0 };
    for (const [turn, places] of [
      [0, 23],
      [11, 41],
    ].entries()) {
      const ids = places.map((place) => recordings[place]?.id ?? 0);
      for (const [index, id] of ids.entries()) {
        const at = labels.indexOf(project.recording(id).label);
        project.updateRecordings([id], { label: labels[(at + 1 + turn + index) % labels.length] as string });
      }
      const suspects = of(await diagnose(project, null), "label").flatMap(
        ({ recordings: some }) => some ?? [],
      );
      tally.changed += ids.length;
      tally.found += suspects.filter((id) => ids.includes(id)).length;
      tally.wrong += suspects.filter((id) => !ids.includes(id)).length;
      for (const _ of ids) project.undo();
    }
    expect(tally).toEqual({ changed: 4, found: 4, wrong: 0 });
  });
});

const bearing = realData("cwru-bearing");
describe.skipIf(bearing === null)("the diagnosis of a real bearing", () => {
  it("says that a random split misleads, because a fault of another size is another thing", async () => {
    const project = await realProject(bearing ?? "");
    const findings = await diagnose(project, null);
    const [leak] = of(findings, "leakage");
    expect(leak).toMatchObject({ severity: "error" });
    expect(leak?.message).toContain("(14mil, 7mil)");
    const [apart, together] = [...(leak?.message.matchAll(/(\d+) %/g) ?? [])].map((match) =>
      Number(match[1]),
    );
    expect(apart).toBeGreaterThan(95);
    expect(together).toBeLessThan(75);
    expect(leak?.hint).toContain("--holdout 14mil");
    // Leaving out a load does no harm, and a sound bearing has no size of its fault.
    expect(of(findings, "leakage")).toHaveLength(1);
    const record = of(findings, "record").map(({ message }) => message);
    expect(record.join()).toContain("normal was never recorded at 1hp, 2hp, 3hp");
    expect(record.join()).not.toContain("mil");
  });
});
