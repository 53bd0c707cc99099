import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { makeJobReport } from "../../src-main/services/job-report.ts";
import { gatherJobReport } from "../../src-main/services/job-report-facts.ts";
import { jobReportPage } from "../../src-main/services/job-report-page.ts";
import { train } from "../../src-main/services/training-service.ts";
import { JOB_REPORT_TEXTS } from "../../src-shared/job-report-texts.ts";
import { temporaryFolder } from "../dataset/helpers.ts";
import { addTake, CLASSES, machineProject, quickDesign } from "./learning-projects.ts";

const HOSTILE = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;\u0000`;

const plainRequest = {
  experiment: 1,
  path: null,
  by: "",
  machine: "",
  note: "",
  version: "1.2.3",
  board: null,
  locale: "en",
  texts: {},
};

/** Names of all tags, and of all their attributes, that a page has. */
function tagsOf(page: string): { tags: Set<string>; attributes: Set<string> } {
  const tags = new Set<string>();
  const attributes = new Set<string>();
  for (const [, tag = "", rest = ""] of page.matchAll(
    /<\/?([a-zA-Z!][^\s>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/g,
  )) {
    tags.add(tag.toLowerCase());
    for (const [, name = ""] of rest.matchAll(/([a-zA-Z-]+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"']+)/g))
      attributes.add(name);
  }
  return { tags, attributes };
}

describe("the job report", () => {
  let project: ProjectFile;
  beforeAll(async () => {
    project = machineProject();
    await train(project, { design: quickDesign(), backend: "wasm" });
  });

  it("names what was recorded, how it was divided, what came of it, and the hashes that tie them together", async () => {
    const { html } = await makeJobReport(project, {
      ...plainRequest,
      by: "Ana Pires",
      machine: "Pump 3\nhall B",
      note: "Coupling renewed",
    });
    const row = project.experiment(1);
    expect(html).toContain("Ana Pires");
    expect(html).toContain("Pump 3<br>hall B");
    expect(html).toContain("Coupling renewed");
    expect(html).toContain("with Limpet 1.2.3");
    for (const label of Object.keys(CLASSES)) expect(html).toContain(`<th scope="row">${label}</th>`);
    expect(html).toContain("60 / 20 / 20 %, by recording");
    expect(html).toContain("15 recordings were generated, not measured.");
    expect(html).toContain(row.datasetHash);
    expect(html).toMatch(/\d+ of \d+ windows right \([\d.]+ %\), likely between/);
    expect(html).toContain("Not written to a board from this project.");
    // The package's own hash is in its header, at byte 16.
    const hash = Buffer.from(row.modelPackage?.subarray(16, 48) ?? []).toString("hex");
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(html).toContain(hash);
  });

  it("lets nothing that a user or a file brings in become part of the page", async () => {
    const hostile = machineProject(3, 4);
    hostile.saveGoal({
      ...hostile.goal(),
      sentence: HOSTILE,
      classes: [{ name: HOSTILE, description: HOSTILE }],
    });
    for (const take of [11, 12, 13])
      addTake(hostile, { label: HOSTILE, take, hz: 90, group: HOSTILE, seconds: 4 });
    hostile.applySplit({ train: 0.34, validation: 0.33, test: 0.33, by: "recording", seed: 1 });
    const { experiment } = await train(hostile, { design: quickDesign(), backend: "wasm", name: HOSTILE });
    hostile.addDeployment({
      experimentId: experiment,
      board: HOSTILE,
      report: {
        modelHash: HOSTILE,
        slot: "A",
        goldenVectors: { run: 4, identical: 4 },
        latencyMs: 1,
        powerMilliwatts: null,
      },
    });
    const { html } = await makeJobReport(hostile, {
      ...plainRequest,
      experiment,
      by: HOSTILE,
      machine: HOSTILE,
      note: HOSTILE,
      version: HOSTILE,
      board: {
        port: HOSTILE,
        board: "virtual",
        name: HOSTILE,
        firmware: HOSTILE,
        model: { name: HOSTILE, hash: HOSTILE, slot: "B", labels: [] },
        sensors: [],
      },
      locale: HOSTILE,
      texts: { Model: HOSTILE, Dataset: HOSTILE, "by {{name}}": HOSTILE },
    });
    expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(html).not.toContain("\u0000");
    const { tags, attributes } = tagsOf(html);
    const allowed =
      "!doctype html head meta title style body main header h1 h2 h3 p b section dl dt dd table thead tbody tr th td code br ul li footer span";
    expect([...tags].filter((tag) => !allowed.split(" ").includes(tag))).toEqual([]);
    expect([...attributes].sort()).toEqual(
      [
        "charset",
        "class",
        "colspan",
        "content",
        "data-kind",
        "data-met",
        "http-equiv",
        "lang",
        "name",
        "rowspan",
        "scope",
      ].sort(),
    );
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  it("speaks the language that it is handed, and writes numbers and dates as that place does", async () => {
    const german = Object.fromEntries(JOB_REPORT_TEXTS.map((text) => [text, `«${text}»`]));
    const { html } = await makeJobReport(project, { ...plainRequest, locale: "de-DE", texts: german });
    expect(html).toContain('<html lang="de-DE">');
    expect(html).toContain("<h1>«Job report»</h1>");
    expect(html).toMatch(/«\d+ of \d+ windows right \([\d,]+ %\)/);
  });

  it("says the goal of an example in the language that it is handed", async () => {
    const report = await gatherJobReport(project, plainRequest);
    const classes = [{ name: "normal", description: "It runs." }];
    const goal = { ...report.project.goal, sentence: "Tell how it runs.", classes };
    const texts = { "Tell how it runs.": "Erkennen, wie es läuft.", "It runs.": "Es läuft." };
    const html = jobReportPage(
      { ...report, project: { ...report.project, goal } },
      { locale: "de-DE", texts },
    );
    expect(html).toContain("Erkennen, wie es läuft.");
    expect(html).toContain("normal (Es läuft.)");
  });

  it("parts thousands from five digits on, as the window does", async () => {
    const report = await gatherJobReport(project, plainRequest);
    const [sensor] = report.dataset.sensors;
    if (sensor === undefined) throw new Error("The report has no sensor.");
    const sensors = [1600, 16_000].map((rateHz) => ({ ...sensor, rateHz }));
    const dataset = { ...report.dataset, sensors };
    const html = jobReportPage({ ...report, dataset }, { locale: "de-DE", texts: {} });
    expect(html).toContain("1600 Hz");
    expect(html).toContain("16.000 Hz");
  });

  it("says that nothing was tested where no recording was held back", async () => {
    const untested = machineProject(3, 4);
    untested.applySplit({ train: 0.6, validation: 0.4, test: 0, by: "recording", seed: 1 });
    const { experiment } = await train(untested, { design: quickDesign(), backend: "wasm" });
    const { html } = await makeJobReport(untested, { ...plainRequest, experiment });
    expect(html).toContain("Not tested: there are no recordings that the model has not seen.");
    expect(html).toContain("not converted");
  });

  it("is written as a whole, in place of an older one; a folder is refused", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "new", "report.html");
    const made = await makeJobReport(project, { ...plainRequest, path });
    expect(made.path).toBe(path);
    expect(readFileSync(path, "utf8")).toBe(made.html);
    expect(made.bytes).toBe(readFileSync(path).byteLength);
    await makeJobReport(project, { ...plainRequest, path, note: "second" });
    expect(readFileSync(path, "utf8")).toContain("second");
    expect(existsSync(`${path}.part`)).toBe(false);
    mkdirSync(join(folder, "sub"));
    await expect(
      makeJobReport(project, { ...plainRequest, path: join(folder, "sub") }),
    ).rejects.toMatchObject({
      code: "usage",
      field: "path",
    });
  });

  it("counts on an experiment that is there", async () => {
    await expect(makeJobReport(project, { ...plainRequest, experiment: 99 })).rejects.toMatchObject({
      code: "not-found",
    });
  });
});
