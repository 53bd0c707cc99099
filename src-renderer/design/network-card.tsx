/** Block 3 of a design: the network and how it is trained. */
import { NumberInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { DesignReport } from "../../src-shared/contract/index.ts";
import {
  anomalyDesign,
  type DesignFile,
  type NetworkDesign,
  networkDesign,
} from "../../src-shared/design.ts";
import { Card } from "../widgets/parts.tsx";
import { Choice, Foot, More, type NumberField, NumberFields, Switch } from "./fields.tsx";
import { networkWords, Words } from "./words.tsx";

const NETWORKS = ["dense", "conv1d", "conv2d", "ds-cnn"] as const;

const FIELDS: Record<NetworkDesign["kind"], readonly NumberField[]> = {
  dense: [],
  conv1d: [
    { key: "kernel", label: "Kernel (time steps)", min: 1, max: 64 },
    { key: "pool", label: "Pooling", min: 1, max: 16 },
  ],
  conv2d: [{ key: "stride", label: "Stride", min: 1, max: 8 }],
  "ds-cnn": [{ key: "blocks", label: "Blocks", min: 1, max: 8 }],
};

const TRAINING: readonly NumberField[] = [
  { key: "batchSize", label: "Batch size", min: 1, max: 4096 },
  { key: "patience", label: "Patience (epochs)", min: 1, max: 10000 },
  { key: "seed", label: "Seed", min: 0, max: 2 ** 31 - 1 },
];

const numbers = (text: string): number[] =>
  text
    .split(/[\s,;]+/)
    .map(Number)
    .filter((value) => Number.isInteger(value) && value > 0);

export function NetworkCard(props: {
  design: DesignFile;
  report: DesignReport | null;
  onChange: (design: DesignFile) => void;
}) {
  const { t } = useTranslation();
  const { design, report, onChange } = props;
  const { network, training } = design;
  const set = (next: NetworkDesign): void => onChange({ ...design, network: next });
  const train = (change: Partial<DesignFile["training"]>): void =>
    onChange({ ...design, training: { ...training, ...change } });
  const layers = network.kind === "dense" ? network.units : [network.filters].flat();
  const setLayers = (values: number[]): void => {
    if (network.kind === "dense") set({ ...network, units: values });
    else if (network.kind === "ds-cnn") set({ ...network, filters: values[0] ?? network.filters });
    else if (values.length > 0) set({ ...network, filters: values });
  };
  return (
    <Card title={t("3 Network")}>
      <Choice
        label={t("Kind")}
        value={network.kind}
        choices={NETWORKS.map((kind) => [kind, t(`network.${kind}`)] as const)}
        onChange={(kind) => set(networkDesign.parse({ kind }))}
      />
      <TextInput
        key={`${network.kind} ${layers.join()}`}
        label={network.kind === "dense" ? t("Units of each layer") : t("Filters of each layer")}
        defaultValue={layers.join(", ")}
        onBlur={(event) => setLayers(numbers(event.currentTarget.value))}
      />
      <NumberFields
        fields={FIELDS[network.kind]}
        values={network}
        onChange={(key, value) => set({ ...network, [key]: Math.round(value) } as NetworkDesign)}
      />
      {network.kind === "conv2d" && (
        <TextInput
          key={network.kernel.join()}
          label={t("Kernel (time, frequency)")}
          defaultValue={network.kernel.join(", ")}
          onBlur={(event) => {
            const [rows, columns] = numbers(event.currentTarget.value);
            if (rows !== undefined && columns !== undefined) set({ ...network, kernel: [rows, columns] });
          }}
        />
      )}
      <NumberFields
        fields={[{ key: "dropout", label: "Dropout (%)", min: 0, max: 0.9, step: 5, percent: true }]}
        values={network}
        onChange={(_key, dropout) => set({ ...network, dropout })}
      />
      <NumberInput
        label={t("Epochs at most")}
        min={1}
        max={10000}
        value={training.epochs}
        onChange={(value) => train({ epochs: Math.max(1, Math.round(Number(value))) })}
      />
      <More title={t("More about the training")}>
        <NumberInput
          label={t("Learning rate")}
          min={0.00001}
          max={1}
          step={0.001}
          decimalScale={5}
          value={training.learningRate}
          onChange={(value) => Number(value) > 0 && train({ learningRate: Number(value) })}
        />
        <NumberFields
          fields={TRAINING}
          values={training}
          onChange={(key, value) => train({ [key]: Math.max(key === "seed" ? 0 : 1, Math.round(value)) })}
        />
        <NumberInput
          label={t("L2 (keeps weights small)")}
          min={0}
          max={1}
          step={0.0001}
          decimalScale={6}
          value={training.l2}
          onChange={(value) => train({ l2: Number(value) })}
        />
        {network.kind !== "ds-cnn" && (
          <Switch
            label={t("Batch normalisation")}
            on={network.batchNormalisation}
            onChange={(batchNormalisation) => set({ ...network, batchNormalisation })}
          />
        )}
        <Switch
          label={t("Rare classes weigh more")}
          on={training.classWeights}
          onChange={(classWeights) => train({ classWeights })}
        />
      </More>
      {design.task === "classification" && (
        <Switch
          label={t("Anomaly score")}
          title={t(
            "Says how far a window is from all that was recorded, so that an unknown state is not called by a known name",
          )}
          on={design.anomaly !== undefined}
          onChange={(on) => {
            const { anomaly: _anomaly, ...rest } = design;
            onChange(on ? { ...rest, anomaly: anomalyDesign.parse({}) } : rest);
          }}
        />
      )}
      <Words words={networkWords(network.kind)} />
      <Foot text={report === null ? "" : t("{{count}} parameters", { count: report.parameters })} />
    </Card>
  );
}
