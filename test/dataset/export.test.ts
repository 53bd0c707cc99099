import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXPORT_FORMATS, exportRecordings, safeName } from "../../src-main/dataset/export/export.ts";
import { csvText, float32Text } from "../../src-main/dataset/export/formats.ts";
import { importFiles } from "../../src-main/dataset/import/import.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import type { NewStream } from "../../src-main/dataset/types.ts";
import { accelerometer, realData, recordingOf, rejectionOf, temporaryFolder } from "./helpers.ts";

const sound: NewStream = {
  sensor: "microphone",
  channels: [{ name: "audio", unit: "" }],
  rateHz: 16_000,
  sampleType: "int16",
  scale: 1 / 32768,
};
const float: NewStream = { ...accelerometer, sampleType: "float32", scale: 1, rateHz: 1666.6667 };

/** Every recording as label, sensor, rate, channels and physical values, in an order that does not depend on names. */
function contentOf(project: ProjectFile): string[] {
  return project
    .recordings()
    .flatMap(({ label, streams }) =>
      streams.map(({ id, sensor, rateHz, channels, samples }) =>
        JSON.stringify([label, sensor, rateHz, channels, [...project.readValues(id, 0, samples)]]),
      ),
    )
    .sort();
}

function projectWithAll(folder: string): ProjectFile {
  const project = ProjectFile.create(join(folder, "from.limpet"));
  const counts = (n: number) => Int16Array.from({ length: n }, (_, i) => ((i * 7919) % 65_536) - 32_768);
  project.addRecording({
    recording: recordingOf("one.1", "one", [sound]),
    data: [{ samples: counts(20_000), gaps: [] }],
  });
  project.addRecording({
    recording: recordingOf("fan", "worn", [accelerometer]),
    data: [{ samples: counts(3000), gaps: [] }],
  });
  project.addRecording({
    recording: recordingOf("odd", "worn", [float]),
    data: [
      {
        samples: Float32Array.from({ length: 3000 }, (_, i) => Math.sin(i) * 10 ** ((i % 60) - 30)),
        gaps: [],
      },
    ],
  });
  return project;
}

