/** Confusion matrix: rows are what a window was, columns what it was called; a sentence for the cell under the pointer. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { classMark, useLabels } from "../widgets/parts.tsx";
import { inOrder, worstPair } from "./confusion.ts";

export function ConfusionMatrix(props: {
  labels: readonly string[];
  matrix: readonly (readonly number[])[];
}) {
  const { t } = useTranslation();
  const known = useLabels();
  const { labels, matrix } = inOrder(props, known);
  const [sentence, setSentence] = useState("");
  const worst = worstPair({ labels, matrix });
  const mark = (label: string) => {
    const { color, shape } = classMark(known, label);
    return (
      <span aria-hidden style={{ color }}>
        {shape}
        {"\u00a0"}
      </span>
    );
  };
  return (
    <>
      <section
        style={{ overflowX: "auto" }}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
        tabIndex={0}
        aria-label={t("Confusion matrix")}
      >
        <table className="matrix">
          <thead>
            <tr>
              <th rowSpan={2}>{t("Was")}</th>
              <th colSpan={labels.length}>{t("Called")}</th>
              <th rowSpan={2}>{t("Total")}</th>
            </tr>
            <tr>
              {labels.map((label) => (
                <th key={label} scope="col">
                  {mark(label)}
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {labels.map((was, row) => {
              const counts = matrix[row] ?? [];
              const total = counts.reduce((sum, count) => sum + count, 0);
              return (
                <tr key={was}>
                  <th scope="row">
                    {mark(was)}
                    {was}
                  </th>
                  {labels.map((called, column) => {
                    const count = counts[column] ?? 0;
                    const share = total === 0 ? 0 : count / total;
                    const tone = row === column ? "--good" : "--signal";
                    return (
                      <td
                        key={called}
                        style={{
                          background: `color-mix(in srgb, var(${tone}) ${Math.round(share * 24)}%, var(--surface))`,
                        }}
                        data-zero={count === 0}
                        onMouseEnter={() =>
                          setSentence(
                            t(
                              "Of {{total}} windows that were “{{was}}”, {{count}} were called “{{called}}”.",
                              { total, was, count, called },
                            ),
                          )
                        }
                      >
                        <b>{count}</b>
                        <small>{Math.round(share * 100)} %</small>
                      </td>
                    );
                  })}
                  <td className="total">
                    <b>{total}</b>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      <p className="soft small" style={{ minHeight: 20 }}>
        {sentence !== ""
          ? sentence
          : worst === null
            ? t("No window was called wrongly.")
            : t(
                "Most often confused: of {{total}} windows that were “{{was}}”, {{count}} were called “{{called}}”.",
                worst,
              )}
      </p>
    </>
  );
}
