/** All recordings of the project as a virtual list: thousands of rows, only those in sight are drawn. */
import { Button, Checkbox, NativeSelect } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { TriangleAlert } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { notifyError } from "../app/store.ts";
import { ClassChip, useLabels } from "../widgets/parts.tsx";
import { deleteRecordings } from "../widgets/recording-dialog.tsx";
import { Thumbnail } from "../widgets/wave-view.tsx";

const ROW = 52;

export function RecordingList(props: { recordings: readonly RecordingInfo[]; onOpen: (id: number) => void }) {
  const { t } = useTranslation();
  const client = useEngine();
  const labels = useLabels();
  const scroll = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const rows = props.recordings;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 4,
  });
  const ids = rows.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
  const toggle = (id: number): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const update = (change: { label?: string; excluded?: boolean }): void => {
    client.request("recordings:update", { ids, ...change }).catch(notifyError);
  };
  return (
    <>
      <div className="row" style={{ minHeight: 36 }}>
        <Checkbox
          label={ids.length === 0 ? t("Choose all") : t("{{count}} chosen", { count: ids.length })}
          checked={ids.length > 0 && ids.length === rows.length}
          indeterminate={ids.length > 0 && ids.length < rows.length}
          onChange={() => setChosen(new Set(ids.length === rows.length ? [] : rows.map(({ id }) => id)))}
        />
        {ids.length > 0 && (
          <>
            <NativeSelect
              size="xs"
              aria-label={t("Change the class to")}
              value=""
              onChange={(event) =>
                event.currentTarget.value !== "" && update({ label: event.currentTarget.value })
              }
              data={[{ value: "", label: t("Change class…") }, ...labels]}
            />
            <Button size="xs" variant="default" onClick={() => update({ excluded: true })}>
              {t("Exclude")}
            </Button>
            <Button size="xs" variant="default" onClick={() => update({ excluded: false })}>
              {t("Use again")}
            </Button>
            <Button
              size="xs"
              variant="default"
              onClick={() => {
                deleteRecordings(client, ids);
                setChosen(new Set());
              }}
            >
              {t("Delete")}
            </Button>
          </>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
      <section ref={scroll} className="recordings" tabIndex={0} aria-label={t("Recordings")}>
        <div style={{ position: "relative", height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const recording = rows[item.index];
            if (recording === undefined) return null;
            const warnings = recording.quality.filter(({ level }) => level === "warning");
            return (
              <div
                key={recording.id}
                className="recording"
                data-excluded={recording.excluded}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Checkbox
                  size="xs"
                  aria-label={t("Choose {{name}}", { name: recording.name })}
                  checked={chosen.has(recording.id)}
                  onChange={() => toggle(recording.id)}
                />
                <span>
                  <ClassChip label={recording.label} />
                </span>
                <button type="button" className="linklike name" onClick={() => props.onOpen(recording.id)}>
                  {recording.name}
                </button>
                <Thumbnail stream={recording.streams[0]} />
                <span className="num">{recording.seconds.toFixed(1)} s</span>
                <span className="soft small">
                  {recording.split === null ? t("not split") : t(`split.${recording.split}`)}
                </span>
                <span className="row" style={{ gap: 4 }}>
                  {recording.excluded && <span className="tag">{t("excluded")}</span>}
                  {warnings.length > 0 && (
                    <span
                      className="tag"
                      data-level="warning"
                      title={warnings.map(({ message }) => message).join("\n")}
                    >
                      <TriangleAlert size={12} aria-hidden /> {warnings[0]?.kind}
                    </span>
                  )}
                </span>
              </div>
            );
          })}
        </div>
      </section>
    </>
  );
}
