/** The three blocks of a design as a form: window, features, network. Knows the schema, not what a design costs. */
import { NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import {
  type DesignFile,
  type FeatureBlock,
  featureBlock,
  type NetworkDesign,
  networkDesign,
} from "../../src-shared/design.ts";
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
}: {
  design: DesignFile;
  onChange: (design: DesignFile) => void;
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
    <div className="grid3">
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
      </Card>
    </div>
  );
}
