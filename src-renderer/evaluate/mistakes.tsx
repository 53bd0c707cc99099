/** The windows that were called wrong, worst first, each with its wave; what is wrong about a recording is mended here. */
import { Button, Menu } from "@mantine/core";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { EvaluationReport } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { Card, ClassChip, percent } from "../widgets/parts.tsx";
import { RecordingDialog, type Shown } from "../widgets/recording-dialog.tsx";
import { updateRecordings } from "../widgets/recording-edits.ts";
import { Thumbnail } from "../widgets/thumbnail.tsx";

const FIRST = 12;

type Mistake = EvaluationReport["mistakes"][number];

export function Mistakes({ report, windowMs }: { report: EvaluationReport; windowMs: number }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<Shown | null>(null);
  const [all, setAll] = useState(false);
  const list = all ? report.mistakes.slice(0, 300) : report.mistakes.slice(0, FIRST);
  return (
    <Card title={t("Called wrong, worst first ({{count}})", { count: report.mistakes.length })}>
      {report.mistakes.length === 0 ? (
        <p className="soft">{t("No window of the test was called wrong.")}</p>
      ) : (
        <ul className="mistakes">
          {list.map((one) => (
            <Row key={`${one.recording}-${one.startMs}`} one={one} windowMs={windowMs} onShow={setShown} />
          ))}
        </ul>
      )}
      {!all && report.mistakes.length > FIRST && (
        <Button variant="default" style={{ alignSelf: "start" }} onClick={() => setAll(true)}>
          {t("Show {{count}} more", { count: report.mistakes.length - FIRST })}
        </Button>
      )}
      <RecordingDialog shown={shown} onShow={setShown} />
    </Card>
  );
}

function Row(props: { one: Mistake; windowMs: number; onShow: (shown: Shown) => void }) {
  const { t } = useTranslation();
  const client = useEngine();
  const { one } = props;
  const recording = useApp((state) => state.recordings.find(({ id }) => id === one.recording));
  const window = { fromMs: one.startMs, toMs: one.startMs + props.windowMs };
  const open = (): void => props.onShow({ id: one.recording, mark: window });
  return (
    <li data-excluded={recording?.excluded === true}>
      <Thumbnail stream={recording?.streams[0]} window={window} />
      <div className="what">
        <button type="button" className="linklike" onClick={open}>
          {one.recordingName}
        </button>
        <span className="soft small">
          {t("{{from}} to {{to}} s", {
            from: (window.fromMs / 1000).toFixed(1),
            to: (window.toMs / 1000).toFixed(1),
          })}
          {recording?.excluded === true && ` · ${t("excluded")}`}
        </span>
      </div>
      <span className="pair">
        <span className="soft small">{t("was")}</span> <ClassChip label={one.label} />
      </span>
      <span className="pair">
        <span className="soft small">{t("called")}</span> <ClassChip label={one.predicted} />
      </span>
      <span className="num">{percent(one.score)}</span>
      <Menu position="bottom-end" width={290}>
        <Menu.Target>
          <button
            type="button"
            className="icon-button"
            aria-label={t("What to do about {{name}}", { name: one.recordingName })}
          >
            <Ellipsis size={18} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={open}>{t("Look at it, hear it, cut it")}</Menu.Item>
          <Menu.Item onClick={() => updateRecordings(client, [one.recording], { label: one.predicted })}>
            {t("The label was wrong: it is “{{label}}”", { label: one.predicted })}
          </Menu.Item>
          <Menu.Item
            onClick={() =>
              updateRecordings(client, [one.recording], { excluded: recording?.excluded !== true })
            }
          >
            {recording?.excluded === true ? t("Use it again") : t("Exclude the recording")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}
