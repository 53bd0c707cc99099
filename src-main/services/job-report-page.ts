/**
 * A job report as one HTML page that needs nothing else: no script, no address, print and screen alike. Everything in it is escaped,
 * and its content policy lets nothing run or load. Knows the facts' shape; gathers none.
 */
import type { EvaluationReport } from "../../src-shared/contract/index.ts";
import type { JobReport } from "./job-report-facts.ts";
import { type JobReportLanguage, localeOf, type Say, type Writer, writerOf } from "./job-report-language.ts";
import { html, Markup } from "./job-report-markup.ts";
import { JOB_REPORT_STYLE } from "./job-report-style.ts";

/** The whole page. Never throws for what the facts hold. */
export function jobReportPage(report: JobReport, language: JobReportLanguage): string {
  const writer = writerOf(language);
  const { say, date } = writer;
  const title = `${say("Job report")} – ${report.project.name}`;
  const page = html`<!doctype html>
<html lang="${localeOf(language.locale)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(JOB_REPORT_STYLE)}</style>
</head>
<body>
<main>
<header>
<h1>${say("Job report")}</h1>
<p class="name">${report.project.name}</p>
<p>${say("Made on {{date}}", { date: date(report.madeAt) })}${report.by !== "" && html` ${say("by {{name}}", { name: report.by })}`}, ${say("with Limpet {{version}}", { version: report.version })}</p>
</header>
${inShort(report, writer)}
${words(report, writer)}
${dataset(report, writer)}
${model(report, writer)}
${test(report, writer)}
${boards(report, writer)}
<footer>
<p>${say("Made from the project's own records. The hashes tie data, model and board together: the board names the same hash when it is asked.")}</p>
<p class="signature">${say("Signature")}</p>
</footer>
</main>
</body>
</html>
`;
  return page.text;
}

type Row = readonly [string, string | number | Markup | null];

/** Names with their values; what is null is left out. */
function pairs(rows: readonly Row[]): Markup {
  const shown = rows.filter(([, value]) => value !== null);
  return html`<dl>${shown.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

type Cell = string | number | Markup;

/** A table; the first column names the row, the others are figures. */
function figures(head: readonly string[], rows: readonly (readonly Cell[])[]): Markup {
  return html`<table><thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first = "", ...rest]) =>
      html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table>`;
}

const hash = (value: string): Markup => html`<code>${value}</code>`;

function inShort({ test: result, project, dataset: data }: JobReport, writer: Writer): Markup {
  const { say, percent, number } = writer;
  const { goal } = project;
  if (result === null) {
    return html`<section class="verdict" data-met="unknown"><h2>${say("In short")}</h2>
<p><b>${say("Not tested: there are no recordings that the model has not seen.")}</b></p></section>`;
  }
  const { regression } = result;
  if (regression !== undefined) {
    return html`<section class="verdict" data-met="${regression.r2 >= goal.accuracy ? "yes" : "no"}"><h2>${say("In short")}</h2>
<p><b>${say("Mean error {{mae}}, root mean square error {{rmse}}, R² {{r2}}, on {{windows}} windows.", {
      mae: number(regression.mae, 4),
      rmse: number(regression.rmse, 4),
      r2: number(regression.r2, 3),
      windows: number(result.windows),
    })}</b></p></section>`;
  }
  const met = result.accuracy >= goal.accuracy;
  const [low, high] = result.accuracyInterval;
  return html`<section class="verdict" data-met="${met ? "yes" : "no"}"><h2>${say("In short")}</h2>
<p><b>${say(
    "{{right}} of {{windows}} windows right ({{accuracy}}), likely between {{low}} and {{high}} (95 %).",
    {
      right: number(Math.round(result.accuracy * result.windows)),
      windows: number(result.windows),
      accuracy: percent(result.accuracy),
      low: percent(low),
      high: percent(high),
    },
  )}</b></p>
<p>${say(met ? "The goal of {{goal}} is met." : "The goal of {{goal}} is not met.", { goal: percent(goal.accuracy) })} ${say(
    "Whole recordings: {{right}} of {{count}} right.",
    {
      right: number(Math.round(result.recordings.accuracy * result.recordings.count)),
      count: number(result.recordings.count),
    },
  )}</p>
