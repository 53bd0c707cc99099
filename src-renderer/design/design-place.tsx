/** Step 3: window, features and network; what they mean in shapes, memory, time and power before anything is trained. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DesignReport } from "../../src-shared/contract/index.ts";
import { type DesignFile, designFile } from "../../src-shared/design.ts";
import { useAnswer, useWork } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { Card, Empty, ErrorMessage, kilobytes, Message, Meter, Page } from "../widgets/parts.tsx";
import { DesignForm } from "./design-form.tsx";
import { FeatureMap } from "./feature-map.tsx";

/** The smallest board that is supported: nRF52833 of the micro:bit v2. */
const BOARD_RAM = 128_000;
const BOARD_FLASH = 512_000;

export function DesignPlace() {
  const { t } = useTranslation();
  const { summary, go } = useApp();
  const labels = summary?.labels ?? [];
  const enough = labels.length >= 2;
  const presets = useAnswer("design:list-presets", enough ? {} : null);
  const saved = useAnswer("design:get", enough ? {} : null);
  const save = useWork("design:save");
  const [edited, setEdited] = useState<DesignFile | null>(null);
  const recommended = presets.answer?.find(({ fits }) => fits)?.design ?? null;
  const design = edited ?? saved.answer ?? recommended;
  const valid = design !== null && designFile.safeParse(design).success;
  const report = useAnswer("design:describe", valid && design !== null ? { design } : null, 350);
  const stops = report.answer?.findings.some(({ level }) => level === "error") ?? false;
  if (!enough) {
    return (
      <Page
        title={t("place.design")}
        question={t("What will the model look at, and will it fit on the board?")}
      >
        <Empty
          text={t("The design needs recordings of at least two classes. There are {{count}}.", {
            count: labels.length,
          })}
        >
          <Button onClick={() => go("collect")}>{t("Go to {{place}}", { place: t("place.collect") })}</Button>
        </Empty>
      </Page>
    );
  }
  const submit = async (): Promise<void> => {
    if (design === null) return;
    if ((await save.start({ design })) !== null) go("train");
  };
  return (
    <Page
      title={t("place.design")}
      question={t("What will the model look at, and will it fit on the board?")}
      action={
        <>
          <span className="why">{stops && t("Something below keeps this design from being trained.")}</span>
          <Button size="md" disabled={!valid} loading={save.running} onClick={() => void submit()}>
            {t("Use this design")}
          </Button>
        </>
      }
    >
      <ErrorMessage error={save.error ?? presets.error ?? saved.error} />
      <section className="row" aria-label={t("Ready-made designs")} style={{ alignItems: "stretch" }}>
        {presets.answer?.map((preset) => (
          <button
            key={preset.name}
            type="button"
            className="choice"
            style={{ flex: "1 1 200px", width: "auto", gridTemplateColumns: "1fr" }}
            aria-pressed={JSON.stringify(preset.design) === JSON.stringify(design)}
            onClick={() => setEdited(preset.design)}
          >
            <b>
              {preset.title} {preset.fits && <span className="tag">{t("fits your recordings")}</span>}
            </b>
            <small>{preset.description}</small>
          </button>
        ))}
      </section>
      {design !== null && <DesignForm design={design} onChange={setEdited} />}
      <ErrorMessage error={report.error} />
      {report.answer !== null && <Report report={report.answer} />}
      {valid && design !== null && report.answer !== null && !stops && <FeatureMap design={design} />}
    </Page>
  );
}

function Report({ report }: { report: DesignReport }) {
  const { t } = useTranslation();
  const power = useApp((state) => state.summary?.goal.powerMilliwatts ?? 1);
  return (
    <>
      {report.findings.map(({ level, field, message }) => (
        <Message
          key={field + message}
          level={level}
          message={message}
          hint={field === "" ? undefined : field}
        />
      ))}
      <div className="grid2">
        <Card title={t("Tensor shapes")}>
          <ol className="flow">
            {report.shapes.map(({ stage, shape, note }, index) => (
              <li key={stage} title={note}>
                {index > 0 && (
                  <span className="arrow" aria-hidden>
                    →
                  </span>
                )}
                <span>
                  <span className="small">{stage}</span> <code>{shape.join(" × ")}</code>
                </span>
              </li>
            ))}
          </ol>
          <p className="soft small">
            {t(
              "{{features}} features, {{parameters}} parameters; windows: {{train}} to train, {{validation}} to validate, {{test}} to test",
              {
                features: report.features,
                parameters: report.parameters,
                ...report.windows,
              },
            )}
          </p>
        </Card>
        <Card title={t("On the board (estimated)")}>
          <Meter
            name={t("RAM")}
            value={report.ramBytes}
            limit={BOARD_RAM}
            text={t("{{used}} of {{limit}}", {
              used: kilobytes(report.ramBytes),
              limit: kilobytes(BOARD_RAM),
            })}
          />
          <Meter
            name={t("Flash")}
            value={report.flashBytes}
            limit={BOARD_FLASH}
            text={t("{{used}} of {{limit}}", {
              used: kilobytes(report.flashBytes),
              limit: kilobytes(BOARD_FLASH),
            })}
          />
          <Meter
            name={t("Time")}
            value={report.latencyMs}
            limit={report.design.window.strideMs}
            text={t("{{used}} of {{limit}}", {
              used: `${report.latencyMs.toFixed(1)} ms`,
              limit: `${report.design.window.strideMs} ms`,
            })}
          />
          <Meter
            name={t("Power")}
            value={report.powerMilliwatts}
            limit={power}
            text={t("{{used}} of {{limit}}", {
              used: `${report.powerMilliwatts.toFixed(2)} mW`,
              limit: `${power} mW`,
            })}
          />
          <p className="soft small">
            {t("Against the micro:bit v2, the smallest board supported, and the power set in the goal.")}
          </p>
        </Card>
      </div>
    </>
  );
}
