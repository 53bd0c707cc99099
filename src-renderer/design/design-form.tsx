/** The three blocks of a design as a form: window, features, network. Knows the schema, not what a design costs. */
import { Checkbox, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { DesignReport } from "../../src-shared/contract/index.ts";
import {
  type DesignFile,
  type FeatureBlock,
  featureBlock,
  type NetworkDesign,
  networkDesign,
} from "../../src-shared/design.ts";
import { useApp } from "../app/store.ts";
import { Card } from "../widgets/parts.tsx";

const BLOCKS = ["spectral", "log-mel", "mfcc", "raw"] as const;
const NETWORKS = ["dense", "conv1d", "conv2d", "ds-cnn"] as const;

/** The first input's features: the form shows one block; further inputs keep theirs. */
const featuresOf = (design: DesignFile): FeatureBlock =>
  design.features ?? design.inputs?.[0]?.features ?? featureBlock.parse({ block: "spectral" });

function withFeatures(design: DesignFile, features: FeatureBlock): DesignFile {
  const [first, ...rest] = design.inputs ?? [];
  return first === undefined
    ? { ...design, features }
    : { ...design, inputs: [{ ...first, features }, ...rest] };
}

type Field = {
  readonly key: string;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
};

const FEATURE_FIELDS: Record<FeatureBlock["block"], readonly Field[]> = {
  raw: [{ key: "decimation", label: "Keep every n-th sample", min: 1, max: 1000 }],
  spectral: [
    { key: "fftLength", label: "FFT length (power of two)", min: 16, max: 4096 },
    { key: "bands", label: "Bands", min: 1, max: 512 },
    { key: "decimation", label: "Keep every n-th sample", min: 1, max: 1000 },
  ],
  "log-mel": [
    { key: "frameMs", label: "Frame (ms)", min: 1, max: 1000 },
    { key: "strideMs", label: "Frame stride (ms)", min: 1, max: 1000 },
    { key: "filters", label: "Mel filters", min: 4, max: 128 },
  ],
  mfcc: [
    { key: "frameMs", label: "Frame (ms)", min: 1, max: 1000 },
    { key: "strideMs", label: "Frame stride (ms)", min: 1, max: 1000 },
    { key: "coefficients", label: "Coefficients", min: 2, max: 64 },
  ],
};

const numbers = (text: string): number[] =>
  text
    .split(/[\s,]+/)
    .map(Number)
    .filter((value) => Number.isInteger(value) && value > 0);

export function DesignForm({
  design,
  onChange,
  report,
}: {
  design: DesignFile;
  onChange: (design: DesignFile) => void;
  /** What came of the design, for the line at the foot of each block. */
  report: DesignReport | null;
}) {
  const { t } = useTranslation();
  const features = featuresOf(design);
  const { network, window, training } = design;
  const setNetwork = (next: NetworkDesign): void => onChange({ ...design, network: next });
  const layers =
    network.kind === "dense"
      ? network.units
      : network.kind === "ds-cnn"
        ? [network.filters]
        : network.filters;
  const setLayers = (values: number[]): void => {
    if (network.kind === "dense") setNetwork({ ...network, units: values });
    else if (network.kind === "ds-cnn") setNetwork({ ...network, filters: values[0] ?? network.filters });
    else if (values.length > 0) setNetwork({ ...network, filters: values });
  };
  return (
    <div className="blocks">
      <Card title={t("1 Window")}>
        <NumberInput
          label={t("Length (ms)")}
          min={10}
          max={60000}
          step={100}
          value={window.lengthMs}
          onChange={(value) => onChange({ ...design, window: { ...window, lengthMs: Number(value) } })}
        />
        <NumberInput
          label={t("Stride (ms)")}
          min={10}
          max={60000}
          step={100}
          value={window.strideMs}
          onChange={(value) => onChange({ ...design, window: { ...window, strideMs: Number(value) } })}
        />
        <NativeSelect
          label={t("Recordings shorter than the window")}
          value={window.short}
          onChange={(event) =>
            onChange({
              ...design,
              window: { ...window, short: event.currentTarget.value === "pad" ? "pad" : "drop" },
            })
          }
          data={[
            { value: "drop", label: t("are left out") },
            { value: "pad", label: t("are padded with zeros") },
          ]}
        />
        <Channels design={design} onChange={onChange} />
        <Foot text={report === null ? "" : windowShape(report)} />
      </Card>
      <Card title={t("2 Features")}>
        <NativeSelect
          label={t("Block")}
          value={features.block}
          onChange={(event) =>
            onChange(withFeatures(design, featureBlock.parse({ block: event.currentTarget.value })))
          }
          data={BLOCKS.map((value) => ({ value, label: t(`block.${value}`) }))}
        />
        {FEATURE_FIELDS[features.block].map(({ key, label, min, max }) => (
          <NumberInput
            key={key}
            label={t(label)}
            min={min}
            max={max}
            value={Number((features as Record<string, unknown>)[key] ?? min)}
            onChange={(value) =>
              onChange(withFeatures(design, { ...features, [key]: Number(value) } as FeatureBlock))
            }
          />
        ))}
        <NativeSelect
          label={t("Normalisation")}
          value={design.normalisation}
          onChange={(event) =>
            onChange({ ...design, normalisation: event.currentTarget.value as DesignFile["normalisation"] })
          }
          data={[
            { value: "standard", label: t("mean 0, deviation 1") },
            { value: "mean", label: t("mean 0") },
            { value: "none", label: t("none") },
          ]}
        />
        <Foot text={report === null ? "" : t("{{count}} features", { count: report.features })} />
      </Card>
      <Card title={t("3 Network")}>
        <NativeSelect
          label={t("Kind")}
          value={network.kind}
          onChange={(event) => setNetwork(networkDesign.parse({ kind: event.currentTarget.value }))}
          data={NETWORKS.map((value) => ({ value, label: t(`network.${value}`) }))}
        />
        <TextInput
          key={network.kind}
          label={network.kind === "dense" ? t("Units of each layer") : t("Filters of each layer")}
          defaultValue={layers.join(", ")}
          onBlur={(event) => setLayers(numbers(event.currentTarget.value))}
        />
        <NumberInput
          label={t("Dropout (%)")}
          min={0}
          max={90}
          step={5}
          value={Math.round(network.dropout * 100)}
          onChange={(value) => setNetwork({ ...network, dropout: Number(value) / 100 })}
        />
        <NumberInput
          label={t("Epochs at most")}
          min={1}
          max={10000}
          value={training.epochs}
          onChange={(value) =>
            onChange({ ...design, training: { ...training, epochs: Math.max(1, Math.round(Number(value))) } })
          }
        />
        <details className="more">
          <summary>{t("More about the training")}</summary>
          <div className="stack" style={{ gap: 10 }}>
            <NumberInput
              label={t("Learning rate")}
              min={0.00001}
              max={1}
              step={0.001}
              decimalScale={5}
              value={training.learningRate}
              onChange={(value) =>
                Number(value) > 0 &&
                onChange({ ...design, training: { ...training, learningRate: Number(value) } })
              }
            />
            <NumberInput
              label={t("Batch size")}
              min={1}
              max={4096}
              value={training.batchSize}
              onChange={(value) =>
                onChange({
                  ...design,
                  training: { ...training, batchSize: Math.max(1, Math.round(Number(value))) },
                })
              }
            />
            <NumberInput
              label={t("Patience (epochs)")}
              min={1}
              max={10000}
              value={training.patience}
              onChange={(value) =>
                onChange({
                  ...design,
                  training: { ...training, patience: Math.max(1, Math.round(Number(value))) },
                })
              }
            />
          </div>
        </details>
        <Foot text={report === null ? "" : t("{{count}} parameters", { count: report.parameters })} />
      </Card>
    </div>
  );
}

/** What leaves a block, at its foot. */
function Foot({ text }: { text: string }) {
  return (
    <p className="block-foot">
      <span aria-hidden>→</span> <b>{text}</b>
    </p>
  );
}

/** Shapes of the windows of all sensors, samples times channels. */
const windowShape = ({ shapes }: DesignReport): string =>
  shapes
    .filter(({ stage }) => stage.startsWith("Window"))
    .map(({ shape }) => shape.join(" × "))
    .join(", ");

/** Which channels are looked at; nothing to choose where the design names several sensors or there is one channel. */
function Channels({ design, onChange }: { design: DesignFile; onChange: (design: DesignFile) => void }) {
  const { t } = useTranslation();
  const streams = useApp((state) => state.recordings[0]?.streams);
  const all = streams?.[0]?.channels.map(({ name }) => name) ?? [];
  if (design.inputs !== undefined || all.length < 2 || all.length > 8) return null;
  const used = design.channels ?? all;
  return (
    <fieldset className="channels">
      <legend>{t("Channels")}</legend>
      {all.map((name) => (
        <Checkbox
          key={name}
          label={name}
          checked={used.includes(name)}
          disabled={used.length === 1 && used.includes(name)}
          onChange={(event) => {
            const on = event.currentTarget.checked;
            onChange({ ...design, channels: all.filter((one) => (one === name ? on : used.includes(one))) });
          }}
        />
      ))}
    </fieldset>
  );
}
