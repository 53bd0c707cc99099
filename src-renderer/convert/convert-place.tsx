/** Step 5: the int8 model beside the original: what it costs, per class, in bytes and operations; export. */
import { Button } from "@mantine/core";
import { Check, Download, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ConversionReport, ExperimentInfo } from "../../src-shared/contract/index.ts";
import { useAnswer, useEngine } from "../app/engine-context.ts";
import { useKeptWork } from "../app/kept-work.ts";
import { currentExperiment, notifyError, useApp } from "../app/store.ts";
import { pickPaths } from "../widgets/file-picker.tsx";
import { NeedExperiment } from "../widgets/need-experiment.tsx";
import { OutOfDate } from "../widgets/out-of-date.tsx";
import {
  Card,
  ClassChip,
  Empty,
  ErrorMessage,
  kilobytes,
  Message,
  Page,
  percent,
  useLabels,
  WorkProgress,
} from "../widgets/parts.tsx";

const EXPORTS = [
  { format: "tflite", name: "TFLite", ending: "tflite" },
  { format: "c", name: "C array", ending: "h" },
  { format: "arduino", name: "Arduino library", ending: "zip" },
  { format: "tfjs", name: "TensorFlow.js", ending: "zip" },
  { format: "package", name: "Model package", ending: "lmp" },
  { format: "npz", name: "NumPy features", ending: "npz" },
] as const;

const QUESTION = "Does the small version still do the same?";

export function ConvertPlace() {
  const { t } = useTranslation();
  const experiment = useApp(currentExperiment);
  if (experiment === null)
    return (
      <NeedExperiment
        title={t("place.convert")}
        question={t(QUESTION)}
        text={t("Nothing to convert yet. Train a model first; the newest one is taken.")}
      />
    );
  return <Convert key={experiment.id} experiment={experiment} />;
}

function Convert({ experiment }: { experiment: ExperimentInfo }) {
  const { t } = useTranslation();
  const client = useEngine();
  const { go, notify } = useApp();
  const convert = useKeptWork("conversion:run", experiment.id);
  // Also by the command line, or before the project was closed.
  const kept = useAnswer("conversion:get-last", { experiment: experiment.id });
  const report = convert.result ?? (convert.running ? null : (kept.answer?.report ?? null));
  const save = async ({ format, name, ending }: (typeof EXPORTS)[number]): Promise<void> => {
    const [path] = await pickPaths({
      mode: "save",
      title: t(name),
      extensions: [ending],
      defaultName: `${experiment.name}.${ending}`,
    });
    if (path === undefined) return;
    const made = await client.request("experiments:export", { id: experiment.id, format, path });
    notify({
      level: "info",
      message: t("Saved {{path}} ({{size}}).", { path: made.path, size: kilobytes(made.bytes) }),
    });
  };
  return (
    <Page
      title={t("place.convert")}
      question={t(QUESTION)}
      action={
        <>
          <span className="why">{experiment.name}</span>
          {report !== null && (
            <Button
              size="md"
              variant="default"
              onClick={() => void convert.start({ experiment: experiment.id })}
            >
              {t("Convert again")}
            </Button>
          )}
          <Button
            size="md"
            loading={convert.running}
            onClick={() =>
              report === null ? void convert.start({ experiment: experiment.id }) : go("evaluate")
            }
          >
            {report === null ? t("Convert for the board") : t("Go on to evaluate")}
          </Button>
        </>
      }
    >
      <ErrorMessage error={convert.error} />
      {experiment.outOfDate && <OutOfDate />}
      {convert.running && (
        <WorkProgress
          title={t("Converting")}
          stage={convert.stage}
          fraction={convert.fraction}
          startedAt={convert.startedAt}
          onCancel={convert.cancel}
        />
      )}
      {report === null && !convert.running && !kept.asking && (
        <Empty
          text={t(
            "The trained network calculates with 32-bit numbers. A board calculates with 8-bit ones: a quarter of the memory, and much less time and power. Converting measures what that costs.",
          )}
        />
      )}
      {report !== null && <Report report={report} onSave={(one) => void save(one).catch(notifyError)} />}
    </Page>
  );
}

