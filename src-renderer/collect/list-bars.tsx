/** The bars above the list of recordings: what is shown, and what is done with those that were chosen. */
import { Button, Checkbox, NativeSelect, Popover, TextInput } from "@mantine/core";
import { Search, Trash2, X } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SplitName } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { useLabels } from "../widgets/parts.tsx";
import { deleteRecordings, updateRecordings } from "../widgets/recording-edits.ts";
import {
  groupsOf,
  type ListFilter,
  NO_FILTER,
  SORTS,
  type Sort,
  STATES,
  type StateFilter,
} from "./list-filter.ts";

export function FilterBar(props: {
  filter: ListFilter;
  onFilter: (filter: ListFilter) => void;
  shown: number;
}) {
  const { t } = useTranslation();
  const labels = useLabels();
  const { filter, onFilter } = props;
  const recordings = useApp((state) => state.recordings);
  const groups = useMemo(() => groupsOf(recordings), [recordings]);
  const filtered =
    filter.search !== "" || filter.label !== "" || filter.group !== "" || filter.state !== "all";
  return (
    <div className="row" style={{ gap: 8 }}>
      <TextInput
        className="grow"
        type="search"
        aria-label={t("Search recordings")}
        placeholder={t("Search name, group, notes…")}
        leftSection={<Search size={16} aria-hidden />}
        value={filter.search}
        onChange={(event) => onFilter({ ...filter, search: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label={t("Show the class")}
        value={filter.label}
        onChange={(event) => onFilter({ ...filter, label: event.currentTarget.value })}
        data={[{ value: "", label: t("All classes") }, ...labels]}
      />
      <NativeSelect
        aria-label={t("Show the state")}
        value={filter.state}
        onChange={(event) => onFilter({ ...filter, state: event.currentTarget.value as StateFilter })}
        data={STATES.map((value) => ({ value, label: t(`state.${value}`) }))}
      />
      {groups.length > 0 && (
        <NativeSelect
          aria-label={t("Show the group")}
          className="group-filter"
          value={filter.group}
          onChange={(event) => onFilter({ ...filter, group: event.currentTarget.value })}
          data={[{ value: "", label: t("All groups") }, ...groups]}
        />
      )}
      <NativeSelect
        aria-label={t("Order")}
        value={filter.sort}
        onChange={(event) => onFilter({ ...filter, sort: event.currentTarget.value as Sort })}
        data={SORTS.map((value) => ({ value, label: t(`sort.${value}`) }))}
      />
      {filtered && (
        <Button
          variant="subtle"
          leftSection={<X size={15} />}
          onClick={() => onFilter({ ...NO_FILTER, sort: filter.sort })}
        >
          {t("Show all")}
        </Button>
      )}
      <span className="visually-hidden" role="status">
        {t("{{count}} shown", { count: props.shown })}
      </span>
    </div>
  );
}

export function BulkBar(props: {
  ids: readonly number[];
  all: number;
  onAll: (on: boolean) => void;
  onDone: () => void;
}) {
  const { t } = useTranslation();
  const client = useEngine();
  const labels = useLabels();
  const options = useApp((state) => state.summary?.splitOptions ?? null);
  const sides = options !== null && options.by !== "window";
  const { ids } = props;
  const none = ids.length === 0;
  return (
    <div className="row bulk" data-chosen={!none}>
      <Checkbox
        label={
          none
            ? t("Choose all {{count}}", { count: props.all })
            : t("{{count}} chosen", { count: ids.length })
        }
        checked={!none && ids.length === props.all}
        indeterminate={!none && ids.length < props.all}
        onChange={() => props.onAll(none || ids.length < props.all)}
      />
      {!none && (
        <>
          <span className="grow" />
          <NativeSelect
            size="xs"
            aria-label={t("Change the class to")}
            value=""
            onChange={(event) =>
              event.currentTarget.value !== "" &&
              updateRecordings(client, ids, { label: event.currentTarget.value })
            }
            data={[{ value: "", label: t("Change class…") }, ...labels]}
          />
          <GroupButton ids={ids} />
          {sides && (
            <NativeSelect
              size="xs"
              aria-label={t("Put into")}
              value=""
              onChange={(event) =>
                event.currentTarget.value !== "" &&
                updateRecordings(client, ids, { split: event.currentTarget.value as SplitName })
              }
              data={[
                { value: "", label: t("Put into…") },
                ...(["train", "validation", "test"] as const).map((side) => ({
                  value: side,
                  label: t(`state.${side}`),
                })),
              ]}
            />
          )}
          <Button
            size="xs"
            variant="default"
            onClick={() => updateRecordings(client, ids, { excluded: true })}
          >
            {t("Exclude")}
          </Button>
          <Button
            size="xs"
            variant="default"
            onClick={() => updateRecordings(client, ids, { excluded: false })}
          >
            {t("Use again")}
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<Trash2 size={14} />}
            onClick={() => {
              deleteRecordings(client, ids);
              props.onDone();
            }}
          >
            {t("Delete")}
          </Button>
        </>
      )}
    </div>
  );
}

function GroupButton({ ids }: { ids: readonly number[] }) {
  const { t } = useTranslation();
  const client = useEngine();
  const [opened, setOpened] = useState(false);
  const [group, setGroup] = useState("");
  const apply = (): void => {
    updateRecordings(client, ids, { group: group.trim() === "" ? null : group.trim() });
    setOpened(false);
  };
  return (
    <Popover opened={opened} onChange={setOpened} trapFocus shadow="md">
      <Popover.Target>
        <Button size="xs" variant="default" onClick={() => setOpened(!opened)}>
          {t("Set group…")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="row end">
          <TextInput
            label={t("Group (machine, day, session)")}
            value={group}
            onChange={(event) => setGroup(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && apply()}
          />
          <Button onClick={apply}>{t("Set")}</Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
