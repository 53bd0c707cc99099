/** Draws signals as envelopes, one lane for each channel with its name, axes and unit. Knows canvas, no engine. */
import { fixed, localised } from "../locales/format.ts";

export type Lane = {
  readonly name: string;
  readonly min: readonly number[];
  readonly max: readonly number[];
};

export type Mark = {
  /** Seconds. */
  readonly from: number;
  readonly to: number;
  /** A gap in the signal, the window in question, or what is being recorded. */
  readonly tone: "gap" | "window" | "recorded";
};

export type Lanes = {
  readonly lanes: readonly Lane[];
  readonly unit: string;
  /** Times at the left and right edges, seconds. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly marks?: readonly Mark[];
  /** Lowest and highest value of each lane's axis; found from what is shown where absent. */
  readonly ranges?: readonly (readonly [number, number] | undefined)[];
  /** Lines so far above and below the middle of each lane: how far a signal swings that is strong enough to start a recording. */
  readonly swing?: number | undefined;
};

/** Space beside the signal for names and figures, pixels. */
export const LEFT = 76;
export const RIGHT = 12;
export const BOTTOM = 24;

/** A lane at least so high has its name beside it, between its figures; a lower one on its own ground. Pixels. */
const NAMED_BESIDE = 44;
/** A name so short has room beside the figures at any height, pixels. */
const SHORT_NAME = 30;

const TONES = { gap: "--warn-soft", window: "--accent-soft", recorded: "--signal-soft" } as const;

/** A figure of three significant digits. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return `${(value / 1000).toFixed(0)}k`;
  if (size >= 100) return value.toFixed(0);
  if (size === 0) return "0";
  return localised(size >= 0.001 ? value.toPrecision(3) : value.toExponential(1));
}

/** A figure for an axis over `span`: as many digits as tell its ends apart. */
export function axisNumber(value: number, span: number): string {
  if (Math.abs(value) >= 10_000) return `${fixed(value / 1000, 1)}k`;
  const digits = Math.min(4, Math.max(0, 1 - Math.floor(Math.log10(Math.max(span, 1e-6)))));
  return Number(value.toFixed(digits)).toString() === "0" ? "0" : fixed(value, digits);
}

/** Lowest and highest finite value of a lane; -1 and 1 where there is none. */
export function rangeOf(lane: Lane): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of lane.min) if (value < low) low = value;
  for (const value of lane.max) if (value > high) high = value;
  return low <= high ? [low, high] : [-1, 1];
}

/** A step of 1, 2 or 5 times a power of ten, so that there are about `wanted` of them in `span`. */
export function tickStep(span: number, wanted: number): number {
  const rough = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
}

let known: { readonly scheme: string; readonly colors: Map<string, string> } | null = null;

/** The theme's colours by their names. Asked for once: each question has the browser settle all styles, twenty times a second. */
function themeColors(element: HTMLElement): (name: string) => string {
  const scheme = document.documentElement.getAttribute("data-mantine-color-scheme") ?? "";
  if (known?.scheme !== scheme) known = { scheme, colors: new Map() };
  const { colors } = known;
  return (name) => {
    const before = colors.get(name);
    if (before !== undefined) return before;
    const value = getComputedStyle(element).getPropertyValue(name).trim();
    colors.set(name, value);
    return value;
  };
}

/** A lane with no more points than there are pixels: neighbours become one with the lowest and the highest of them. */
export function thinned(lane: Lane, most: number): Lane {
  const group = Math.ceil(lane.min.length / Math.max(1, most));
  if (group < 2) return lane;
  const min: number[] = [];
  const max: number[] = [];
  for (let at = 0; at < lane.min.length; at += group) {
    let low = Number.NaN;
    let high = Number.NaN;
    for (let i = at; i < Math.min(at + group, lane.min.length); i++) {
      const a = lane.min[i] as number;
      const b = lane.max[i] as number;
      // What is not a number is passed over, unless there is nothing else.
      if (!(low <= a)) low = Number.isFinite(a) ? a : low;
      if (!(high >= b)) high = Number.isFinite(b) ? b : high;
    }
    min.push(low);
    max.push(high);
  }
  return { name: lane.name, min, max };
}

export function drawLanes(canvas: HTMLCanvasElement, picture: Lanes): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const ratio = devicePixelRatio;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const color = themeColors(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "11.5px 'Inter Variable', sans-serif";
  const { lanes, unit, fromSeconds, toSeconds } = picture;
  const plotWidth = width - LEFT - RIGHT;
  const span = Math.max(1e-9, toSeconds - fromSeconds);
  const xOf = (seconds: number): number => LEFT + ((seconds - fromSeconds) / span) * plotWidth;
  for (const mark of picture.marks ?? []) {
    const from = Math.max(LEFT, xOf(mark.from));
    const to = Math.min(LEFT + plotWidth, xOf(mark.to));
    if (to < LEFT || from > LEFT + plotWidth) continue;
    context.fillStyle = color(TONES[mark.tone]);
    context.fillRect(from, 0, Math.max(2, to - from), height - BOTTOM);
  }
  drawTimes(context, { height, fromSeconds, toSeconds, xOf, color, plotWidth });
  const laneHeight = (height - BOTTOM) / Math.max(1, lanes.length);
  lanes.forEach((lane, index) => {
    drawLane(context, thinned(lane, plotWidth), {
      top: index * laneHeight,
      height: laneHeight,
      plotWidth,
      range: picture.ranges?.[index] ?? rangeOf(lane),
      swing: picture.swing,
      stroke: color(`--c${index % 6}`),
      color,
    });
  });
  context.fillStyle = color("--ink-soft");
  context.textAlign = "left";
  context.fillText(unit === "" ? "" : `in ${unit}`, 10, height - 8);
}

