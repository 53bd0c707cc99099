/**
 * What is wrong with a project's data or doubtful, in plain words, each with one next step: channels that carry nothing, the same measurement
 * twice, leaks, labels that look wrong, imbalance, fit, what to record next. Puts the checks together; each is somewhere of its own.
 */
import type { DiagnosisFinding } from "../../src-shared/contract/index.ts";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { checkLeaks } from "../features/check-design.ts";
import { planDataset, type RecordingWindows } from "../features/dataset-windows.ts";
import { usable } from "../features/sensor-choice.ts";
import { diagnoseChannels } from "./diagnosis/channels.ts";
import { diagnoseDuplicates } from "./diagnosis/duplicates.ts";
import { crossChecks } from "./diagnosis/held-out.ts";
import { balanceFindings } from "./diagnosis/what-to-record.ts";
import { loadExperiment } from "./experiment.ts";
import { chosenDesign, featuresOf, type LearningPlan, planLearning, type Table } from "./learning-data.ts";

const SEVERITIES = ["error", "warning", "info"] as const;

/** What is looked at of a large project. */
const MOST_RECORDINGS = 800;
const MOST_WINDOWS = 20_000;
/** Parts of the whole, for progress. */
const CHANNELS_END = 0.1;
const FEATURES_END = 0.3;
const DUPLICATES_END = 0.4;

/**
 * Looks through the project with the design of an experiment, or else its own. The worst findings come first. Throws `not-found` for an
 * experiment that is not there, `cancelled`. Where no windows can be cut, that is the finding.
 */
export async function diagnose(
  project: ProjectFile,
  experiment: number | null,
  work: WorkOptions = {},
): Promise<DiagnosisFinding[]> {
  const part = (from: number, to: number): WorkOptions => ({
    signal: work.signal,
    onProgress: (stage, fraction) => work.onProgress?.(stage, from + (to - from) * fraction),
  });
  const fit = experiment === null ? [] : fitFindings(project, experiment);
  const findings = [...fit, ...(await diagnoseChannels(project, part(0, CHANNELS_END)))];
  const learning = learningOf(project, experiment);
  if ("finding" in learning) return [...findings, learning.finding];
  const table = await tableOf(project, learning, part(CHANNELS_END, FEATURES_END));
  findings.push(...leakFindings(project, learning));
  findings.push(
    ...(await diagnoseDuplicates(project, learning.design, table, part(FEATURES_END, DUPLICATES_END))),
  );
  throwIfCancelled(work.signal);
  if (learning.design.task === "classification") {
    findings.push(...balanceFindings(table));
    findings.push(...(await crossChecks(learning.design, table, part(DUPLICATES_END, 1))));
  }
  work.onProgress?.("diagnosed", 1);
  const rank = ({ severity }: DiagnosisFinding): number => SEVERITIES.indexOf(severity);
  return findings.sort((a, b) => rank(a) - rank(b));
}

/** The windows as the design cuts them; a finding where that cannot be. */
function learningOf(
  project: ProjectFile,
  experiment: number | null,
): Pick<LearningPlan, "design" | "plan"> | { readonly finding: DiagnosisFinding } {
  if (experiment !== null) {
    const { design } = loadExperiment(project, experiment);
    return { design, plan: planDataset(project, design) };
  }
  const refusal = (message: string): { finding: DiagnosisFinding } => ({
    finding: {
      kind: "record",
      severity: "error",
      message,
      hint: "Record or import more, or change the design; then look again.",
      place: usable(project.recordings()).length === 0 ? "collect" : "design",
    },
  });
  if (usable(project.recordings()).length === 0) return refusal("There are no recordings to look at.");
  try {
    const learning = planLearning(project, chosenDesign(project, {}));
    const stop = learning.findings.find(({ level, field }) => level === "error" && field !== "split");
    return stop === undefined ? learning : refusal(stop.message);
  } catch (error) {
    if (!(error instanceof LimpetError) || error.code !== "invalid-design") throw error;
    return refusal(error.message);
  }
}

/** Features of the windows that are looked at: all, or where that would take too long an even choice of each label's recordings. */
function tableOf(
  project: ProjectFile,
  { design, plan }: Pick<LearningPlan, "design" | "plan">,
  work: WorkOptions,
): Promise<Table> {
  return featuresOf(project, { design, plan: manageable(plan) }, work);
}

export function manageable(plan: readonly RecordingWindows[]): readonly RecordingWindows[] {
  const used = plan.filter(({ windows }) => windows.length > 0);
  const total = used.reduce((sum, { windows }) => sum + windows.length, 0);
  if (used.length <= MOST_RECORDINGS && total <= MOST_WINDOWS) return used;
  const byLabel = new Map<string, RecordingWindows[]>();
  for (const one of used) {
    const own = byLabel.get(one.recording.label);
    if (own === undefined) byLabel.set(one.recording.label, [one]);
    else own.push(one);
  }
  const each = Math.max(1, Math.floor(MOST_RECORDINGS / byLabel.size));
  const windows = Math.max(1, Math.floor(MOST_WINDOWS / Math.min(used.length, MOST_RECORDINGS)));
  return [...byLabel.values()]
    .flatMap((own) => evenly(own, each))
    .map((one) => ({ recording: one.recording, windows: evenly(one.windows, windows) }));
}

/** At most `count` of a list, evenly spread. */
const evenly = <T>(list: readonly T[], count: number): readonly T[] =>
  list.length <= count
    ? list
    : Array.from({ length: count }, (_, index) => list[Math.floor((index * list.length) / count)] as T);

/** Windows or groups that the test shares with the training. */
function leakFindings(project: ProjectFile, { plan }: Pick<LearningPlan, "plan">): DiagnosisFinding[] {
  const options = project.splitOptions();
  return checkLeaks(plan, options).map(({ message }) => ({
    kind: "leakage",
    severity: "error",
    message,
    hint:
      options?.by === "window"
        ? "Split by recording (`limpet split --by recording`), or by group where recordings belong together."
        : "Split by group (`limpet split --by group`).",
    place: "collect",
  }));
}

/** Under- or overfitting of an experiment, as its training said it. */
function fitFindings(project: ProjectFile, id: number): DiagnosisFinding[] {
  const { name, result } = loadExperiment(project, id);
  if (result.fit === "good") return [];
  const [what, next] = splitAdvice(result.advice);
  return [
    {
      kind: "fit",
      severity: "warning",
      message: `${name} ${result.fit === "overfit" ? "overfits" : "underfits"}: ${what}`,
      hint: next,
      place: result.fit === "overfit" ? "collect" : "design",
    },
  ];
}

/** What the advice says, and the next step that it names. */
function splitAdvice(advice: string): [string, string] {
  const at = advice.indexOf(" Next: ");
  return at < 0
    ? [advice, "Change the design, or record more."]
    : [advice.slice(0, at), sentence(advice.slice(at + " Next: ".length))];
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
