/** The two objectives over a batch of network outputs, with their gradients: cross-entropy of a softmax, and squared error. */

/** Sums over a batch: the loss (unweighted), and right answers (classification) or 0. */
export type BatchSums = { loss: number; right: number };

/**
 * Softmax cross-entropy. `logits` is rows x classes; `gradient` (same shape, or null to leave it out) gets
 * (softmax - one-hot) * weight * factor. The loss sum is unweighted, in nats.
 */
export function crossEntropy(
  logits: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  gradient: Float32Array | null,
  weights: Float32Array,
  factor: number,
): BatchSums {
  const sums = { loss: 0, right: 0 };
  const exponentials = new Float64Array(classes);
  for (let row = 0; row < labels.length; row++) {
    const at = row * classes;
    const label = labels[row] ?? 0;
    let best = 0;
    for (let k = 1; k < classes; k++) {
      if ((logits[at + k] ?? 0) > (logits[at + best] ?? 0)) best = k;
    }
    const top = logits[at + best] ?? 0;
    let total = 0;
    for (let k = 0; k < classes; k++) {
      const value = Math.exp((logits[at + k] ?? 0) - top);
      exponentials[k] = value;
      total += value;
    }
    sums.loss += Math.log(total) - ((logits[at + label] ?? 0) - top);
    if (best === label) sums.right++;
    if (gradient !== null) {
      const scale = (weights[label] ?? 1) * factor;
      for (let k = 0; k < classes; k++) {
        gradient[at + k] = ((exponentials[k] ?? 0) / total - (k === label ? 1 : 0)) * scale;
      }
    }
  }
  return sums;
}

/** Squared error of one output for each row. `gradient` gets 2 * (output - value) * factor. */
export function squaredError(
  outputs: Float32Array,
  values: ArrayLike<number>,
  gradient: Float32Array | null,
  factor: number,
): BatchSums {
  const sums = { loss: 0, right: 0 };
  for (let row = 0; row < values.length; row++) {
    const error = (outputs[row] ?? 0) - (values[row] ?? 0);
    sums.loss += error * error;
    if (gradient !== null) gradient[row] = 2 * error * factor;
  }
  return sums;
}
