/** Step 5: the int8 model beside the original: what it costs, per class, in bytes and operations; export. */
import { Button } from "@mantine/core";
import { Check, Download, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useEngine, useWork } from "../app/engine-context.ts";
import { currentExperiment, notifyError, useApp } from "../app/store.ts";
import { pickPaths } from "../widgets/file-picker.tsx";
import { NeedExperiment } from "../widgets/need-experiment.tsx";
import { Card, ErrorMessage, kilobytes, Message, Page, percent, WorkProgress } from "../widgets/parts.tsx";

const EXPORTS = [
  { format: "tflite", name: "TFLite", ending: "tflite" },
  { format: "c", name: "C array", ending: "h" },
  { format: "arduino", name: "Arduino library", ending: "zip" },
  { format: "package", name: "Model package", ending: "lmp" },
  { format: "npz", name: "NumPy features", ending: "npz" },
] as const;

export function ConvertPlace() {
  const { t } = useTranslation();
  const client = useEngine();
  const experiment = useApp(currentExperiment);
  const { go, notify } = useApp();
  const convert = useWork("conversion:run");
  const question = t("Does the small version still do the same?");
  if (experiment === null)
    return (
      <NeedExperiment
        title={t("place.convert")}
        question={question}
        text={t("Nothing to convert yet. Train a model first; the newest one is taken.")}
      />
    );
  const report = convert.result;
  const save = async ({ format, name, ending }: (typeof EXPORTS)[number]): Promise<void> => {
    const [path] = await pickPaths({
      mode: "save",
      title: name,
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
      question={question}
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
      {experiment.outOfDate && (
        <Message
          level="warning"
          message={t("The model is out of date: recordings were changed after training.")}
          hint={t("Train again, or convert this one anyway.")}
        />
      )}
      {convert.running && (
        <WorkProgress
          title={t("Converting")}
          stage={convert.stage}
          fraction={convert.fraction}
          startedAt={convert.startedAt}
          onCancel={convert.cancel}
        />
      )}
      {report === null && !convert.running && (
        <Card title={experiment.name}>
          <p>
            {t(
              "The trained network uses 32-bit numbers. A board computes with 8-bit ones: a quarter of the memory, and much less time and power. Converting measures what that costs.",
            )}
          </p>
        </Card>
      )}
      {report !== null && (
        <>
          <Message
            level={report.changed * 20 > report.windows ? "warning" : "good"}
            message={t("{{changed}} of {{windows}} validation windows are called differently.", {
              changed: report.changed,
              windows: report.windows,
            })}
          />
          <div className="grid2">
            <Card title={t("Original (float)")}>
              <p className="figure">{percent(report.floatAccuracy)}</p>
              <p className="soft">
                {t("right on {{windows}} validation windows", { windows: report.windows })}
              </p>
            </Card>
            <Card title={t("For the board (int8)")}>
              <p className="figure">{percent(report.int8Accuracy)}</p>
              <p className="soft">
                {t("TFLite {{tflite}}, package {{pack}}, arena {{arena}}", {
                  tflite: kilobytes(report.tfliteBytes),
                  pack: kilobytes(report.packageBytes),
                  arena: kilobytes(report.arenaBytes),
                })}
              </p>
            </Card>
          </div>
          <div className="grid2">
            <Card title={t("Each class: found (recall)")}>
              <table className="list">
                <thead>
                  <tr>
                    <th>{t("Class")}</th>
                    <th className="num">float</th>
                    <th className="num">int8</th>
                  </tr>
                </thead>
                <tbody>
                  {report.perClass.map((one) => (
                    <tr key={one.label}>
                      <td>{one.label}</td>
                      <td className="num">{percent(one.floatRecall)}</td>
                      <td className="num">{percent(one.int8Recall)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Card>
            <Card title={t("Operations")}>
              <div className="row">
                {report.operations.map(({ name, supported }) => (
                  <span className="chip" key={name}>
                    {supported ? (
                      <Check size={14} aria-label={t("supported")} />
                    ) : (
                      <X size={14} aria-label={t("not supported")} />
                    )}{" "}
                    {name}
                  </span>
                ))}
              </div>
              <h3>{t("Save as a file")}</h3>
              <div className="row">
                {EXPORTS.map((one) => (
                  <Button
                    key={one.format}
                    size="xs"
                    variant="default"
                    leftSection={<Download size={14} />}
                    onClick={() => void save(one).catch(notifyError)}
                  >
                    {one.name}
                  </Button>
                ))}
              </div>
            </Card>
          </div>
        </>
      )}
    </Page>
  );
}