describe("export", () => {
  it.each(EXPORT_FORMATS)(
    "as %s reads back to the same values, labels, sensors and rates",
    async (format) => {
      const folder = temporaryFolder();
      const project = projectWithAll(folder);
      const out = join(folder, "out");
      expect(await exportRecordings(project, format, out)).toEqual({ files: 3 });
      expect(readdirSync(out).filter((name) => name.endsWith(".part"))).toEqual([]);
      const again = ProjectFile.create(join(folder, "to.limpet"));
      const report = await importFiles(again, [out]);
      expect(report).toMatchObject({ imported: 3, skipped: [] });
      expect(contentOf(again)).toEqual(contentOf(project));
      again.close();
      project.close();
    },
  );

  it("as WAV keeps the samples as stored, and a second import finds them to be the same content", async () => {
    const folder = temporaryFolder();
    const project = projectWithAll(folder);
    await exportRecordings(project, "wav", join(folder, "out"));
    const report = await importFiles(project, [join(folder, "out")]);
    expect(report.imported).toBe(0);
    expect(report.skipped).toHaveLength(3);
    project.close();
  });

  it("keeps gaps in CSV and WAV", async () => {
    const folder = temporaryFolder();
    const project = ProjectFile.create(join(folder, "from.limpet"));
    const gaps = [
      { atSample: 100, lostSamples: 7 },
      { atSample: 200, lostSamples: 1 },
    ];
    project.addRecording({
      recording: recordingOf("fan", "worn"),
      data: [{ samples: Int16Array.from({ length: 900 }, (_, i) => i), gaps }],
    });
    for (const format of ["csv", "wav"] as const) {
      await exportRecordings(project, format, join(folder, format));
      const again = ProjectFile.create(join(folder, `${format}.limpet`));
      await importFiles(again, [join(folder, format)]);
      const stream = again.recordings()[0]?.streams[0];
      expect(stream).toMatchObject({ lostSamples: 8, gaps: 2, samples: 300 });
      expect(again.gaps(stream?.id ?? 0)).toEqual(gaps);
      again.close();
    }
    project.close();
  });

  it("leaves out what is excluded or deleted, and writes each stream of a recording to a file of its own", async () => {
    const folder = temporaryFolder();
    const project = projectWithAll(folder);
    project.addRecording({
      recording: recordingOf("both", "ok", [accelerometer, sound]),
      data: [
        { samples: new Int16Array(30), gaps: [] },
        { samples: new Int16Array(30), gaps: [] },
      ],
    });
    project.updateRecordings([1], { excluded: true });
    project.deleteRecordings([2]);
    await exportRecordings(project, "wav", join(folder, "out"));
    expect(readdirSync(join(folder, "out")).sort()).toEqual([
      "ok.both.accelerometer.wav",
      "ok.both.microphone.wav",
      "worn.odd.wav",
    ]);
    project.close();
  });

  it("never leaves the folder and never overwrites, whatever recordings are called", async () => {
    const folder = temporaryFolder();
    const project = ProjectFile.create(join(folder, "from.limpet"));
    for (const [index, name] of ["../../etc/passwd", "a/b\\c:d", "CON", "same", "SAME", "=cmd()"].entries()) {
      project.addRecording({
        recording: recordingOf(name, index < 2 ? "../x.y" : name),
        data: [{ samples: Int16Array.from([1, 2, index]), gaps: [] }],
      });
    }
    const out = join(folder, "out");
    expect(await exportRecordings(project, "csv", out)).toEqual({ files: 6 });
    const names = readdirSync(out);
    expect(names).toHaveLength(6);
    for (const name of names) expect(name).toMatch(/^[\w][\w.()-]*\.csv$/);
    expect(readdirSync(folder).sort()).toEqual(["from.limpet", "from.limpet-shm", "from.limpet-wal", "out"]);
    project.close();
  });

  it.skipIf(process.platform !== "linux")(
    "ends where the system will not make the folder, instead of trying for ever",
    async () => {
      const project = projectWithAll(temporaryFolder());
      const error = await rejectionOf("read-only", exportRecordings(project, "wav", "/proc/limpet/x"));
      expect(error.message).toContain("/proc/limpet/x cannot be written");
      project.close();
    },
  );

  it("that is cancelled leaves nothing of itself, and a folder that was there", async () => {
    const folder = temporaryFolder();
    const project = projectWithAll(folder);
    const there = join(folder, "there");
    mkdirSync(there);
    for (const out of [there, join(folder, "new")]) {
      const cancel = new AbortController();
      let files = 0;
      const work = {
        signal: cancel.signal,
        onProgress: (_stage: string, fraction: number) => {
          if (fraction > 0.2) cancel.abort();
          files = Math.max(files, existsSync(out) ? readdirSync(out).length : 0);
        },
      };
      await rejectionOf("cancelled", exportRecordings(project, "csv", out, work));
      expect(files).toBe(1);
    }
    expect(readdirSync(folder).filter((name) => !name.startsWith("from."))).toEqual(["there"]);
    expect(readdirSync(there)).toEqual([]);
    project.close();
  });

  it("refuses a folder that holds something", async () => {
    const folder = temporaryFolder();
    const project = projectWithAll(folder);
    mkdirSync(join(folder, "out"));
    writeFileSync(join(folder, "out", "mine.txt"), "mine");
    expect((await rejectionOf("usage", exportRecordings(project, "csv", join(folder, "out")))).exitCode).toBe(
      2,
    );
    expect(readdirSync(join(folder, "out"))).toEqual(["mine.txt"]);
    project.close();
  });

  it("puts nothing into a CSV that a spreadsheet would run", async () => {
    expect(csvText("=1+1")).toBe("'=1+1");
    expect(csvText("@SUM(A1)")).toBe("'@SUM(A1)");
    expect(csvText('a,"b')).toBe('"a,""b"');
    const folder = temporaryFolder();
    const project = ProjectFile.create(join(folder, "from.limpet"));
    const stream = { ...accelerometer, channels: [{ name: "=HYPERLINK(1)", unit: "" }] };
    project.addRecording({
      recording: recordingOf("a", "a", [stream]),
      data: [{ samples: Int16Array.from([1, 2]), gaps: [] }],
    });
    await exportRecordings(project, "csv", join(folder, "out"));
    const text = readFileSync(join(folder, "out", "a.csv"), "utf8");
    expect(text.split("\n")[0]).toBe("timestamp,'=HYPERLINK(1)");
    project.close();
  });

  it("writes float32 with the fewest digits that read back to it", () => {
    expect(float32Text(Math.fround(0.1))).toBe("0.1");
    expect(float32Text(Math.fround(-0.056641))).toBe("-0.056641");
    expect(float32Text(5)).toBe("5");
    for (let i = 1; i < 5000; i++) {
      const value = Math.fround(Math.sin(i) * 10 ** ((i % 76) - 38));
      expect(Math.fround(Number(float32Text(value)))).toBe(value);
    }
  });

  it("makes names that every system takes", () => {
    expect(safeName("a/b")).toBe("a_b");
    expect(safeName("..")).toBe("_");
    expect(safeName("nul")).toBe("_nul");
    expect(safeName("x".repeat(500)).length).toBe(100);
  });

  const fan = realData("ceiling-fan");
  it.skipIf(fan === null)("of an imported CSV is the same table again", async () => {
    const folder = temporaryFolder();
    const project = ProjectFile.create(join(folder, "fan.limpet"));
    await importFiles(project, [join(fan as string, "high.01.csv")]);
    await exportRecordings(project, "csv", join(folder, "out"));
    const table = (path: string): string[] => readFileSync(path, "utf8").trim().split(/\r?\n/);
    const numbers = (line: string): number[] => line.split(",").map(Number);
    const [head, ...rows] = table(join(folder, "out", "high.01.csv"));
    const [sourceHead, ...sourceRows] = table(join(fan as string, "high.01.csv"));
    expect(head).toBe(sourceHead);
    expect(rows.map(numbers)).toEqual(sourceRows.map(numbers));
    project.close();
  });
});
