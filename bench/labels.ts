/**
 * How many wrong labels the diagnosis finds: on copies of a dataset, labels of some recordings are changed at random; counts those that are
 * found, and sound ones that are blamed. The folder's recordings are imported with the labels that their file names begin with.
 *
 *   node bench/labels.ts FOLDER [--draws 10] [--share 0.05] [--json]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ProjectFile } from "../src-main/dataset/project-file.ts";
import { diagnose } from "../src-main/services/diagnosis-service.ts";
import { importFiles } from "../src-main/services/project-service.ts";
import { keyOf, RandomSequence, shuffled } from "../src-main/training/random.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    draws: { type: "string", default: "10" },
    share: { type: "string", default: "0.05" },
    json: { type: "boolean", default: false },
  },
});
const [source] = positionals;
if (source === undefined) throw new Error("Say which folder: node bench/labels.ts FOLDER");

const folder = mkdtempSync(join(tmpdir(), "limpet-labels-"));
const project = ProjectFile.create(join(folder, "labels.limpet"));
try {
  await importFiles(project, [source]);
  const suspects = async (): Promise<number[]> =>
    (await diagnose(project, null)).flatMap(({ kind, recordings }) =>
      kind === "label" ? (recordings ?? []) : [],
    );
  const recordings = project.recordings();
  const labels = [...new Set(recordings.map(({ label }) => label))];
  const tally = { changed: 0, found: 0, blamed: 0 };
  const unchanged = (await suspects()).length;
  for (let draw = 1; draw <= Number(values.draws); draw++) {
    const key = keyOf(draw, "order");
    const random = new RandomSequence(key);
    const count = Math.max(1, Math.round(Number(values.share) * recordings.length));
    const chosen = [...shuffled(recordings.length, key)].slice(0, count).map((place) => {
      const { id, label } = recordings[place] as (typeof recordings)[number];
      const others = labels.filter((other) => other !== label);
      project.updateRecordings([id], { label: others[random.below(others.length)] as string });
      return id;
    });
    const found = await suspects();
    tally.changed += chosen.length;
    tally.found += found.filter((id) => chosen.includes(id)).length;
    tally.blamed += found.filter((id) => !chosen.includes(id)).length;
    for (const _ of chosen) project.undo();
  }
  const result = { recordings: recordings.length, draws: Number(values.draws), unchanged, ...tally };
  console.log(
    values.json
      ? JSON.stringify(result)
      : `${result.recordings} recordings, ${result.draws} draws: ${tally.changed} labels changed, ${tally.found} found, ${tally.blamed} sound ones blamed; ${unchanged} blamed with all labels as they are.`,
  );
} finally {
  project.close();
  rmSync(folder, { recursive: true, force: true });
}