${data.changedSince && html`<p class="mind">${say("Recordings were changed after this model was trained.")}</p>`}
</section>`;
}

/** What the technician and the goal say. */
function words({ machine, note, project }: JobReport, { say, own, percent }: Writer): Markup {
  const { goal } = project;
  const classes = goal.classes.map(({ name, description }) =>
    description === "" ? name : `${name} (${own(description)})`,
  );
  return html`<section><h2>${say("Project")}</h2>${pairs([
    [say("Machine and place"), machine === "" ? null : lines(machine)],
    [say("Notes"), note === "" ? null : lines(note)],
    [say("Goal"), goal.sentence === "" ? null : own(goal.sentence)],
    [say("Classes"), classes.length === 0 ? null : classes.join(", ")],
    [say("Wanted"), percent(goal.accuracy)],
    [say("File"), project.file],
  ])}</section>`;
}

const lines = (text: string): Markup =>
  html`${text.split(/\r?\n/).map((line, index) => (index === 0 ? html`${line}` : html`<br>${line}`))}`;

function dataset({ dataset: data }: JobReport, writer: Writer): Markup {
  const { say, number, day } = writer;
  const { labels } = data;
  const sum = (of: (row: (typeof labels)[number]) => number): number =>
    labels.reduce((total, row) => total + of(row), 0);
  return html`<section><h2>${say("Dataset")}</h2>${figures(
    [say("Class"), say("Recordings"), say("Seconds"), say("Training"), say("Validation"), say("Test")],
    [
      ...labels.map((row) => [
        row.label,
        number(row.recordings),
        number(row.seconds, 1),
        number(row.train),
        number(row.validation),
        number(row.test),
      ]),
      [
        say("Total"),
        number(sum(({ recordings }) => recordings)),
        number(
          sum(({ seconds }) => seconds),
          1,
        ),
        number(sum(({ train }) => train)),
        number(sum(({ validation }) => validation)),
        number(sum(({ test: held }) => held)),
      ],
    ],
  )}${figures(
    [say("Sensor"), say("Channels"), say("Rate"), say("Samples lost")],
    data.sensors.map(({ sensor, channels, rateHz, lostSamples }) => [
      sensor,
      channels.join(", "),
      `${number(rateHz, 3)} Hz`,
      number(lostSamples),
    ]),
  )}${pairs([
    [
      say("Recorded"),
      data.span === null
        ? null
        : say("{{first}} to {{last}}", { first: day(data.span[0]), last: day(data.span[1]) }),
    ],
    [say("Sources"), shortList(data.sources)],
    [
      say("Groups (machine, day, session)"),
      data.groups.length === 0 ? say("none named") : shortList(data.groups),
    ],
    [
      say("Origin"),
      data.generated === 0
        ? null
        : html`<span class="mind">${say("{{count}} recordings were generated, not measured.", { count: number(data.generated) })}</span>`,
    ],
    [say("Left out of training"), data.excluded === 0 ? null : number(data.excluded)],
    [say("Split"), splitText(data.split, say)],
    [say("Dataset hash (SHA-256)"), hash(data.hash)],
  ])}</section>`;
}

/** Names of a list that may hold a thousand files. */
const SHOWN_NAMES = 6;
const shortList = (names: readonly string[]): string =>
  names.length <= SHOWN_NAMES
    ? names.join(", ")
    : `${names.slice(0, SHOWN_NAMES).join(", ")} … (${names.length})`;

function splitText(split: JobReport["dataset"]["split"], say: Say): string {
  if (split === null) return say("not divided");
  const parts = [split.train, split.validation, split.test].map((part) => Math.round(part * 100)).join(" / ");
  const how = {
    recording: say("by recording: whole recordings are on one side"),
    group: say("by group: all recordings of a group are on one side"),
    window: say(
      "by window: windows of one recording are on several sides, so the test may look better than it is",
    ),
  }[split.by];
  const held =
    split.holdout === undefined
      ? ""
      : `, ${say("with everything named {{pattern}} held back", { pattern: split.holdout })}`;
  return `${parts} %, ${how}${held}`;
}

function model({ model: made, project }: JobReport, { say, own, number, percent, date }: Writer): Markup {
  const { design } = made;
  const file = (part: { bytes: number; hash: string } | null): Markup =>
    part === null
      ? html`${say("not converted")}`
      : html`${say("{{bytes}} bytes", { bytes: number(part.bytes) })}<br>${hash(part.hash)}`;
  const features = design.inputs.map(
    ({ sensor, channels, rateHz, features: { block } }) =>
      `${sensor} (${channels.join(", ")}; ${number(rateHz, 3)} Hz): ${block}`,
  );
  return html`<section><h2>${say("Model")}</h2>${pairs([
    [say("Name"), `${made.name} (#${made.id})`],
    [
      say("Trained"),
      `${date(made.createdAt)}; ${say("{{epochs}} epochs in {{seconds}} s, by {{backend}}", {
        epochs: made.epochs,
        seconds: number(made.trainSeconds, 1),
        backend: made.backend,
      })}`,
    ],
    [
      say("Window"),
      say("{{length}} ms every {{stride}} ms", {
        length: number(design.window.lengthMs),
        stride: number(design.window.strideMs),
      }),
    ],
    [say("Features"), html`${features.map((one, index) => html`${index > 0 && new Markup("<br>")}${one}`)}`],
    [say("Network"), networkText(design.network)],
    [
      say("Validation"),
      project.goal.task === "regression"
        ? `R² ${number(made.validationAccuracy, 3)}`
        : percent(made.validationAccuracy),
    ],
    [say("Verdict"), own(made.advice)],
    [say("Network file (.tflite)"), file(made.tflite)],
    [say("Model package"), file(made.package)],
  ])}</section>`;
}

function networkText(network: JobReport["model"]["design"]["network"]): string {
  switch (network.kind) {
    case "dense":
      return `dense ${network.units.join("-")}`;
    case "ds-cnn":
      return `ds-cnn ${network.blocks} x ${network.filters}`;
    default:
      return `${network.kind} ${network.filters.join("-")}`;
  }
}

function test({ test: result }: JobReport, writer: Writer): Markup {
  const { say, own, number, percent } = writer;
  if (result === null) return html``;
  const { perClass, groups, warnings, regression, anomaly } = result;
  const share = (value: number | null): string => (value === null ? "–" : percent(value));
  return html`<section><h2>${say("Test on recordings that were held back")}</h2>${
    regression === undefined &&
    html`${figures(
      [say("Class"), say("Precision"), say("Recall"), "F1", say("Windows")],
      Object.entries(perClass).map(([label, one]) => [
        label,
        percent(one.precision),
        percent(one.recall),
        number(one.f1, 3),
        number(one.support),
      ]),
    )}${confusion(result.confusion, writer)}`
  }${
    groups.length > 0 &&
    figures(
      [say("Group"), say("Windows"), say("Accuracy")],
      groups.map(({ group, windows, accuracy }) => [group, number(windows), percent(accuracy)]),
    )
  }${pairs([
    [say("Thresholds"), regression === undefined ? thresholdText(result.thresholds, writer) : null],
    [
      say("Area under the ROC curve"),
      result.auc === null || regression !== undefined ? null : number(result.auc, 3),
    ],
    [
      say("Anomaly score"),
      anomaly === undefined
        ? null
        : say(
            "threshold {{threshold}}, area under the ROC curve {{auc}}, false alarms {{false}}, detected {{detected}}",
            {
              threshold: number(anomaly.threshold, 3),
              auc: anomaly.auc === null ? "–" : number(anomaly.auc, 3),
              false: share(anomaly.falseAlarms),
              detected: share(anomaly.detected),
            },
          ),
    ],
  ])}${
    warnings.length > 0 &&
    html`<h3>${say("What to keep in mind")}</h3><ul>${warnings.map((one) => html`<li>${own(one)}</li>`)}</ul>`
  }</section>`;
}

function thresholdText(thresholds: EvaluationReport["thresholds"], { say, number }: Writer): string {
  const set = Object.entries(thresholds).filter(([, score]) => score > 0);
  if (set.length === 0) return say("none: the class with the highest score is the answer");
  const each = set.map(([label, score]) => `${label} ${number(score, 3)}`).join(", ");
  return `${each}; ${say("a lower score is called unknown")}`;
}

function confusion({ labels, matrix }: EvaluationReport["confusion"], { say, number }: Writer): Markup {
  return html`<table class="matrix"><thead>
