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
import { fieldName, placeOfField } from "./field-names.ts";

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
  const checked = design === null ? null : designFile.safeParse(design);
  const valid = checked?.success === true;
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
  const chosen = presets.answer?.find((preset) => sameDesign(preset.design, design));
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
          <Button size="md" disabled={!valid || stops} loading={save.running} onClick={() => void submit()}>
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
            aria-pressed={preset === chosen}
            onClick={() => setEdited(preset.design)}
          >
            <b>
              {said(preset.title)} {preset.fits && <span className="tag">{t("fits your recordings")}</span>}
            </b>
            <small>{firstSentence(said(preset.description))}</small>
          </button>
        ))}
        {chosen !== undefined && <p className="soft small">{said(chosen.description)}</p>}
      </section>
      <div className="design">
        <div className="stack">
          {design !== null && <DesignForm design={design} onChange={setEdited} report={report.answer} />}
        </div>
        {/* What is wrong with a design stands beside the form, where it is seen while it is put right. */}
        <aside className="stack">
          {checked?.success === false && <Impossible paths={checked.error.issues.map(({ path }) => path)} />}
          <ErrorMessage error={report.error} />
          {valid &&
            findings.map(({ level, field, message }) => {
              const name = fieldName(field);
              const elsewhere = placeOfField(field) === "collect";
              return (
                <Message
                  key={field + message}
                  level={level}
                  message={message}
                  hint={name === null ? undefined : t("Field: {{name}}", { name: t(name) })}
                  action={
                    elsewhere && (
                      <Button mt={6} size="xs" variant="default" onClick={() => go("collect")}>
                        {t("Go to {{place}}", { place: t("place.collect") })}
                      </Button>
                    )
                  }
                />
              );
            })}
          {design !== null && <CostCard report={report.answer} />}
        </aside>
      </div>
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

/** What a ready-made design is for; how it does that is said of the one that is chosen. */
const firstSentence = (text: string): string => /^.*?\.(?=\s|$)/.exec(text)?.[0] ?? text;

/** A value that was typed and cannot be. */
function Impossible({ paths }: { paths: readonly (readonly PropertyKey[])[] }) {
  const { t } = useTranslation();
  const names = paths.map((path) => fieldName(path.map(String).join("."))).filter((name) => name !== null);
  return (
    <Message
      level="error"
      message={
        names.length === 0
          ? t("A value of this design is not possible.")
          : t("Not possible: {{fields}}", { fields: [...new Set(names)].map((name) => t(name)).join(", ") })
      }
      hint={t("Change it, or choose a ready-made design above.")}
    />
  );
}

/** Whether two designs are the same but for the order of their fields and what is said to be absent. */
function sameDesign(a: DesignFile, b: DesignFile | null): boolean {
  if (b === null) return false;
  const text = (design: DesignFile): string =>
    // What is being typed may be impossible for a moment; then it is no ready-made design.
    JSON.stringify(designFile.safeParse(design).data ?? null, (_key, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)))
        : value,
    );
  return text(a) === text(b);
}