function Report({
  report,
  onSave,
}: {
  report: ConversionReport;
  onSave: (one: (typeof EXPORTS)[number]) => void;
}) {
  const { t } = useTranslation();
  const labels = useLabels();
  const classes = [...report.perClass].sort((a, b) => labels.indexOf(a.label) - labels.indexOf(b.label));
  const loss = report.floatAccuracy - report.int8Accuracy;
  return (
    <>
      <Message
        level={report.changed * 20 > report.windows ? "warning" : "good"}
        message={t("{{changed}} of {{windows}} validation windows are called differently.", {
          changed: report.changed,
          windows: report.windows,
        })}
        hint={
          loss <= 0
            ? t("Nothing is lost by the conversion.")
            : loss <= 0.01
              ? t("It costs {{loss}} of accuracy: no more than can be expected.", { loss: percent(loss) })
              : t(
                  "It costs {{loss}} of accuracy. Train with more varied recordings, or with another network, and convert again.",
                  { loss: percent(loss) },
                )
        }
      />
      <div className="grid2">
        <div className="stack" style={{ alignContent: "start" }}>
          <Card title={t("Original and converted, side by side")}>
            <table className="list compare">
              <thead>
                <tr>
                  <th>
                    <span className="visually-hidden">{t("What")}</span>
                  </th>
                  <th className="num">{t("Original (float)")}</th>
                  <th className="num">{t("For the board (int8)")}</th>
                </tr>
              </thead>
              <tbody>
                <tr className="main">
                  <th scope="row">{t("Right on {{windows}} windows", { windows: report.windows })}</th>
                  <td className="num">{percent(report.floatAccuracy)}</td>
                  <td className="num">{percent(report.int8Accuracy)}</td>
                </tr>
                {classes.map((one) => (
                  <tr key={one.label}>
                    <th scope="row">
                      <ClassChip label={one.label} />
                    </th>
                    <td className="num">{percent(one.floatRecall)}</td>
                    <td className="num" data-lost={one.int8Recall < one.floatRecall - 0.02}>
                      {percent(one.int8Recall)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Card>
          {report.layers.length > 0 && <Layers layers={report.layers} />}
        </div>
        <div className="stack" style={{ alignContent: "start" }}>
          <Card title={t("What goes on the board")}>
            <dl className="tiles">
              <div>
                <dt>{t("Network (.tflite)")}</dt>
                <dd>{kilobytes(report.tfliteBytes)}</dd>
              </div>
              <div>
                <dt>{t("Whole package")}</dt>
                <dd>{kilobytes(report.packageBytes)}</dd>
              </div>
              <div>
                <dt>{t("Arena (RAM)")}</dt>
                <dd>{kilobytes(report.arenaBytes)}</dd>
              </div>
            </dl>
            <h3>{t("Operations")}</h3>
            <div className="row" style={{ gap: 6 }}>
              {report.operations.map(({ name, supported }) => (
                <span className="tag" key={name} data-level={supported ? "good" : "warning"}>
                  {supported ? (
                    <Check size={13} aria-label={t("supported")} />
                  ) : (
                    <X size={13} aria-label={t("not supported")} />
                  )}
                  {name}
                </span>
              ))}
            </div>
          </Card>
          <Card title={t("Save as a file")}>
            <div className="row" style={{ gap: 8 }}>
              {EXPORTS.map((one) => (
                <Button
                  key={one.format}
                  size="xs"
                  variant="default"
                  leftSection={<Download size={14} />}
                  onClick={() => onSave(one)}
                >
                  {t(one.name)}
                </Button>
              ))}
            </div>
          </Card>
        </div>
      </div>
    </>
  );
}

/** Below this much, a layer's rounding is a tenth of its signal, which answers may show, decibels. */
const LITTLE_DB = 20;
/** What a layer of 8-bit numbers can reach at best is about this, decibels. */
const MOST_DB = 50;

/** What rounding to 8 bits adds on the way through the network. */
function Layers({ layers }: { layers: ConversionReport["layers"] }) {
  const { t } = useTranslation();
  return (
    <Card title={t("What rounding costs, layer by layer")}>
      <ul className="above layers">
        {layers.map(({ layer, signalToNoiseDb }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: layers have no identity but their place.
          <li key={index}>
            <span className="small">{layer}</span>
            <span
              className="bar"
              aria-hidden
              data-tone={signalToNoiseDb < LITTLE_DB ? "anomalous" : "normal"}
            >
              <i style={{ width: `${Math.min(100, Math.max(0, (signalToNoiseDb / MOST_DB) * 100))}%` }} />
            </span>
            <span className="num">{t("{{count}} dB", { count: Math.round(signalToNoiseDb) })}</span>
          </li>
        ))}
      </ul>
      <p className="soft small">
        {t(
          "Signal over rounding noise after each layer, with what came before. 6 dB are about one bit; below {{least}} dB answers may change.",
          { least: LITTLE_DB },
        )}
      </p>
    </Card>
  );
}