<tr><th rowspan="2" scope="col">${say("Was")}</th><th colspan="${labels.length}" scope="colgroup">${say("Called")}</th></tr>
<tr>${labels.map((label) => html`<th scope="col">${label}</th>`)}</tr></thead>
<tbody>${labels.map(
    (was, row) =>
      html`<tr><th scope="row">${was}</th>${labels.map((_called, column) => {
        const count = matrix[row]?.[column] ?? 0;
        const kind = row === column ? "right" : count > 0 ? "wrong" : "none";
        return html`<td data-kind="${kind}">${number(count)}</td>`;
      })}</tr>`,
  )}</tbody></table>`;
}

function boards({ board, deployments, model: made }: JobReport, writer: Writer): Markup {
  const { say, number, date } = writer;
  return html`<section><h2>${say("Board")}</h2>${
    board !== null &&
    pairs([
      [
        say("On the board now"),
        `${board.name}: ${onBoard(
          board.model,
          // Settings for running alone are part of what is written, so a deployment may have a hash of its own.
          [made.package?.hash ?? "", ...deployments.map(({ modelHash }) => modelHash)],
          say,
        )}`,
      ],
      [say("Firmware"), board.firmware],
      [say("Port"), board.port],
      [say("Slot"), board.model?.slot ?? null],
      [say("Model on the board (SHA-256)"), board.model === null ? null : hash(board.model.hash)],
    ])
  }<h3>${say("Written to boards")}</h3>${
    deployments.length === 0
      ? html`<p>${say("Not written to a board from this project.")}</p>`
      : html`${deployments.map((one) =>
          pairs([
            [say("When"), `${date(one.at)}, ${one.board}, ${say("Slot")} ${one.slot}`],
            [say("Proof"), say("{{identical}} of {{run}} test windows identical", one.goldenVectors)],
            [say("Each answer"), one.latencyMs === null ? null : `${number(one.latencyMs, 1)} ms`],
            [say("Power"), one.powerMilliwatts === null ? null : `${number(one.powerMilliwatts, 3)} mW`],
            [say("Model on the board (SHA-256)"), hash(one.modelHash)],
          ]),
        )}`
  }</section>`;
}

function onBoard(
  found: { readonly name: string; readonly hash: string } | null,
  wanted: readonly string[],
  say: Say,
): string {
  if (found === null) return say("No model is on the board.");
  return wanted.includes(found.hash)
    ? say("This model is on the board.")
    : say("Another model is on the board: {{name}}.", { name: found.name });
}
