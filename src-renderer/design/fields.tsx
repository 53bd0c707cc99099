/** Fields of the design form out of tables: numbers, choices and switches of a block, a network or the augmentation. */
import { Checkbox, NativeSelect, NumberInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

export type NumberField = {
  readonly key: string;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  /** The value is a part of one and shown as a percentage. */
  readonly percent?: true;
  /** Digits after the decimal separator. */
  readonly decimals?: number;
  readonly help?: string;
};

export type Values = Readonly<Record<string, unknown>>;

export function NumberFields(props: {
  fields: readonly NumberField[];
  values: Values;
  onChange: (key: string, value: number) => void;
}) {
  const { t } = useTranslation();
  return props.fields.map(({ key, label, min, max, step = 1, percent, decimals, help }) => {
    const value = Number(props.values[key] ?? min);
    const factor = percent === true ? 100 : 1;
    return (
      <NumberInput
        key={key}
        label={t(label)}
        {...(help === undefined ? {} : { title: t(help) })}
        min={min * factor}
        max={max * factor}
        step={step}
        {...(decimals === undefined ? {} : { decimalScale: decimals })}
        value={percent === true ? Math.round(value * 1000) / 10 : value}
        onChange={(next) => props.onChange(key, Number(next) / factor)}
      />
    );
  });
}

export function Choice<T extends string>(props: {
  label: string;
  value: T;
  choices: readonly (readonly [value: T, label: string])[];
  onChange: (value: T) => void;
}) {
  return (
    <NativeSelect
      label={props.label}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value as T)}
      data={props.choices.map(([value, label]) => ({ value, label }))}
    />
  );
}

export function Switch(props: {
  label: string;
  on: boolean;
  onChange: (on: boolean) => void;
  title?: string;
}) {
  return (
    <Checkbox
      label={props.label}
      {...(props.title === undefined ? {} : { title: props.title })}
      checked={props.on}
      onChange={(event) => props.onChange(event.currentTarget.checked)}
    />
  );
}

/** What is seldom changed, folded away. */
export function More({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <details className="more">
      <summary>{title}</summary>
      <div className="stack" style={{ gap: 10 }}>
        {children}
      </div>
    </details>
  );
}

/** What leaves a block, at its foot. */
export function Foot({ text }: { text: string }) {
  return (
    <p className="block-foot">
      <span aria-hidden>→</span> <b>{text}</b>
    </p>
  );
}