type Drawing = { readonly plotWidth: number; color(name: string): string };

function drawLane(
  context: CanvasRenderingContext2D,
  lane: Lane,
  place: Drawing & {
    readonly top: number;
    readonly height: number;
    readonly range: readonly [number, number];
    readonly swing: number | undefined;
    readonly stroke: string;
  },
): void {
  const { top, plotWidth, color } = place;
  const inner = place.height - 14;
  let [low, high] = place.range;
  if (high - low < 1e-9) [low, high] = [low - 1e-3, high + 1e-3];
  const yOf = (value: number): number => top + 7 + ((high - value) / (high - low)) * inner;
  if (top > 0) {
    context.strokeStyle = color("--line");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, Math.round(top) + 0.5);
    context.lineTo(LEFT + plotWidth + RIGHT, Math.round(top) + 0.5);
    context.stroke();
  }
  if (low < 0 && high > 0) {
    context.strokeStyle = color("--line");
    context.setLineDash([2, 4]);
    context.beginPath();
    context.moveTo(LEFT, Math.round(yOf(0)) + 0.5);
    context.lineTo(LEFT + plotWidth, Math.round(yOf(0)) + 0.5);
    context.stroke();
    context.setLineDash([]);
  }
  if (place.swing !== undefined) drawSwing(context, lane, { ...place, low, high, yOf, swing: place.swing });
  context.textAlign = "right";
  context.fillStyle = color("--ink-soft");
  context.fillText(axisNumber(high, high - low), LEFT - 8, top + 15);
  context.fillText(axisNumber(low, high - low), LEFT - 8, top + place.height - 6);
  context.textAlign = "left";
  context.fillStyle = color("--ink");
  const width = context.measureText(lane.name).width;
  const beside = place.height >= NAMED_BESIDE || width <= SHORT_NAME;
  if (beside) context.fillText(lane.name, 10, top + place.height / 2 + 4, LEFT - 16);
  const count = lane.min.length;
  context.save();
  context.beginPath();
  context.rect(LEFT, top + 1, plotWidth, place.height - 2);
  context.clip();
  context.strokeStyle = place.stroke;
  context.lineWidth = 1.25;
  context.lineJoin = "round";
  context.beginPath();
  let joined = false;
  for (let i = 0; i < count; i++) {
    const a = lane.min[i] ?? Number.NaN;
    const b = lane.max[i] ?? Number.NaN;
    if (!Number.isFinite(a)) {
      joined = false;
      continue;
    }
    const x = LEFT + ((i + 0.5) / count) * plotWidth;
    if (joined) context.lineTo(x, yOf(b));
    else context.moveTo(x, yOf(b));
    if (a !== b) context.lineTo(x, yOf(a));
    joined = true;
  }
  context.stroke();
  context.restore();
  if (beside) return;
  context.fillStyle = color("--plot");
  context.fillRect(LEFT + 3, top + 3, width + 8, 16);
  context.fillStyle = color("--ink");
  context.fillText(lane.name, LEFT + 7, top + 15);
}

/** Lines at the middle of the newest part of a lane, plus and minus the swing. */
function drawSwing(
  context: CanvasRenderingContext2D,
  lane: Lane,
  place: Drawing & {
    readonly low: number;
    readonly high: number;
    readonly swing: number;
    yOf(value: number): number;
  },
): void {
  let sum = 0;
  let count = 0;
  for (let i = Math.floor(lane.min.length * 0.75); i < lane.min.length; i++) {
    const middle = ((lane.min[i] ?? Number.NaN) + (lane.max[i] ?? Number.NaN)) / 2;
    if (!Number.isFinite(middle)) continue;
    sum += middle;
    count++;
  }
  if (count === 0) return;
  context.strokeStyle = place.color("--signal");
  context.lineWidth = 1;
  context.setLineDash([6, 4]);
  context.beginPath();
  for (const value of [sum / count - place.swing, sum / count + place.swing]) {
    if (value < place.low || value > place.high) continue;
    context.moveTo(LEFT, place.yOf(value));
    context.lineTo(LEFT + place.plotWidth, place.yOf(value));
  }
  context.stroke();
  context.setLineDash([]);
}

function drawTimes(
  context: CanvasRenderingContext2D,
  axis: Drawing & {
    readonly height: number;
    readonly fromSeconds: number;
    readonly toSeconds: number;
    xOf(seconds: number): number;
  },
): void {
  const { height, fromSeconds, toSeconds, xOf, color } = axis;
  const step = tickStep(toSeconds - fromSeconds, axis.plotWidth / 110);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(fromSeconds / step - 1e-6) + 0;
  context.strokeStyle = color("--line");
  context.fillStyle = color("--ink-soft");
  context.lineWidth = 1;
  context.beginPath();
  for (let i = first; i * step <= toSeconds + step * 1e-6; i++) {
    const x = Math.round(xOf(i * step)) + 0.5;
    context.moveTo(x, 0);
    context.lineTo(x, height - BOTTOM);
    const text = `${fixed(i * step, digits)} s`;
    const half = context.measureText(text).width / 2;
    context.textAlign = "center";
    // At the very edge the figure moves inwards, so that it is never cut off.
    const right = LEFT + axis.plotWidth + RIGHT - half - 2;
    context.fillText(text, Math.max(LEFT + half - 6, Math.min(right, x)), height - 8);
  }
  context.moveTo(LEFT, height - BOTTOM + 0.5);
  context.lineTo(LEFT + axis.plotWidth, height - BOTTOM + 0.5);
  context.stroke();
}
