/** Step 4: training with live curves, the best so far, Stop and keep best, earlier runs and a verdict in plain words. */
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { EpochRecord } from "../../src-shared/contract/index.ts";
import { useEngine, useWork } from "../app/engine-context.ts";
import { currentExperiment, notifyError, useApp } from "../app/store.ts";
import { Curves } from "../widgets/curves.tsx";
import { Card, Empty, ErrorMessage, Message, Page, percent, WorkProgress } from "../widgets/parts.tsx";

export function TrainPlace() {
  const { t } = useTranslation();
  const client = useEngine();
  const { summary, epochs, experiments, go } = useApp();
  const current = useApp(currentExperiment);
  const train = useWork("training:start");
  const start = async (): Promise<void> => {
    useApp.setState({ epochs: [] });
    const result = await train.start({});
    if (result !== null) useApp.setState({ experiment: result.experiment });
  };
  const history = train.running || epochs.length > 0 ? epochs : (current?.training.history ?? []);
  const result = train.result ?? (train.running ? null : (current?.training ?? null));
  const share = summary?.split;
  return (
    <Page
      title={t("place.train")}
      question={t("Is it learning, and when do I stop?")}
      action={
        train.running ? (
          <Button size="md" onClick={() => void client.request("training:stop", {}).catch(notifyError)}>
            {t("Stop and keep best")}
          </Button>
        ) : (
          <>
            {result !== null && (
              <Button size="md" variant="default" onClick={() => void start()}>
                {t("Train again")}
              </Button>
            )}
            <Button size="md" onClick={() => (result === null ? void start() : go("convert"))}>
              {result === null ? t("Train") : t("Go on to convert")}
            </Button>
          </>
        )
      }
    >
      <ErrorMessage error={train.error} />
      {train.running && (
        <WorkProgress
          title={t("Training")}
          stage={train.stage}
          fraction={train.fraction}
          startedAt={train.startedAt}
          onCancel={train.cancel}
        />
      )}
      {result !== null && (
        <Message
          level={result.fit === "good" ? "good" : "warning"}
          message={t(
            "{{name}}: {{accuracy}} right on the recordings that watch the training, after {{epochs}} epochs and {{seconds}} s.",
            {
              name: result.name,
              accuracy: percent(result.validationAccuracy),
              epochs: result.epochs,
              seconds: result.trainSeconds.toFixed(1),
            },
          )}
          hint={result.advice}
        />
      )}
      {history.length === 0 && !train.running ? (
        <Empty
          text={
            share === null || share === undefined
              ? t(
                  "Not trained yet. Hold some recordings back in Collect first, then train; nothing is sent anywhere.",
                )
              : t(
                  "Not trained yet. {{train}} recordings will be used, {{test}} are held back to test it. Nothing is sent anywhere.",
                  {
                    train: share.train.recordings + share.validation.recordings,
                    test: share.test.recordings,
                  },
                )
          }
        />
      ) : (
        <History history={history} />
      )}
      {experiments.length > 0 && <Earlier />}
    </Page>
  );
}

function History({ history }: { history: readonly EpochRecord[] }) {
  const { t } = useTranslation();
  const epochs = history.map(({ epoch }) => epoch);
  const best = history.reduce<EpochRecord | null>(
    (found, one) => (found === null || one.validationLoss < found.validationLoss ? one : found),
    null,
  );
  return (
    <Card
      aside={null}
      title={
        best === null
          ? t("Curves")
          : t("Best so far: {{accuracy}} at epoch {{epoch}}", {
              accuracy: percent(best.validationAccuracy),
              epoch: best.epoch,
            })
      }
    >
      <div className="grid2">
        <Curves
          title={t("Loss (lower is better)")}
          epochs={epochs}
          curves={[
            { name: t("training"), values: history.map(({ loss }) => loss), dashed: false },
            {
              name: t("validation"),
              values: history.map(({ validationLoss }) => validationLoss),
              dashed: true,
            },
          ]}
        />
        <Curves
          title={t("Accuracy (higher is better)")}
          epochs={epochs}
          curves={[
            { name: t("training"), values: history.map(({ accuracy }) => accuracy), dashed: false },
            {
              name: t("validation"),
              values: history.map(({ validationAccuracy }) => validationAccuracy),
              dashed: true,
            },
          ]}
        />
      </div>
    </Card>
  );
}

function Earlier() {
  const { t } = useTranslation();
  const client = useEngine();
  const experiments = useApp((state) => state.experiments);
  const current = useApp(currentExperiment);
  return (
    <Card title={t("Earlier runs")}>
      <table className="list">
        <thead>
          <tr>
            <th>{t("Name")}</th>
            <th>{t("When")}</th>
            <th>{t("Network")}</th>
            <th className="num">{t("Validation")}</th>
            <th>{t("State")}</th>
            <th>
              <span className="visually-hidden">{t("Actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {[...experiments]
            .sort((a, b) => b.id - a.id)
            .map((one) => (
              <tr key={one.id}>
                <td>
                  <b>{one.name}</b>
                </td>
                <td>{new Date(one.createdAt).toLocaleString()}</td>
                <td>{one.kind}</td>
                <td className="num">{percent(one.validationAccuracy)}</td>
                <td>
                  {one.outOfDate ? (
                    <span className="tag" data-level="warning">
                      {t("out of date")}
                    </span>
                  ) : (
                    <span className="tag">{one.training.fit}</span>
                  )}
                </td>
                <td className="num">
                  <Button
                    size="compact-xs"
                    variant="default"
                    disabled={one.id === current?.id}
                    onClick={() => useApp.setState({ experiment: one.id, epochs: [] })}
                  >
                    {one.id === current?.id ? t("in hand") : t("Take this one")}
                  </Button>{" "}
                  <Button
                    size="compact-xs"
                    variant="default"
                    onClick={() =>
                      void client.request("experiments:delete", { id: one.id }).catch(notifyError)
                    }
                  >
                    {t("Delete")}
                  </Button>
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </Card>
  );
}
