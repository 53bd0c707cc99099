/** Step 3: window, features and network; what they mean in shapes, memory, time and power before anything is trained. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type DesignFile, designFile } from "../../src-shared/design.ts";
import { useAnswer, useWork } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { said } from "../locales/engine-texts.ts";
import { Empty, ErrorMessage, Message, Page } from "../widgets/parts.tsx";
import { CostCard, ShapesCard } from "./design-cards.tsx";
import { DesignForm } from "./design-form.tsx";
import { FeatureMap } from "./feature-map.tsx";
import { FeaturePlots } from "./feature-plots.tsx";

export function DesignPlace() {
  const { t } = useTranslation();
  const { summary, go } = useApp();
  const labels = summary?.labels ?? [];
  const enough = labels.length >= 2 || (summary?.goal.task === "regression" && labels.length > 0);
  const presets = useAnswer("design:list-presets", enough ? {} : null);
  const saved = useAnswer("design:get", enough ? {} : null);
  const save = useWork("design:save");
  const [edited, setEdited] = useState<DesignFile | null>(null);
  const recommended = presets.answer?.find(({ fits }) => fits)?.design ?? null;
  const design = edited ?? saved.answer ?? recommended;
  const valid = design !== null && designFile.safeParse(design).success;
  const report = useAnswer("design:describe", valid && design !== null ? { design } : null, 250);
  const findings = report.answer?.findings ?? [];
  const stops = findings.some(({ level }) => level === "error");
  const question = t("What will the model look at, and will it fit on the board?");
  if (!enough) {
    return (
      <Page title={t("place.design")} question={question}>
        <Empty
          text={
            labels[0] === undefined
              ? t("The design needs recordings of at least two classes. There are none yet.")
              : t(
                  "The design needs recordings of at least two classes. You have one: “{{label}}” ({{count}}).",
                  {
                    label: labels[0].label,
                    count: labels[0].recordings,
                  },
                )
          }
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
      question={question}
      action={
        <>
          <span className="why">{stops && t("Something keeps this design from being trained.")}</span>
          <Button size="md" disabled={!valid} loading={save.running} onClick={() => void submit()}>
            {t("Use this design")}
          </Button>
        </>
      }
    >
      <ErrorMessage error={save.error ?? presets.error ?? saved.error} />
      <section className="presets" aria-label={t("Ready-made designs")}>
        {presets.answer?.map((preset) => (
          <button
            key={preset.name}
            type="button"
            className="choice preset"
            title={said(preset.description)}
            aria-pressed={sameDesign(preset.design, design)}
            onClick={() => setEdited(preset.design)}
          >
            <b>
              {said(preset.title)} {preset.fits && <span className="tag">{t("fits your recordings")}</span>}
            </b>
            <small>{said(preset.description)}</small>
          </button>
        ))}
      </section>
      <div className="design">
        <div className="stack">
          {design !== null && <DesignForm design={design} onChange={setEdited} report={report.answer} />}
        </div>
        <aside className="stack">{design !== null && <CostCard report={report.answer} />}</aside>
      </div>
      <ErrorMessage error={report.error} />
      {findings.map(({ level, field, message }) => (
        <Message
          key={field + message}
          level={level}
          message={message}
          hint={field === "" ? undefined : `\`${field}\``}
        />
      ))}
      {report.answer !== null && <ShapesCard report={report.answer} />}
      {valid && design !== null && report.answer !== null && !stops && (
        <>
          <FeaturePlots design={design} />
          <FeatureMap design={design} />
        </>
      )}
    </Page>
  );
}

/** Whether two designs are the same but for the order of their fields and what is said to be absent. */
function sameDesign(a: DesignFile, b: DesignFile | null): boolean {
  if (b === null) return false;
  const text = (design: DesignFile): string =>
    JSON.stringify(designFile.parse(design), (_key, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)))
        : value,
    );
  return text(a) === text(b);
}
