/** All recordings as a virtual list: thousands of rows, only those in sight are drawn. Search, filter, order, bulk edits. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { TriangleAlert } from "lucide-react";
import { memo, useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { said } from "../locales/engine-texts.ts";
import { dateOf, fixed } from "../locales/format.ts";
import { ClassChip } from "../widgets/parts.tsx";
import { deleteRecordings } from "../widgets/recording-edits.ts";
import { Thumbnail } from "../widgets/thumbnail.tsx";
import { BulkBar, FilterBar } from "./list-bars.tsx";
import { filterRecordings, type ListFilter } from "./list-filter.ts";

const ROW = 56;

export function RecordingList(props: {
  recordings: readonly RecordingInfo[];
  filter: ListFilter;
  onFilter: (filter: ListFilter) => void;
  onOpen: (id: number, order: readonly number[]) => void;
}) {
  const { t } = useTranslation();
  const client = useEngine();
  const scroll = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [active, setActive] = useState(0);
  const anchor = useRef(0);
  const rows = useMemo(
    () => filterRecordings(props.recordings, props.filter),
    [props.recordings, props.filter],
  );
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 6,
    useFlushSync: false,
  });
  const ids = useMemo(() => rows.filter(({ id }) => chosen.has(id)).map(({ id }) => id), [rows, chosen]);
  const toggle = useCallback(
    (index: number, range: boolean) => {
      const first = range ? anchor.current : index;
      setChosen((before) => {
        const next = new Set(before);
        const [from, to] = [Math.min(first, index), Math.max(first, index)];
        const on = range || !before.has(rows[index]?.id ?? -1);
        for (let at = from; at <= to; at++) {
          const id = rows[at]?.id;
          if (id !== undefined) on ? next.add(id) : next.delete(id);
        }
        return next;
      });
      anchor.current = index;
    },
    [rows],
  );
  const { onOpen } = props;
  const open = useCallback(
    (id: number) =>
      onOpen(
        id,
        rows.map((row) => row.id),
      ),
    [rows, onOpen],
  );
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 5, PageUp: -5 };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = Math.min(rows.length - 1, Math.max(0, active + step));
      setActive(next);
      virtual.scrollToIndex(next);
      requestAnimationFrame(() =>
        scroll.current?.querySelector<HTMLElement>(`[data-index="${next}"] .linklike`)?.focus(),
      );
    }
    const one = rows[active];
    if (event.key === "Delete" && one !== undefined)
      deleteRecordings(client, ids.length > 0 ? ids : [one.id]);
    if (event.key === "x") toggle(active, event.shiftKey);
  };
  return (
    <>
      <FilterBar filter={props.filter} onFilter={props.onFilter} shown={rows.length} />
      <BulkBar
        ids={ids}
        all={rows.length}
        onAll={(on) => setChosen(new Set(on ? rows.map(({ id }) => id) : []))}
        onDone={() => setChosen(new Set())}
      />
      {rows.length === 0 && (
        <p className="soft">{t("No recording is like that. Change what is searched for.")}</p>
      )}
      <section
        ref={scroll}
        className="recordings"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
        tabIndex={0}
        aria-label={t("Recordings")}
        onKeyDown={onKeyDown}
        style={{ height: Math.min(480, Math.max(ROW, rows.length * ROW)) }}
      >
        <ul style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const recording = rows[item.index];
            return recording === undefined ? null : (
              <Row
                key={recording.id}
                recording={recording}
                index={item.index}
                top={item.start}
                chosen={chosen.has(recording.id)}
                active={item.index === active}
                onToggle={toggle}
                onOpen={open}
                onActive={setActive}
              />
            );
          })}
        </ul>
      </section>
    </>
  );
}

const Row = memo(function Row(props: {
  recording: RecordingInfo;
  index: number;
  top: number;
  chosen: boolean;
  active: boolean;
  onToggle: (index: number, range: boolean) => void;
  onOpen: (id: number) => void;
  onActive: (index: number) => void;
}) {
  const { t } = useTranslation();
  const { recording, index } = props;
  const warnings = recording.quality.filter(({ level }) => level === "warning");
  const stop = props.active ? 0 : -1;
  return (
    <li
      className="recording"
      data-index={index}
      data-excluded={recording.excluded}
      data-chosen={props.chosen}
      style={{ transform: `translateY(${props.top}px)` }}
      onFocus={() => props.onActive(index)}
    >
      {/* A plain one: hundreds of rows a second pass by while the list is scrolled. */}
      <input
        type="checkbox"
        className="row-check"
        tabIndex={stop}
        aria-label={t("Choose {{name}}", { name: recording.name })}
        checked={props.chosen}
        onChange={(event) => props.onToggle(index, (event.nativeEvent as MouseEvent).shiftKey === true)}
      />
      <Thumbnail stream={recording.streams[0]} />
      <div className="what">
        <button
          type="button"
          className="linklike name"
          tabIndex={stop}
          onClick={() => props.onOpen(recording.id)}
        >
          {recording.name}
        </button>
        <span className="soft small">{recording.group ?? dateOf(recording.createdAt)}</span>
      </div>
      <ClassChip label={recording.label} />
      <span className="tags">
        {recording.excluded && <span className="tag">{t("excluded")}</span>}
        {warnings.length > 0 && (
          <span
            className="tag"
            data-level="warning"
            title={warnings.map(({ message }) => said(message)).join("\n")}
          >
            <TriangleAlert size={12} aria-hidden /> {t(`quality.${warnings[0]?.kind ?? ""}`)}
          </span>
        )}
      </span>
      <span className="soft small">
        {recording.split === null ? t("not split") : t(`split.${recording.split}`)}
      </span>
      <span className="num">{fixed(recording.seconds, 1)} s</span>
    </li>
  );
});
