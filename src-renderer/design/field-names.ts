/** The label that a field of a design has in the form, for findings that name it by its path. Knows no looks. */
const LABELS: Readonly<Record<string, string>> = {
  "window.lengthMs": "Length (ms)",
  "window.strideMs": "Stride (ms)",
  "window.short": "Recordings shorter than the window",
  normalisation: "Normalisation",
  fftLength: "FFT length (samples)",
  bands: "Bands",
  decimation: "Keep every n-th sample",
  frameMs: "Frame (ms)",
  strideMs: "Frame stride (ms)",
  filters: "Mel filters",
  coefficients: "Coefficients",
  lowHz: "Lowest frequency (Hz)",
  highHz: "Highest frequency (Hz, 0: half the rate)",
  cutoffHz: "Cut-off (Hz)",
  "network.units": "Units of each layer",
  "network.filters": "Filters of each layer",
  "network.kernel": "Kernel (time steps)",
  "network.stride": "Stride",
  "network.dropout": "Dropout (%)",
  "training.epochs": "Epochs at most",
  "training.learningRate": "Learning rate",
  "training.batchSize": "Batch size",
};

/** Key of the label, or null where the form has no field of its own for it: `inputs.0.features.bands` is “Bands”. */
export function fieldName(path: string): string | null {
  const parts = path.split(/[.[\]]+/).filter((part) => part !== "" && !/^\d+$/.test(part));
  const ends = [parts.slice(0, 2).join("."), parts.slice(-2).join("."), parts.at(-1) ?? ""];
  return ends.map((end) => LABELS[end]).find((label) => label !== undefined) ?? null;
}

const OF_DESIGN = new Set([
  "window",
  "features",
  "inputs",
  "normalisation",
  "network",
  "training",
  "augmentation",
  "anomaly",
]);

/** The place where what is wrong with a field is put right; null where that is none of these. */
export function placeOfField(path: string): "design" | "collect" | null {
  const first = path.split(/[.[]/)[0] ?? "";
  if (first === "split" || first === "labels") return "collect";
  return OF_DESIGN.has(first) ? "design" : null;
}
