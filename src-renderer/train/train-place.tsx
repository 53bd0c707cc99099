/** Step 4: training with live curves, the best so far, Stop and keep best, earlier runs and a verdict in plain words. */
import { Button, SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { EpochRecord, TrainingResult } from "../../src-shared/contract/index.ts";
import type { LimpetError } from "../../src-shared/errors.ts";
import { useAnswer, useEngine, type Work } from "../app/engine-context.ts";
import { useKeptWork, useRunningWork } from "../app/kept-work.ts";
import { currentExperiment, notifyError, useApp } from "../app/store.ts";
import { placeOfField } from "../design/field-names.ts";
import { said } from "../locales/engine-texts.ts";
import { fixed, grouped } from "../locales/format.ts";
import { Curves } from "../widgets/curves.tsx";
import { Card, Empty, ErrorMessage, Message, Page, percent, WorkProgress } from "../widgets/parts.tsx";
import { EarlierRuns } from "./earlier-runs.tsx";
import { TuneView } from "./tune-view.tsx";
import { WithoutView } from "./without-view.tsx";

type View = "train" | "tune" | "without";

export function TrainPlace() {
  const { t } = useTranslation();
  const client = useEngine();
  const { summary, epochs, experiments, go } = useApp();
  const current = useApp(currentExperiment);
  const train = useKeptWork("training:start");
  const busy = useRunningWork().some(
    (name) => name === "training:tune" || name === "evaluation:compare-without",
  );
  const [view, setView] = useState<View>("train");
  // Begun by another page, or before this one was loaded anew: its epochs tell of it.
  const elsewhere = useApp((state) => state.epochAt !== null) && !train.running && !busy;
  const start = async (): Promise<void> => {
    setView("train");
    useApp.setState({ epochs: [] });
    const result = await train.start({});
    if (result !== null) useApp.setState({ experiment: result.experiment });
  };
  const shownRun = train.result?.experiment ?? null;
  const another = current !== null && shownRun !== null && current.id !== shownRun;
  const live = train.running || (epochs.length > 0 && !another);
  const history = live ? epochs : (current?.training.history ?? []);
  const result = train.running
    ? null
    : another
      ? current.training
      : (train.result ?? current?.training ?? null);
  const regression = summary?.goal.task === "regression";
  return (
    <Page
      title={t("place.train")}
      question={t("Is it learning, and when do I stop?")}
      action={
        train.running || elsewhere ? (
          <Button size="md" onClick={() => void client.request("training:stop", {}).catch(notifyError)}>
            {t("Stop and keep best")}
          </Button>
        ) : (
          <>
            <span className="why">{current !== null && t("Current: {{name}}", { name: current.name })}</span>
            {result !== null && (
              <Button size="md" variant="default" disabled={busy} onClick={() => void start()}>
                {t("Train again")}
              </Button>
            )}
            <Button
              size="md"
              disabled={busy && result === null}
              onClick={() => (result === null ? void start() : go("convert"))}
            >
              {result === null ? t("Train") : t("Go on to convert")}
            </Button>
          </>
        )
      }
    >
      <SegmentedControl
        style={{ alignSelf: "start" }}
        aria-label={t("What to do")}
        value={view}
        onChange={(value) => setView(value as View)}
        data={[
          { value: "train", label: t("This design") },
          { value: "tune", label: t("Find a better design") },
          { value: "without", label: t("With and without a sensor") },
        ]}
      />
      {view === "tune" && <TuneView />}
      {view === "without" &&
        (current === null ? (
          <Empty
            text={t("Train a model first: it is then compared with one that lacks a sensor or an axis.")}
          />
        ) : (
          <WithoutView key={current.id} experiment={current} />
        ))}
      {view === "train" && (
        <Training
          train={train}
          elsewhere={elsewhere}
          result={result}
          history={history}
          regression={regression}
        />
      )}
      {experiments.length > 0 && <EarlierRuns />}
    </Page>
  );
}

function Training(props: {
  train: Work<"training:start">;
  elsewhere: boolean;
  result: TrainingResult | null;
  history: readonly EpochRecord[];
  regression: boolean;
}) {
  const { t } = useTranslation();
  const { train, history, regression, elsewhere } = props;
  const result = elsewhere ? null : props.result;
  return (
    <>
      <ErrorMessage error={train.error} action={<Remedy error={train.error} />} />
      {elsewhere && (
        <Message
          level="info"
          message={t(
            "A training is under way that was begun in another window, or before this one was reloaded.",
          )}
        />
      )}
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
          message={
            regression
              ? t(
                  "{{name}}: R² {{accuracy}} on the recordings that watch the training, after {{epochs}} epochs in {{time}}.",
                  {
                    name: result.name,
                    accuracy: result.validationAccuracy.toFixed(3),
                    epochs: result.epochs,
                    time: duration(result.trainSeconds),
                  },
                )
              : t(
                  "{{name}}: {{accuracy}} right on the recordings that watch the training, after {{epochs}} epochs in {{time}}.",
                  {
                    name: result.name,
                    accuracy: percent(result.validationAccuracy),
                    epochs: result.epochs,
                    time: duration(result.trainSeconds),
                  },
                )
          }
          hint={`${said(result.advice)} ${result.stoppedEarly ? t("Stopped early: it did not get better any more.") : ""}`}
        />
      )}
      {history.length === 0 && !train.running ? (
        <Before />
      ) : (
        <History history={history} regression={regression} />
      )}
      {/* Most of them were said in Design already: the curves come first. */}
      {result?.warnings.map((warning) => (
        <Message key={warning} level="warning" message={warning} />
      ))}
    </>
  );
}

