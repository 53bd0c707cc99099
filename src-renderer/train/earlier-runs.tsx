/** Earlier experiments: which is in hand, how good each was, name and deletion. */
import { Button, Checkbox, TextInput } from "@mantine/core";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ExperimentInfo } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { currentExperiment, notifyError, useApp } from "../app/store.ts";
import { dateAndTimeOf, fixed } from "../locales/format.ts";
import { Card, percent } from "../widgets/parts.tsx";
import { ScrollX } from "../widgets/scroll-x.tsx";
import { CompareRuns } from "./compare-runs.tsx";

export function EarlierRuns() {
  const { t } = useTranslation();
  const experiments = useApp((state) => state.experiments);
  const current = useApp(currentExperiment);
  const newest = [...experiments].sort((a, b) => b.id - a.id);
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const [first, second] = chosen.flatMap((id) => experiments.find((one) => one.id === id) ?? []);
  // The third choice takes the place of the first.
  const toggle = (id: number): void =>
    setChosen((before) =>
      before.includes(id) ? before.filter((one) => one !== id) : [...before, id].slice(-2),
    );
  return (
    <>
      <Card
        title={t("Experiments")}
        aside={
          experiments.length > 1 && (
            <span className="soft small">{t("Tick two to see them side by side.")}</span>
          )
        }
      >
        <ScrollX name={t("Experiments")}>
          <table className="list runs">
            <thead>
              <tr>
                {experiments.length > 1 && (
                  <th>
                    <span className="visually-hidden">{t("Side by side")}</span>
                  </th>
                )}
                <th>{t("Name")}</th>
                <th>{t("When")}</th>
                <th className="roomy">{t("Network")}</th>
                <th className="num">{t("Window")}</th>
                <th className="num roomy">{t("Epochs")}</th>
                <th className="num">{t("Validation")}</th>
                <th>{t("State")}</th>
                <th>
                  <span className="visually-hidden">{t("Actions")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {newest.map((one) => (
                <Run
                  key={one.id}
                  run={one}
                  inHand={one.id === current?.id}
                  chosen={experiments.length > 1 ? chosen.includes(one.id) : null}
                  onChoose={() => toggle(one.id)}
                />
              ))}
            </tbody>
          </table>
        </ScrollX>
      </Card>
      {first !== undefined && second !== undefined && (
        <CompareRuns a={first} b={second} onClose={() => setChosen([])} />
      )}
    </>
  );
}

function Run(props: {
  run: ExperimentInfo;
  inHand: boolean;
  /** Ticked to be seen beside another; null where there is no other. */
  chosen: boolean | null;
  onChoose: () => void;
}) {
  const { run, inHand } = props;
  const { t } = useTranslation();
  const client = useEngine();
  const [renaming, setRenaming] = useState(false);
  // A trained network cannot be had back by undo: it takes a second press.
  const [sure, setSure] = useState(false);
  const rename = (name: string): void => {
    setRenaming(false);
    if (name.trim() !== "" && name !== run.name)
      client.request("experiments:rename", { id: run.id, name: name.trim() }).catch(notifyError);
  };
  return (
    <tr data-chosen={inHand} onKeyDown={(event) => event.key === "F2" && setRenaming(true)}>
      {props.chosen !== null && (
        <td>
          <Checkbox
            aria-label={t("“{{name}}” side by side", { name: run.name })}
            checked={props.chosen}
            onChange={props.onChoose}
          />
        </td>
      )}
      <td>
        {renaming ? (
          <TextInput
            size="xs"
            autoFocus
            aria-label={t("New name of “{{label}}”", { label: run.name })}
            defaultValue={run.name}
            onBlur={(event) => rename(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") rename(event.currentTarget.value);
              if (event.key === "Escape") setRenaming(false);
            }}
          />
        ) : (
          <button
            type="button"
            className="linklike"
            title={t("Rename (F2)")}
            onClick={() => setRenaming(true)}
          >
            {run.name}
          </button>
        )}
      </td>
      <td>{dateAndTimeOf(run.createdAt)}</td>
      <td className="roomy">{t(`network.${run.kind}`)}</td>
      <td className="num">{run.design.window.lengthMs} ms</td>
      <td className="num roomy">{run.training.epochs}</td>
      <td className="num">
        <b>
          {run.task === "regression" ? fixed(run.validationAccuracy, 3) : percent(run.validationAccuracy)}
        </b>
      </td>
      <td>
        {run.outOfDate ? (
          <span
            className="tag"
            data-level="warning"
            title={t("Recordings were changed after it was trained.")}
          >
            {t("out of date")}
          </span>
        ) : (
          <span className="tag" data-level={run.training.fit === "good" ? "good" : "warning"}>
            {t(`fit.${run.training.fit}`)}
          </span>
        )}
      </td>
      <td>
        <div className="row" style={{ gap: 6, flexWrap: "nowrap", justifyContent: "flex-end" }}>
          {inHand ? (
            <span className="tag">{t("current")}</span>
          ) : (
            <Button
              size="xs"
              variant="default"
              onClick={() => useApp.setState({ experiment: run.id, epochs: [] })}
            >
              {t("Use this one")}
            </Button>
          )}
          {sure ? (
            <Button
              size="xs"
              color="red"
              autoFocus
              onBlur={() => setSure(false)}
              onClick={() => client.request("experiments:delete", { id: run.id }).catch(notifyError)}
            >
              {t("Delete for good")}
            </Button>
          ) : (
            <button
              type="button"
              className="icon-button"
              aria-label={t("Delete {{name}}", { name: run.name })}
              title={t("Delete")}
              onClick={() => setSure(true)}
            >
              <Trash2 size={16} />
            </button>
          )}
        </div>
      </td>
    </tr>
  );
}
