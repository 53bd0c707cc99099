/** What came of an import or a merge: how much, what was left out and why, what the two projects do not agree on. */
import { useTranslation } from "react-i18next";
import { said } from "../locales/engine-texts.ts";
import { Message, withCode } from "../widgets/parts.tsx";
import type { TransferReport as Report } from "./use-transfer.ts";

/** More than these are not listed one by one. */
const LISTED = 5;

export function TransferReport({ report, onClose }: { report: Report; onClose: () => void }) {
  const { t } = useTranslation();
  if (report.kind === "files") {
    const { imported, skipped, notes } = report.result;
    return (
      <Message
        level={imported === 0 || skipped.length > 0 ? "warning" : "good"}
        message={t("{{count}} imported, {{skipped}} left out.", {
          count: imported,
          skipped: skipped.length,
        })}
        hint={notes.map(said).join(" ") || undefined}
        onClose={onClose}
        action={
          skipped.length > 0 && (
            <ul className="checks">
              {skipped.slice(0, LISTED).map(({ path, reason }) => (
                <li key={path}>
                  <b>{path.split(/[\\/]/).at(-1) ?? path}</b>: {withCode(reason)}
                </li>
              ))}
              {skipped.length > LISTED && (
                <li>{t("{{count}} more were left out.", { count: skipped.length - LISTED })}</li>
              )}
            </ul>
          )
        }
      />
    );
  }
  const { imported, same, completed, conflicts, notes } = report.result;
  return (
    <>
      <Message
        level={imported > 0 ? "good" : "info"}
        message={t("{{count}} recordings came from {{name}}; {{same}} were here already.", {
          count: imported,
          name: report.name,
          same,
        })}
        hint={
          [
            completed > 0
              ? t("{{count}} of those now have notes, group or place that were missing.", {
                  count: completed,
                })
              : "",
            ...notes.map(said),
          ]
            .filter(Boolean)
            .join(" ") || undefined
        }
        onClose={onClose}
      />
      {conflicts.length > 0 && (
        <Message
          level="warning"
          message={t("The two projects do not agree on {{count}} points. What stands here was kept.", {
            count: conflicts.length,
          })}
          action={
            <ul className="checks">
              {conflicts.slice(0, LISTED).map(({ recording, name, field, here, there }) => (
                <li key={`${recording} ${field}`}>
                  {t("{{name}}, {{field}}: here “{{here}}”, there “{{there}}”", {
                    name,
                    field: t(`field.${field}`),
                    here: here === "" ? "–" : here,
                    there: there === "" ? "–" : there,
                  })}
                </li>
              ))}
            </ul>
          }
        />
      )}
    </>
  );
}