const duration = (seconds: number): string =>
  seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${fixed(seconds, seconds < 10 ? 1 : 0)} s`;

/** What will be trained on what, while nothing has been trained yet. */
function Before() {
  const { t } = useTranslation();
  const share = useApp((state) => state.summary?.split ?? null);
  const info = useApp((state) => state.info);
  const { answer: design } = useAnswer("design:get", {});
  const backends = info?.backends.filter(({ available }) => available).map(({ name }) => name) ?? [];
  return (
    <Empty
      text={
        share === null
          ? t(
              "Not trained yet. Hold some recordings back in Collect first, then train; nothing is sent anywhere.",
            )
          : t(
              "Not trained yet. {{train}} recordings will be learnt from, {{watch}} watch the training, {{test}} are held back to test it. Nothing is sent anywhere.",
              {
                train: share.train.recordings,
                watch: share.validation.recordings,
                test: share.test.recordings,
              },
            )
      }
    >
      {design !== null && (
        <span className="soft small">
          {t("{{network}}, at most {{epochs}} epochs, by {{backend}}", {
            network: t(`network.${design.network.kind}`),
            epochs: design.training.epochs,
            backend: backends.map((name) => t(`backend.${name}`)).join(", ") || t("nothing yet"),
          })}
        </span>
      )}
    </Empty>
  );
}

function History({ history, regression }: { history: readonly EpochRecord[]; regression: boolean }) {
  const { t } = useTranslation();
  const { epochs, losses, accuracies } = useMemo(
    () => ({
      epochs: history.map(({ epoch }) => epoch),
      losses: [
        { name: t("training"), values: history.map(({ loss }) => loss), dashed: false },
        { name: t("validation"), values: history.map(({ validationLoss }) => validationLoss), dashed: true },
      ],
      accuracies: [
        { name: t("training"), values: history.map(({ accuracy }) => accuracy), dashed: false },
        {
          name: t("validation"),
          values: history.map(({ validationAccuracy }) => validationAccuracy),
          dashed: true,
        },
      ],
    }),
    [history, t],
  );
  const best = history.reduce<EpochRecord | null>(
    (found, one) => (found === null || one.validationLoss < found.validationLoss ? one : found),
    null,
  );
  const percentAxis = (value: number): string => (regression ? fixed(value, 2) : percent(value));
  return (
    <Card
      title={
        best === null
          ? t("Waiting for the first epoch…")
          : t("Best so far: {{accuracy}} at epoch {{epoch}}", {
              accuracy: percentAxis(best.validationAccuracy),
              epoch: best.epoch,
            })
      }
      aside={<span className="soft small">{t("The dotted line marks the weights that are kept.")}</span>}
    >
      <div className="grid2">
        <Curves
          title={t("Loss (lower is better)")}
          epochs={epochs}
          curves={losses}
          best={best?.epoch ?? null}
          format={(value) => grouped(Number(value.toPrecision(3)), 12)}
          range={[0, null]}
        />
        <Curves
          title={regression ? t("R² (higher is better)") : t("Accuracy (higher is better)")}
          epochs={epochs}
          curves={accuracies}
          best={best?.epoch ?? null}
          format={percentAxis}
          range={[0, 1]}
        />
      </div>
    </Card>
  );
}

/** The way to where what keeps a training from starting can be put right. */
function Remedy({ error }: { error: LimpetError | null }) {
  const { t } = useTranslation();
  const go = useApp((state) => state.go);
  const place = placeOfField(error?.field ?? "");
  if (place === null) return null;
  return (
    <Button mt={6} size="xs" variant="default" onClick={() => go(place)}>
      {t("Go to {{place}}", { place: t(`place.${place}`) })}
    </Button>
  );
}
