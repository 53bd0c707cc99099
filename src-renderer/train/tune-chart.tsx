/** What the search found as a map: right answers over memory, so that a small good design stands out. */
import { useTranslation } from "react-i18next";
import type { TuneResult } from "../../src-shared/contract/index.ts";
import { fixed, kilobytes, percent } from "../locales/format.ts";

const WIDTH = 360;
const HEIGHT = 220;
const LEFT = 50;
const BOTTOM = 36;

export function TuneChart({ results, regression }: { results: readonly TuneResult[]; regression: boolean }) {
  const { t } = useTranslation();
  const write = (share: number): string => (regression ? fixed(share, 2) : percent(share));
  const most = Math.max(1024, ...results.map(({ ram, flash }) => ram + flash)) * 1.05;
  const lows = results.map(({ accuracy, standardError }) => accuracy - standardError);
  const low = Math.max(0, Math.floor((Math.min(1, ...lows) - 0.01) * 20) / 20);
  const x = (bytes: number): number => LEFT + (bytes / most) * (WIDTH - LEFT - 16);
  const y = (share: number): number => 12 + ((1 - share) / Math.max(0.05, 1 - low)) * (HEIGHT - BOTTOM - 12);
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      className="tune-chart"
      role="img"
      aria-label={t("Right answers over memory of the designs that were found")}
    >
      {[low, (1 + low) / 2, 1].map((share) => (
        <g key={share}>
          <line x1={LEFT} x2={WIDTH - 8} y1={y(share)} y2={y(share)} stroke="var(--line)" />
          <text x={LEFT - 7} y={y(share) + 4} textAnchor="end" fill="var(--ink-soft)" fontSize="11">
            {write(share)}
          </text>
        </g>
      ))}
      {[0.5, 1].map((part) => (
        <text
          key={part}
          x={x(most * part * 0.95)}
          y={HEIGHT - BOTTOM + 16}
          textAnchor={part === 1 ? "end" : "middle"}
          fill="var(--ink-soft)"
          fontSize="11"
        >
          {kilobytes(most * part * 0.95)}
        </text>
      ))}
      <text x={(LEFT + WIDTH) / 2} y={HEIGHT - 4} textAnchor="middle" fill="var(--ink-soft)" fontSize="11">
        {t("RAM and flash")}
      </text>
      {results.map((one) => (
        <g key={one.experiment}>
          <title>{`${one.name}: ${write(one.accuracy)}, ${kilobytes(one.ram + one.flash)}`}</title>
          <line
            x1={x(one.ram + one.flash)}
            x2={x(one.ram + one.flash)}
            y1={y(Math.min(1, one.accuracy + one.standardError))}
            y2={y(Math.max(low, one.accuracy - one.standardError))}
            stroke={one.recommended ? "var(--good)" : "var(--line-strong)"}
            strokeWidth="2"
          />
          {one.recommended ? (
            <rect
              x={x(one.ram + one.flash) - 6}
              y={y(one.accuracy) - 6}
              width="12"
              height="12"
              rx="2"
              fill="var(--good)"
            />
          ) : (
            <circle
              cx={x(one.ram + one.flash)}
              cy={y(one.accuracy)}
              r="5"
              fill={one.start === null ? "var(--accent)" : "var(--surface)"}
              stroke="var(--accent)"
              strokeWidth="2"
            />
          )}
        </g>
      ))}
    </svg>
  );
}
