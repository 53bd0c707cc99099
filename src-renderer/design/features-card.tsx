/** Block 2 of a design: what is computed of each sensor's window. */
import { NumberInput, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DesignReport } from "../../src-shared/contract/index.ts";
import {
  type DesignFile,
  type DesignInput,
  type FeatureBlock,
  featureBlock,
} from "../../src-shared/design.ts";
import { grouped } from "../locales/format.ts";
import { Card } from "../widgets/parts.tsx";
import { withInputs } from "./design-inputs.ts";
import { Choice, Foot, More, type NumberField, NumberFields, Switch } from "./fields.tsx";
import { FEATURE_WORDS, Words } from "./words.tsx";

const BLOCKS = ["spectral", "log-mel", "mfcc", "raw"] as const;

const FFT_LENGTHS = ["16", "32", "64", "128", "256", "512", "1024", "2048", "4096"];
const DECIMATION: NumberField = { key: "decimation", label: "Keep every n-th sample", min: 1, max: 1000 };
const FRAMES: readonly NumberField[] = [
  { key: "frameMs", label: "Frame (ms)", min: 1, max: 1000 },
  { key: "strideMs", label: "Frame stride (ms)", min: 1, max: 1000 },
];
const FILTERS: NumberField = { key: "filters", label: "Mel filters", min: 4, max: 128 };

const FIELDS: Record<FeatureBlock["block"], readonly NumberField[]> = {
  raw: [DECIMATION],
  spectral: [{ key: "bands", label: "Bands", min: 1, max: 512 }, DECIMATION],
  "log-mel": [...FRAMES, FILTERS],
  mfcc: [...FRAMES, { key: "coefficients", label: "Coefficients", min: 2, max: 64 }],
};

const MEL_MORE: readonly NumberField[] = [
  { key: "lowHz", label: "Lowest frequency (Hz)", min: 0, max: 20000, step: 10 },
  { key: "highHz", label: "Highest frequency (Hz, 0: half the rate)", min: 0, max: 48000, step: 100 },
  { key: "noiseFloorDb", label: "Noise floor (dB)", min: -140, max: 0, step: 5 },
  { key: "preEmphasis", label: "Pre-emphasis", min: 0, max: 1, step: 0.05, decimals: 3 },
];

