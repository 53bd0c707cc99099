/** Draws signals as envelopes, one lane for each channel with its name, axes and unit. Knows canvas, no engine. */

export type Lane = {
  readonly name: string;
  readonly min: readonly number[];
  readonly max: readonly number[];
};

export type Lanes = {
  readonly lanes: readonly Lane[];
  readonly unit: string;
  /** Times at the left and right edges, seconds. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Parts shaded as gaps, or as what was recorded, seconds. */
  readonly marks?: readonly { readonly from: number; readonly to: number }[];
};

const LEFT = 62;
const BOTTOM = 22;

const short = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 1 ? value.toFixed(1) : value.toPrecision(2);

export function drawLanes(
  canvas: HTMLCanvasElement,
  { lanes, unit, fromSeconds, toSeconds, marks }: Lanes,
): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const ratio = devicePixelRatio;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
    canvas.width = width * ratio;
    canvas.height = height * ratio;
  }
  const style = getComputedStyle(canvas);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "11px 'Inter Variable', sans-serif";
  const plotWidth = width - LEFT - 8;
  const span = Math.max(1e-9, toSeconds - fromSeconds);
  const xOf = (seconds: number): number => LEFT + ((seconds - fromSeconds) / span) * plotWidth;
  context.fillStyle = color("--signal-soft");
  for (const mark of marks ?? []) {
    const from = Math.max(LEFT, xOf(mark.from));
    context.fillRect(from, 0, Math.max(2, xOf(mark.to) - from), height - BOTTOM);
  }
  const laneHeight = (height - BOTTOM) / Math.max(1, lanes.length);
  lanes.forEach((lane, index) => {
    const top = index * laneHeight + 4;
    const inner = laneHeight - 8;
    let low = Math.min(...lane.min.filter(Number.isFinite));
    let high = Math.max(...lane.max.filter(Number.isFinite));
    if (!Number.isFinite(low) || !Number.isFinite(high)) [low, high] = [-1, 1];
    if (high - low < 1e-9) [low, high] = [low - 1e-3, high + 1e-3];
    const yOf = (value: number): number => top + ((high - value) / (high - low)) * inner;
    context.fillStyle = color("--ink");
    context.textAlign = "left";
    context.fillText(lane.name, 6, top + inner / 2 + 4);
    context.fillStyle = color("--ink-soft");
    context.textAlign = "right";
    context.fillText(short(high), LEFT - 5, top + 8);
    context.fillText(short(low), LEFT - 5, top + inner);
    context.strokeStyle = color("--line");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(LEFT, top + inner + 3.5);
    context.lineTo(LEFT + plotWidth, top + inner + 3.5);
    context.stroke();
    context.strokeStyle = color(`--c${index % 6}`);
    context.lineWidth = 1.2;
    context.beginPath();
    const count = lane.min.length;
    for (let i = 0; i < count; i++) {
      const a = lane.min[i] ?? Number.NaN;
      const b = lane.max[i] ?? Number.NaN;
      if (!Number.isFinite(a)) continue;
      const x = LEFT + ((i + 0.5) / count) * plotWidth;
      const previous = lane.max[i - 1];
      if (previous === undefined || !Number.isFinite(previous)) context.moveTo(x, yOf(b));
      else context.lineTo(x, yOf(b));
      context.lineTo(x, yOf(a));
    }
    context.stroke();
  });
  context.fillStyle = color("--ink-soft");
  const steps = Math.max(2, Math.min(8, Math.floor(plotWidth / 110)));
  for (let i = 0; i <= steps; i++) {
    const seconds = fromSeconds + (span * i) / steps;
    context.textAlign = i === 0 ? "left" : i === steps ? "right" : "center";
    context.fillText(`${seconds.toFixed(span < 1 ? 3 : span < 20 ? 1 : 0)} s`, xOf(seconds), height - 6);
  }
  context.textAlign = "left";
  context.fillText(unit === "" ? "" : `[${unit}]`, 6, height - 6);
}
