/** What a design costs on the board, against its limits, and its tensor shapes from the window to the scores. */
import { useTranslation } from "react-i18next";
import type { DesignReport } from "../../src-shared/contract/index.ts";
import { useApp } from "../app/store.ts";
import { PowerRows } from "../deploy/power-rows.tsx";
import { said } from "../locales/engine-texts.ts";
import { fixed } from "../locales/format.ts";
import { Card, kilobytes, Meter } from "../widgets/parts.tsx";

/** What the smallest supported board leaves for a model: nRF52833 of the micro:bit v2 (128 kB RAM, 512 kB flash in all). */
const BOARD_RAM = 96 * 1024;
const BOARD_FLASH = 160 * 1024;

export function CostCard({ report }: { report: DesignReport | null }) {
  const { t } = useTranslation();
  const power = useApp((state) => state.summary?.goal.powerMilliwatts ?? 1);
  const of = (used: string, limit: string): string => t("{{used}} of {{limit}}", { used, limit });
  const { ramBytes = 0, flashBytes = 0, latencyMs = 0, powerMilliwatts = 0 } = report ?? {};
  const stride = report?.design.window.strideMs ?? 1;
  return (
    <Card title={t("On the board (estimated)")}>
      <div className="costs">
        <Meter
          name={t("RAM")}
          value={ramBytes}
          limit={BOARD_RAM}
          text={of(kilobytes(ramBytes), kilobytes(BOARD_RAM))}
        />
        <Meter
          name={t("Flash")}
          value={flashBytes}
          limit={BOARD_FLASH}
          text={of(kilobytes(flashBytes), kilobytes(BOARD_FLASH))}
        />
        <Meter
          name={t("Time")}
          value={latencyMs}
          limit={stride}
          text={of(`${fixed(latencyMs, 1)} ms`, `${stride} ms`)}
        />
        <Meter
          name={t("Power of the processor")}
          value={powerMilliwatts}
          limit={power}
          text={of(`${fixed(powerMilliwatts, 2)} mW`, `${power} mW`)}
        />
      </div>
      <p className="soft small">
        {t(
          "Compared with what the smallest supported board (micro:bit v2) leaves for a model, and with the power in the goal.",
        )}
      </p>
      {report?.powerBudget != null && (
        <details className="more">
          <summary>{t("Power with sensors, and periods that reach a goal")}</summary>
          <PowerRows budget={report.powerBudget} />
        </details>
      )}
      <dl className="pairs">
        <div>
          <dt>{t("Windows to train")}</dt>
          <dd>{report?.windows.train ?? "–"}</dd>
        </div>
        <div>
          <dt>{t("to watch")}</dt>
          <dd>{report?.windows.validation ?? "–"}</dd>
        </div>
        <div>
          <dt>{t("to test")}</dt>
          <dd>{report?.windows.test ?? "–"}</dd>
        </div>
        <div>
          <dt>{t("Parameters")}</dt>
          <dd>{report?.parameters ?? "–"}</dd>
        </div>
      </dl>
    </Card>
  );
}

export function ShapesCard({ report }: { report: DesignReport }) {
  const { t } = useTranslation();
  return (
    <Card title={t("Tensor shapes")}>
      <ol className="flow">
        {report.shapes.map(({ stage, shape, note }, index) => (
          <li key={stage}>
            {index > 0 && (
              <span className="arrow" aria-hidden>
                →
              </span>
            )}
            <span>
              <span className="small">{said(stage)}</span>
              <code>{shape.join(" × ")}</code>
              {note !== undefined && <span className="soft note">{note}</span>}
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}