export function FeaturesCard(props: {
  design: DesignFile;
  inputs: readonly DesignInput[];
  report: DesignReport | null;
  onChange: (design: DesignFile) => void;
}) {
  const { t } = useTranslation();
  const { design, inputs, report, onChange } = props;
  const [chosen, setChosen] = useState("");
  const at = Math.max(
    0,
    inputs.findIndex(({ sensor }) => sensor === chosen),
  );
  const input = inputs[at];
  if (input === undefined) return null;
  const { features } = input;
  const set = (next: FeatureBlock): void =>
    onChange(
      withInputs(
        design,
        inputs.map((one, index) => (index === at ? { ...one, features: next } : one)),
      ),
    );
  const change = (key: string, value: unknown): void => set({ ...features, [key]: value } as FeatureBlock);
  return (
    <Card title={t("2 Features")}>
      {inputs.length > 1 && (
        <SegmentedControl
          size="xs"
          fullWidth
          aria-label={t("Of which sensor")}
          orientation={inputs.length > 2 ? "vertical" : "horizontal"}
          value={input.sensor}
          onChange={setChosen}
          data={inputs.map(({ sensor }) => sensor)}
        />
      )}
      <Choice
        label={t("Block")}
        value={features.block}
        choices={BLOCKS.map((block) => [block, t(`block.${block}`)] as const)}
        onChange={(block) => set(featureBlock.parse({ block }))}
      />
      {features.block === "spectral" && (
        <Choice
          label={t("FFT length (samples)")}
          value={String(features.fftLength)}
          choices={FFT_LENGTHS.map((length) => [length, grouped(Number(length))] as const)}
          onChange={(length) => change("fftLength", Number(length))}
        />
      )}
      <NumberFields fields={FIELDS[features.block]} values={features} onChange={change} />
      <Choice
        label={t("Normalisation")}
        value={design.normalisation}
        choices={[
          ["standard", t("mean 0, deviation 1")],
          ["mean", t("mean 0")],
          ["none", t("as it is")],
        ]}
        onChange={(normalisation) => onChange({ ...design, normalisation })}
      />
      <More title={t("More about the features")}>
        {features.block === "spectral" && <SpectralMore features={features} onChange={set} />}
        {(features.block === "log-mel" || features.block === "mfcc") && (
          <>
            {features.block === "mfcc" && (
              <NumberFields fields={[FILTERS]} values={features} onChange={change} />
            )}
            <Choice
              label={t("Each window by itself")}
              value={features.windowNormalisation}
              choices={[
                ["none", t("as it is")],
                ["mean", t("mean 0 of each band")],
                ["mean-variance", t("mean 0, deviation 1 of each band")],
                ["range", t("from the loudest down")],
              ]}
              onChange={(value) => change("windowNormalisation", value)}
            />
            {features.windowNormalisation === "range" && (
              <NumberInput
                label={t("Range below the loudest (dB)")}
                min={1}
                max={140}
                value={features.dynamicRangeDb}
                onChange={(value) => change("dynamicRangeDb", Number(value))}
              />
            )}
            <NumberFields fields={MEL_MORE} values={features} onChange={change} />
            {features.block === "log-mel" && (
              <Switch
                label={t("PCEN in place of the logarithm")}
                on={features.pcen}
                onChange={(on) => change("pcen", on)}
              />
            )}
          </>
        )}
        {(features.block === "raw" || features.block === "spectral") && (
          <NumberInput
            label={t("Every sample times")}
            min={0.000001}
            max={1000000}
            decimalScale={6}
            value={features.scale}
            onChange={(value) => Number(value) > 0 && change("scale", Number(value))}
          />
        )}
      </More>
      <Words words={FEATURE_WORDS[features.block] ?? []} />
      <Foot text={report === null ? "" : t("{{count}} features", { count: report.features })} />
    </Card>
  );
}

type Spectral = Extract<FeatureBlock, { block: "spectral" }>;

function SpectralMore({
  features,
  onChange,
}: {
  features: Spectral;
  onChange: (features: Spectral) => void;
}) {
  const { t } = useTranslation();
  const { filter } = features;
  return (
    <>
      <Choice
        label={t("Filter")}
        value={filter.kind}
        choices={[
          ["none", t("none")],
          ["low-pass", t("low-pass")],
          ["high-pass", t("high-pass")],
        ]}
        onChange={(kind) =>
          onChange({
            ...features,
            filter:
              kind === "none"
                ? { kind }
                : { order: 4, cutoffHz: 10, ...(filter.kind === "none" ? {} : filter), kind },
          })
        }
      />
      {filter.kind !== "none" && (
        <>
          <NumberInput
            label={t("Cut-off (Hz)")}
            min={0.01}
            max={48000}
            value={filter.cutoffHz}
            onChange={(value) =>
              Number(value) > 0 && onChange({ ...features, filter: { ...filter, cutoffHz: Number(value) } })
            }
          />
          <Choice
            label={t("Order")}
            value={String(filter.order)}
            choices={["2", "4", "6", "8"].map((order) => [order, order] as const)}
            onChange={(order) => onChange({ ...features, filter: { ...filter, order: Number(order) } })}
          />
        </>
      )}
      <NumberFields
        fields={[
          { key: "overlap", label: "Overlap of FFT frames (%)", min: 0, max: 0.9, step: 5, percent: true },
        ]}
        values={features}
        onChange={(_key, overlap) => onChange({ ...features, overlap })}
      />
      <Switch
        label={t("Logarithm of the bands")}
        on={features.log}
        onChange={(log) => onChange({ ...features, log })}
      />
      <Switch
        label={t("Statistics too (RMS, skewness, kurtosis)")}
        on={features.statistics}
        onChange={(statistics) => onChange({ ...features, statistics })}
      />
    </>
  );
}
