/**
 * Batch normalisation (Ioffe and Szegedy 2015) as calls of the training kernels. Its statistics are those of the whole batch: the
 * team adds up sums, so a batch that is split over threads gives what one thread would give.
 */
import type { LayerSpec } from "../architecture.ts";
import { MOVING_MOMENTUM, NORMALISATION_EPSILON } from "../parameters.ts";
import type { Node, Place, Workshop } from "./node.ts";

const NO_PLACE = { value: 0, gradient: 0 };

export function normalisation(
  spec: Extract<LayerSpec, { kind: "batch-normalisation" }>,
  layer: number,
  input: Place,
  output: Place,
  rectified: boolean,
  shop: Workshop,
): Node {
  const { kernels, team, view } = shop;
  const channels = spec.output.at(-1) ?? 1;
  const places = output.size / channels;
  const parameter = (role: "scale" | "offset" | "moving-mean" | "moving-variance") =>
    shop.parameter(layer, role) ?? NO_PLACE;
  const scale = parameter("scale");
  const offset = parameter("offset");
  const movingMean = parameter("moving-mean");
  const movingVariance = parameter("moving-variance");
  // Scratch of this layer, one row of channels each; `sums` has two.
  const [mean, variance, factor, shift, tilt] = [0, 0, 0, 0, 0].map(() => shop.allocate(channels)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const sums = shop.allocate(2 * channels);
  const row = (pointer: number) => view(pointer, channels);
  const inverse = (value: number | undefined) => 1 / Math.sqrt((value ?? 0) + NORMALISATION_EPSILON);

  const measure = (rows: number, batch: number) => {
    const count = batch * places;
    const add = (pointer: number, kernel: () => void) => {
      kernels.clear(pointer, channels);
      kernel();
      const values = row(pointer);
      team.addUp(values);
      for (let c = 0; c < channels; c++) values[c] = (values[c] ?? 0) / count;
    };
    add(mean, () => kernels.add_column_sums(input.values, rows * places, channels, mean));
    add(variance, () => kernels.add_column_squares(input.values, rows * places, channels, mean, variance));
    blend(row(movingMean.value), row(mean));
    blend(row(movingVariance.value), row(variance));
  };

  return {
    forward({ rows, batch, training }) {
      if (training) measure(rows, batch);
      const centre = row(training ? mean : movingMean.value);
      const spread = row(training ? variance : movingVariance.value);
      const [factors, shifts, scales, offsets] = [factor, shift, scale.value, offset.value].map(row);
      for (let c = 0; c < channels; c++) {
        const value = (scales?.[c] ?? 0) * inverse(spread[c]);
        if (factors) factors[c] = value;
        if (shifts) shifts[c] = (offsets?.[c] ?? 0) - (centre[c] ?? 0) * value;
      }
      kernels.scale_columns(
        input.values,
        rows * places,
        channels,
        factor,
        shift,
        rectified ? 1 : 0,
        output.values,
      );
    },
    backward({ rows, batch }) {
      const count = batch * places;
      kernels.clear(sums, 2 * channels);
      kernels.add_normalisation_sums(
        output.gradient,
        input.values,
        output.values,
        rows * places,
        channels,
        mean,
        rectified ? 1 : 0,
        sums,
      );
      const found = view(sums, 2 * channels);
      const spread = row(variance);
      const toOffset = row(offset.gradient);
      const toScale = row(scale.gradient);
      for (let c = 0; c < channels; c++) {
        toOffset[c] = (toOffset[c] ?? 0) + (found[c] ?? 0);
        toScale[c] = (toScale[c] ?? 0) + (found[channels + c] ?? 0) * inverse(spread[c]);
      }
      if (input.gradient === 0) return;
      team.addUp(found);
      const factors = row(factor);
      const tilts = row(tilt);
      const shifts = row(shift);
      const centre = row(mean);
      for (let c = 0; c < channels; c++) {
        // dx = f (dy - S/n - (x - mean) P / (n (variance + epsilon))), f = scale / sqrt(variance + epsilon),
        // S the sum of dy and P that of dy (x - mean); `factor` still holds f from the forward pass.
        const f = factors[c] ?? 0;
        const slope = (-f * inverse(spread[c]) ** 2 * (found[channels + c] ?? 0)) / count;
        tilts[c] = slope;
        shifts[c] = (-f * (found[c] ?? 0)) / count - slope * (centre[c] ?? 0);
      }
      kernels.normalisation_gradient(
        output.gradient,
        input.values,
        rows * places,
        channels,
        factor,
        tilt,
        shift,
      );
    },
  };
}

function blend(moving: Float32Array, seen: Float32Array): void {
  for (let c = 0; c < moving.length; c++) {
    moving[c] = MOVING_MOMENTUM * (moving[c] ?? 0) + (1 - MOVING_MOMENTUM) * (seen[c] ?? 0);
  }
}
