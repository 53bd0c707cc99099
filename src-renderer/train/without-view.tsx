/** With and without a sensor: is it worth its place, its wires and its power? One click, two models on the same test windows. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ExperimentInfo, WithoutReport } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { useKeptWork } from "../app/kept-work.ts";
import { notifyError, useApp } from "../app/store.ts";
import { fixed, percent } from "../locales/format.ts";
import { Card, Empty, ErrorMessage, WorkProgress } from "../widgets/parts.tsx";

/** What can be left out of a design: each sensor where there are several, each channel where a sensor has several. */
export function partsOf({
  design,
}: Pick<ExperimentInfo, "design">): { readonly name: string; readonly kind: "sensor" | "channel" }[] {
  const { inputs } = design;
  const sensors =
    inputs.length > 1 ? inputs.map(({ sensor }) => ({ name: sensor, kind: "sensor" as const })) : [];
  const channels = inputs.flatMap((input) =>
    input.channels.length > 1 ? input.channels.map((name) => ({ name, kind: "channel" as const })) : [],
  );
  return [...sensors, ...channels];
}

export function WithoutView({ experiment }: { experiment: ExperimentInfo }) {
  const { t } = useTranslation();
  const client = useEngine();
  const compare = useKeptWork("evaluation:compare-without", experiment.id);
  const [reports, setReports] = useState<readonly WithoutReport[]>([]);
  const [at, setAt] = useState<string | null>(null);
  const parts = partsOf(experiment);
  const all = [...reports, ...(compare.result === null ? [] : [compare.result])];
  const known = new Map(all.map((one) => [one.without, one]));
  const run = async (name: string): Promise<void> => {
    setAt(name);
    // The run that comes of it is for comparison: the model in hand stays in hand.
    useApp.setState({ experiment: experiment.id });
    const made = await compare.start({ experiment: experiment.id, sensor: name });
    if (made !== null) setReports((before) => [...before, { ...made, without: name }]);
  };
  if (experiment.task === "regression" || parts.length === 0)
    return (
      <Empty
        text={
          experiment.task === "regression"
            ? t("Only models that tell classes apart are compared this way.")
            : t("This model looks at a single channel: there is nothing to leave out.")
        }
      />
    );
  return (
    <Card title={t("Is each sensor needed?")}>
      <p className="soft">
        {t(
          "Trains the design of “{{name}}” once more without the sensor or axis, with the same recordings and split, and compares both on the held-back windows.",
          { name: experiment.name },
        )}
      </p>
      <ErrorMessage error={compare.error} />
      {compare.running && (
        <WorkProgress
          title={t("Training without {{name}}", { name: at ?? "" })}
          stage={compare.stage}
          fraction={compare.fraction}
          startedAt={compare.startedAt}
          onCancel={compare.cancel}
          more={
            <Button
              size="xs"
              variant="default"
              onClick={() => void client.request("training:stop", {}).catch(notifyError)}
            >
              {t("Stop and keep best")}
            </Button>
          }
        />
      )}
      <ul className="without">
        {parts.map(({ name, kind }) => (
          <li key={`${kind} ${name}`}>
            <span>
              <b>{name}</b>{" "}
              <span className="soft small">{kind === "sensor" ? t("sensor") : t("channel")}</span>
            </span>
            <Outcome report={known.get(name) ?? null} />
            <Button
              size="sm"
              variant="default"
              disabled={compare.running}
              aria-label={t("Compare with and without {{name}}", { name })}
              onClick={() => void run(name)}
            >
              {known.has(name) ? t("Compare again") : t("Compare")}
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Outcome({ report }: { report: WithoutReport | null }) {
  const { t } = useTranslation();
  const experiments = useApp((state) => state.experiments);
  if (report === null) return <span className="soft small">{t("not compared yet")}</span>;
  const words = {
    needed: t("It is needed."),
    "not-needed": t("It can be left out: the difference may be chance."),
    harmful: t("It does harm: without it the model is better."),
  }[report.verdict];
  const name = experiments.find(({ id }) => id === report.b)?.name;
  return (
    <div className="outcome">
      <div className="pair-bars" aria-hidden>
        <span className="bar">
          <i style={{ width: `${report.accuracyA * 100}%` }} />
        </span>
        <span className="bar" data-tone="without">
          <i style={{ width: `${report.accuracyB * 100}%` }} />
        </span>
      </div>
      <div>
        <p>
          <b>{words}</b>
        </p>
        <p className="soft small">
          {t(
            "With it {{with}} right, without {{without}} ({{windows}} windows; only with: {{onlyA}}, only without: {{onlyB}}; p = {{p}}).",
            {
              with: percent(report.accuracyA),
              without: percent(report.accuracyB),
              windows: report.windows,
              onlyA: report.onlyA,
              onlyB: report.onlyB,
              p: report.pValue < 0.001 ? "< 0.001" : fixed(report.pValue, 3),
            },
          )}
          {name !== undefined && ` ${t("Kept as the experiment “{{name}}”.", { name })}`}
        </p>
      </div>
    </div>
  );
}
