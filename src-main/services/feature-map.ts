/**
 * Two-dimensional map of features: the first two principal components (Pearson, "On lines and planes of closest fit to systems of
 * points in space", Philosophical Magazine 2, 1901), by power iteration. Pure.
 */

const ITERATIONS = 100;
const ENOUGH = 1e-9;

/**
 * Coordinates of each row on the two directions of greatest variance, which are scaled to variance 1 at most.
 * @param features count x size, row-major; normalised, so that no feature counts for its unit
 */
export function principalPlane(features: Float32Array, size: number): { x: number; y: number }[] {
  const count = size === 0 ? 0 : features.length / size;
  if (count === 0) {
    return [];
  }
  const centred = new Float64Array(features.length);
  for (let i = 0; i < size; i++) {
    let mean = 0;
    for (let row = 0; row < count; row++) mean += features[row * size + i] as number;
    mean /= count;
    for (let row = 0; row < count; row++) {
      centred[row * size + i] = (features[row * size + i] as number) - mean;
    }
  }
  const first = direction(centred, size, count);
  const x = project(centred, first, size, count);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < size; i++) {
      centred[row * size + i] =
        (centred[row * size + i] as number) - (x[row] as number) * (first[i] as number);
    }
  }
  const y = project(centred, direction(centred, size, count), size, count);
  return Array.from(x, (value, row) => ({ x: value, y: y[row] as number }));
}

/** Unit vector of greatest variance. Begins with the row that lies farthest out, so that it is the same every time. */
function direction(centred: Float64Array, size: number, count: number): Float64Array {
  let vector = new Float64Array(size);
  let longest = 0;
  for (let row = 0; row < count; row++) {
    const candidate = centred.subarray(row * size, (row + 1) * size);
    const length = candidate.reduce((sum, value) => sum + value * value, 0);
    if (length > longest) {
      longest = length;
      vector = candidate.slice();
    }
  }
  if (!unit(vector)) {
    return vector;
  }
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const scores = project(centred, vector, size, count);
    const next = new Float64Array(size);
    for (let row = 0; row < count; row++) {
      const score = scores[row] as number;
      for (let i = 0; i < size; i++)
        next[i] = (next[i] as number) + score * (centred[row * size + i] as number);
    }
    if (!unit(next)) {
      return vector;
    }
    const change = next.reduce((sum, value, i) => sum + (value - (vector[i] as number)) ** 2, 0);
    vector = next;
    if (change < ENOUGH) break;
  }
  return vector;
}

/** Scales to length 1; false for a vector of zeros. */
function unit(vector: Float64Array): boolean {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (!(length > 0)) return false;
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / length;
  return true;
}

function project(centred: Float64Array, vector: Float64Array, size: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += (centred[row * size + i] as number) * (vector[i] as number);
    return sum;
  });
}
