/** The engine's sentences in the window's language: each template is still one of the engine's, and real messages are met by them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import i18next from "i18next";
import { beforeAll, expect, test } from "vitest";
import { readEngineSpeech } from "../../../scripts/engine-errors.ts";
import { readEngineTexts } from "../../../scripts/texts.ts";
import { ProjectFile } from "../../../src-main/dataset/project-file.ts";
import { recordingFindings } from "../../../src-main/dataset/quality.ts";
import { createProject } from "../../../src-main/services/example-service.ts";
import { describeNetwork } from "../../../src-main/training/describe-network.ts";
import { diagnoseFit } from "../../../src-main/training/diagnosis.ts";
import { asLimpetError } from "../../../src-renderer/connection/client.ts";
import { said, saidOfExample, say } from "../../../src-renderer/locales/engine-texts.ts";
import { LANGUAGES } from "../../../src-renderer/locales/languages.ts";
import { networkDesign } from "../../../src-shared/design.ts";
import { ERROR_CODES, type LimpetError } from "../../../src-shared/errors.ts";

const others = Object.entries(LANGUAGES).filter(([tag]) => tag !== "en");
const holes = (text: string): string =>
  [...text.matchAll(/\{\{\d+\}\}/g)]
    .map(([hole]) => hole)
    .sort()
    .join();

/** Said by the library that checks values, and words that lists are joined by. */
const OTHERS = /(^|: )(Invalid |Too (small|big): |Unrecognized key)|^\{\{1\}\}; or \{\{2\}\}$/;

beforeAll(async () => {
  const resources = Object.fromEntries(
    Object.entries(LANGUAGES).map(([tag, { texts }]) => [tag, { translation: texts }]),
  );
  await i18next.init({ lng: "de", fallbackLng: "en", resources, keySeparator: false, nsSeparator: false });
});

test.each(others)(
  "the sentences in the engine's book of %s are those that the engine says",
  (_tag, { engine }) => {
    const spoken = readEngineTexts();
    const wordings = [...readEngineSpeech().wordings];
    // A template may leave more open than the source does: a clause of its own, which is met in the book for itself.
    const isSaid = (template: string): boolean => {
      const fixed = template.split(/\{\{\d+\}\}/).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
      const pattern = new RegExp(`^${fixed.join("[^]*")}$`);
      return wordings.some((wording) => pattern.test(wording));
    };
    const gone = Object.keys(engine).filter(
      (template) => !spoken.has(template) && !OTHERS.test(template) && !isSaid(template),
    );
    expect(gone).toEqual([]);
  },
);

test.each(others)(
  "sentences of the engine's book of %s fill in what the English ones do",
  (_tag, { engine }) => {
    expect(Object.entries(engine).filter(([english, text]) => holes(english) !== holes(text))).toEqual([]);
  },
);

test.each(others)(
  "every kind of error has a headline in %s, for messages that stay English",
  (_tag, { texts }) => {
    expect(Object.keys(ERROR_CODES).filter((code) => !(`error.${code}` in texts))).toEqual([]);
  },
);

function failureOf(work: () => unknown): LimpetError {
  try {
    work();
  } catch (error) {
    return asLimpetError(error);
  }
  throw new Error("It did not fail.");
}

test("a project that is not there and a file that is none are refused in German", () => {
  const folder = mkdtempSync(join(tmpdir(), "limpet-texts-"));
  const path = join(folder, "Pumpe.limpet");
  const missing = failureOf(() => ProjectFile.open(path));
  expect(said(missing.message)).toBe(`Unter ${path} ist kein Projekt.`);
  expect(said(missing.hint ?? "")).toBe("Prüfen Sie den Pfad, oder legen Sie ein neues Projekt an.");
  writeFileSync(path, "kein Projekt");
  expect(said(failureOf(() => ProjectFile.open(path)).message)).toBe(`${path} ist kein Limpet-Projekt.`);
  rmSync(folder, { recursive: true });
});

