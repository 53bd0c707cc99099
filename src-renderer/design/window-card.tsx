/** Block 1 of a design: how long a window is, and which sensors and channels it looks at. */
import { Checkbox, NumberInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { DesignReport } from "../../src-shared/contract/index.ts";
import type { DesignFile, DesignInput } from "../../src-shared/design.ts";
import { grouped } from "../locales/format.ts";
import { Card } from "../widgets/parts.tsx";
import { type SensorChoice, toggleChannel, toggleSensor, withInputs } from "./design-inputs.ts";
import { Choice, Foot } from "./fields.tsx";
import { WINDOW_WORDS, Words } from "./words.tsx";

type Props = {
  readonly design: DesignFile;
  readonly inputs: readonly DesignInput[];
  readonly sensors: readonly SensorChoice[];
  readonly report: DesignReport | null;
  readonly onChange: (design: DesignFile) => void;
};

export function WindowCard(props: Props) {
  const { t } = useTranslation();
  const { design, onChange, report } = props;
  const { window } = design;
  const set = (change: Partial<DesignFile["window"]>): void =>
    onChange({ ...design, window: { ...window, ...change } });
  return (
    <Card title={t("1 Window")}>
      <NumberInput
        label={t("Length (ms)")}
        min={10}
        max={60000}
        step={100}
        value={window.lengthMs}
        onChange={(value) => set({ lengthMs: Number(value) })}
      />
      <NumberInput
        label={t("Stride (ms)")}
        min={10}
        max={60000}
        step={100}
        value={window.strideMs}
        onChange={(value) => set({ strideMs: Number(value) })}
      />
      <Choice
        label={t("Recordings shorter than the window")}
        value={window.short}
        choices={[
          ["drop", t("are left out")],
          ["pad", t("are padded with zeros")],
        ]}
        onChange={(short) => set({ short })}
      />
      <Sensors {...props} />
      <Words words={WINDOW_WORDS} />
      <Foot text={report === null ? "" : windowShape(report)} />
    </Card>
  );
}

/** Nothing to choose where there is one sensor with one channel. */
function Sensors({ design, inputs, sensors, onChange }: Props) {
  const { t } = useTranslation();
  const several = sensors.length > 1;
  return sensors.map((choice) => {
    const { sensor, rateHz, channels } = choice;
    const input = inputs.find((one) => one.sensor === sensor);
    const used = input?.channels ?? channels;
    if (!several && (channels.length < 2 || channels.length > 12)) return null;
    return (
      <fieldset className="channels" key={sensor}>
        <legend>{several ? `${sensor}, ${grouped(rateHz, 2)} Hz` : t("Channels")}</legend>
        {several && (
          <Checkbox
            label={t("use this sensor")}
            aria-label={t("Use the sensor {{sensor}}", { sensor })}
            checked={input !== undefined}
            disabled={input !== undefined && inputs.length === 1}
            onChange={() =>
              onChange(withInputs(design, toggleSensor(inputs, choice, design.window.lengthMs)))
            }
          />
        )}
        {input !== undefined &&
          channels.length > 1 &&
          channels.length <= 12 &&
          channels.map((name) => (
            <Checkbox
              key={name}
              label={name}
              checked={used.includes(name)}
              disabled={used.length === 1 && used.includes(name)}
              onChange={() => onChange(withInputs(design, toggleChannel(inputs, choice, name)))}
            />
          ))}
      </fieldset>
    );
  });
}

/** Shapes of the windows of all sensors, samples times channels. */
const windowShape = ({ shapes }: DesignReport): string =>
  shapes
    .filter(({ stage }) => stage.startsWith("Window"))
    .map(({ shape }) => shape.join(" × "))
    .join(", ");
