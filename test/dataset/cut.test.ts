import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { accelerometer, errorOf, finished, recordingOf, temporaryFolder } from "./helpers.ts";

const project = (): ProjectFile => ProjectFile.create(join(temporaryFolder(), "p.limpet"));

describe("cutting a recording", () => {
  it("keeps the samples of the part to the last count, with label, group, notes and side of the split", () => {
    const file = project();
    for (let seed = 0; seed < 6; seed++) file.addRecording(finished(`r${seed}`, "on", 2000, seed));
    const [whole] = file.recordings();
    if (whole === undefined) throw new Error("there is no recording");
    file.updateRecordings([whole.id], { group: "pump 1", notes: "by the window" });
    file.applySplit({ train: 0.5, validation: 0.25, test: 0.25, by: "recording", seed: 3 });
    const { split } = file.recording(whole.id);
    const made = file.cutRecording(whole.id, [{ fromSeconds: 1, toSeconds: 2.5 }], { replace: false });
    expect(made).toHaveLength(1);
    expect(made[0]).toMatchObject({
      label: "on",
      group: "pump 1",
      notes: "by the window",
      seconds: 1.5,
      split,
    });
    const part = made[0]?.streams[0]?.id ?? 0;
    const from = whole.streams[0]?.id ?? 0;
    expect([...file.readSamples(part, 0, 1000).data]).toEqual([...file.readSamples(from, 200, 300).data]);
    expect(file.recordings()).toHaveLength(7);
    file.close();
  });

  it("of one that is left out makes parts that are left out", () => {
    const file = project();
    const { id } = file.addRecording(finished("r", "on", 2000, 1));
    file.updateRecordings([id], { excluded: true });
    const [part] = file.cutRecording(id, [{ fromSeconds: 1, toSeconds: 2 }], { replace: false });
    expect(part?.excluded).toBe(true);
    file.close();
  });

  it("in place of the whole is one edit: undo brings the whole back and takes the parts away", () => {
    const file = project();
    const whole = file.addRecording(finished("r", "on", 2000, 1));
    const made = file.cutRecording(
      whole.id,
      [
        { fromSeconds: 0, toSeconds: 4 },
        { fromSeconds: 4, toSeconds: 99, label: "off" },
      ],
      { replace: true },
    );
    expect(file.recordings().map(({ name, label, seconds }) => [name, label, seconds])).toEqual([
      ["r.1", "on", 4],
      ["r.2", "off", 6],
    ]);
    expect(file.undo()).toBe("cut r");
    expect(file.recordings().map(({ id }) => id)).toEqual([whole.id]);
    expect(file.redo()).toBe("cut r");
    expect(file.recordings().map(({ id }) => id)).toEqual(made.map(({ id }) => id));
    file.close();
  });

  it("moves gaps along and leaves those outside of the part behind", () => {
    const file = project();
    const whole = file.addRecording({
      recording: recordingOf("g", "on", [accelerometer]),
      data: [
        {
          samples: new Int16Array(3 * 1000).map((_, i) => i % 997),
          gaps: [
            { atSample: 100, lostSamples: 5 },
            { atSample: 600, lostSamples: 7 },
          ],
        },
      ],
    });
    const [part] = file.cutRecording(whole.id, [{ fromSeconds: 2, toSeconds: 4 }], { replace: false });
    expect(file.gaps(part?.streams[0]?.id ?? 0)).toEqual([{ atSample: 200, lostSamples: 7 }]);
    expect(part?.streams[0]).toMatchObject({ samples: 400, gaps: 1, lostSamples: 7 });
    file.close();
  });

  it("of nothing, or outside of the recording, is refused and changes nothing", () => {
    const file = project();
    const { id } = file.addRecording(finished("r", "on", 2000, 1));
    for (const [fromSeconds, toSeconds] of [
      [3, 3],
      [11, 12],
      [5, 4],
    ] as const) {
      const error = errorOf("usage", () =>
        file.cutRecording(id, [{ fromSeconds, toSeconds }], { replace: true }),
      );
      expect(error.hint).toContain("Nothing was changed");
    }
    expect(file.recordings()).toHaveLength(1);
    expect(file.undo()).toBeNull();
    file.close();
  });
});

describe("renaming a label", () => {
  it("renames the class of the goal and every recording; the recordings can be undone", () => {
    const file = project();
    file.addRecording(finished("a", "worn", 500, 1));
    file.addRecording(finished("b", "good", 500, 2));
    file.saveGoal({ ...file.goal(), classes: ["good", "worn"].map((name) => ({ name, description: name })) });
    file.renameLabel("worn", "worn out");
    expect(file.recordings().map(({ label }) => label)).toEqual(["worn out", "good"]);
    expect(file.goal().classes).toEqual([
      { name: "good", description: "good" },
      { name: "worn out", description: "worn" },
    ]);
    file.undo();
    expect(file.recordings().map(({ label }) => label)).toEqual(["worn", "good"]);
    file.close();
  });

  it("into one that is there makes one of the two", () => {
    const file = project();
    file.addRecording(finished("a", "worn", 500, 1));
    file.addRecording(finished("b", "bad", 500, 2));
    file.saveGoal({ ...file.goal(), classes: ["bad", "worn"].map((name) => ({ name, description: "" })) });
    file.renameLabel("worn", "bad");
    expect(file.recordings().map(({ label }) => label)).toEqual(["bad", "bad"]);
    expect(file.goal().classes.map(({ name }) => name)).toEqual(["bad"]);
    file.close();
  });
});