test("findings about a recording are said in German, with numbers as German writes them", () => {
  const stream = { sensor: "accel", samples: 99_000, lostSamples: 1000, gaps: 3 };
  const [generated, cut, lost, short] = recordingFindings({
    seconds: 0.5,
    incomplete: true,
    origin: "generated",
    streams: [stream],
  });
  expect(said(generated?.message ?? "")).toBe("Von Limpet erzeugt, nicht gemessen.");
  expect(said(cut?.message ?? "")).toMatch(
    /^Nach 0,50? s abgebrochen; was bis dahin aufgenommen war, ist erhalten\.$/,
  );
  expect(said(lost?.message ?? "")).toMatch(
    /^1.?000 Werte verloren bei accel \(1(,0)?\u00a0%\) in 3 Stellen: /,
  );
  expect(said(short?.message ?? "")).toMatch(/^Nur 0,50? s lang\.$/);
});

test("what the curves of a training say is said in German as a whole", () => {
  const context = {
    task: "classification",
    outputs: 3,
    epochs: 20,
    windows: 300,
    parameters: 900,
    stoppedEarly: false,
  } as const;
  for (const [accuracy, validationAccuracy, fit] of [
    [0.97, 0.96, "good"],
    [0.45, 0.42, "underfit"],
  ] as const) {
    const history = [{ epoch: 1, loss: 0.2, accuracy, validationLoss: 0.2, validationAccuracy }];
    const diagnosis = diagnoseFit(history, context);
    expect(diagnosis.fit).toBe(fit);
    const { text, known } = say(diagnosis.advice);
    expect(known, diagnosis.advice).toBe(true);
    expect(text).toMatch(/^Das Netz .*Als Nächstes: /);
    expect(text).not.toMatch(/\{\{|\b(the|and|windows)\b/);
    // A figure and its per cent are never parted at the end of a line.
    expect(text).toContain(`${Math.round(100 * accuracy)}\u00a0% richtig`);
  }
});

test("a sentence without a template stays as it is and says so; names of the user's are never translated", () => {
  expect(say("Something that nobody has translated yet.")).toEqual({
    text: "Something that nobody has translated yet.",
    known: false,
  });
  // A class may be called as one of our own words is.
  expect(
    said(
      "{{1}} has only {{2}} windows for training: record more of it."
        .replace("{{1}}", "converted")
        .replace("{{2}}", "3"),
    ),
  ).toMatch(/^converted hat nur 3 Fenster/);
});

test("what examples say of themselves is said in German; a word of the user's is left alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "limpet-examples-"));
  for (const example of ["sine", "gestures"] as const) {
    const project = await createProject(join(folder, `${example}.limpet`), example);
    const { sentence, classes } = project.goal();
    const notes = project.recordings().map((recording) => recording.notes);
    project.close();
    expect(notes.length).toBeGreaterThan(0);
    const texts = [sentence, ...classes.map(({ description }) => description), ...notes];
    for (const text of texts.filter((one) => one !== "")) {
      expect(saidOfExample(text), text).not.toBe(text);
      expect(say(text).known, text).toBe(true);
    }
  }
  rmSync(folder, { recursive: true });
  // Both are texts of the window, too.
  for (const text of ["Start", "Power"]) {
    expect(said(text)).not.toBe(text);
    expect(saidOfExample(text)).toBe(text);
  }
});

test("layers of networks of every kind have German names, with and without their rectifier", () => {
  const names = [
    { kind: "dense", units: [8], batchNormalisation: true },
    { kind: "conv1d", filters: [4, 8] },
    { kind: "conv2d", filters: [4] },
    { kind: "ds-cnn", filters: 4 },
  ].flatMap((network) => {
    const design = networkDesign.parse(network);
    return describeNetwork(design, network.kind === "dense" ? [12] : [40, 20], 3, "classification").layers;
  });
  expect(names.some(({ name }) => name.endsWith(", ReLU"))).toBe(true);
  for (const { name } of names) {
    expect(said(name), name).not.toMatch(/[Cc]onvolution|filters|pool|average|normalisation/);
  }
});

test("two sentences are translated together or not at all", () => {
  expect(said("No project is open. Open a project, or make a new one.")).toBe(
    "Es ist kein Projekt offen. Öffnen Sie ein Projekt, oder legen Sie ein neues an.",
  );
  expect(say("No project is open. And this is unknown.").known).toBe(false);
});
