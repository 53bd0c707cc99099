/** Changed copies of the training windows: louder, later, faster, turned, noisier, so that the network does not learn what does not matter. */
import { useTranslation } from "react-i18next";
import { type DesignFile, type DesignInput, trainingDesign } from "../../src-shared/design.ts";
import { Card } from "../widgets/parts.tsx";
import { type NumberField, NumberFields, Switch } from "./fields.tsx";

type Augmentation = NonNullable<DesignFile["training"]["augmentation"]>;

const part = (key: keyof Augmentation, label: string, max: number, help: string): NumberField => ({
  key,
  label,
  min: 0,
  max,
  step: 5,
  percent: true,
  help,
});

const SIGNAL: readonly NumberField[] = [
  {
    key: "copies",
    label: "Copies of each window",
    min: 0,
    max: 50,
    help: "An epoch takes one of them or the window itself.",
  },
  part("noise", "Noise (%)", 1, "The strongest noise, as a share of each channel's own standard deviation."),
  part("gain", "Louder or quieter (%)", 1, "By this much at most."),
  {
    key: "timeShiftMs",
    label: "Earlier or later (ms)",
    min: 0,
    max: 5000,
    step: 10,
    help: "With the recording's own samples.",
  },
  part("speed", "Faster or slower (%)", 0.5, "The pitch changes too."),
];
const ROTATION: NumberField = {
  key: "rotationDegrees",
  label: "Turned (degrees)",
  min: 0,
  max: 180,
  step: 5,
  help: "About any axis: for boards that are mounted differently each time.",
};
const MASKING = part(
  "masking",
  "Hidden bands (%)",
  0.5,
  "A band of times and one of frequencies are hidden in each epoch.",
);
const SOUND: readonly NumberField[] = [
  part("frequencyWarp", "Stretched in frequency (%)", 0.5, "As other people's voices are."),
  part("tempo", "Other tempo, same pitch (%)", 1, "As people speak faster or slower."),
];

/** Of each kind of change only what has an effect on these features. */
export function fieldsFor(
  inputs: readonly DesignInput[],
  channels: (input: DesignInput) => number,
): NumberField[] {
  const pictures =
    inputs.length === 1 && inputs.some(({ features }) => /^(log-mel|mfcc)$/.test(features.block));
  const logMel = inputs.length === 1 && inputs[0]?.features.block === "log-mel";
  return [
    ...SIGNAL,
    ...(inputs.some((input) => channels(input) >= 3) ? [ROTATION] : []),
    ...(pictures || (inputs.length === 1 && inputs[0]?.features.block === "raw") ? [MASKING] : []),
    ...(logMel ? SOUND : []),
  ];
}

export function AugmentationCard(props: {
  design: DesignFile;
  inputs: readonly DesignInput[];
  channels: (input: DesignInput) => number;
  onChange: (design: DesignFile) => void;
}) {
  const { t } = useTranslation();
  const { design, onChange } = props;
  const { augmentation } = design.training;
  const set = (next: Augmentation | undefined): void => {
    const { augmentation: _augmentation, ...training } = design.training;
    onChange({ ...design, training: next === undefined ? training : { ...training, augmentation: next } });
  };
  return (
    <Card
      title={t("Changed copies of the training windows (augmentation)")}
      aside={
        <Switch
          label={t("Learn from changed copies, too")}
          on={augmentation !== undefined}
          onChange={(on) =>
            set(
              on
                ? trainingDesign.parse({ augmentation: { noise: 0.1, gain: 0.2, timeShiftMs: 50 } })
                    .augmentation
                : undefined,
            )
          }
        />
      }
    >
      {augmentation === undefined ? (
        <p className="soft small">
          {t(
            "With copies, the network sees each window a little differently in every epoch: it learns what the states have in common, not what one day or one mounting was like.",
          )}
        </p>
      ) : (
        <div className="augmentation">
          <NumberFields
            fields={fieldsFor(props.inputs, props.channels)}
            values={augmentation}
            onChange={(key, value) =>
              set({ ...augmentation, [key]: key === "copies" ? Math.round(value) : value })
            }
          />
        </div>
      )}
    </Card>
  );
}
