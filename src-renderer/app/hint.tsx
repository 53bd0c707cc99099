/** One next step at a time for newcomers; it goes on by itself when the step is done. */
import { Button } from "@mantine/core";
import { Lightbulb } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type AppState, connectedBoard, type Place, stepsInHand, useApp } from "./store.ts";

type Next = {
  readonly place: Place;
  readonly text: string;
  /** Id of what it is about, where that may be out of sight. */
  readonly at?: string;
};

/** Brings a part of the place into sight and its first field into the keyboard's reach. */
function show(id: string): void {
  const part = document.getElementById(id);
  part?.scrollIntoView({ block: "center" });
  part?.querySelector<HTMLElement>("input, select, button")?.focus({ preventScroll: true });
}

/** What to do next, or null where everything is done. */
function nextStep(state: AppState): Next | null {
  const { summary, experiments } = state;
  const steps = stepsInHand(state);
  if (summary === null || steps === null) return null;
  if (summary.goal.classes.length < 2 && summary.labels.length < 2)
    return {
      place: "goal",
      text: "Name two or more states that the board should tell apart, then save the goal.",
    };
  if (connectedBoard(state) === null && summary.recordings === 0)
    return { place: "collect", text: "Choose a board at the top left, or bring in recordings as files." };
  if (summary.labels.length < 2)
    return { place: "collect", text: "Record or import something of at least two classes." };
  if (summary.split === null)
    return {
      place: "collect",
      text: "Hold some recordings back, so that the classifier is tested on what it has not seen.",
      at: "held-back",
    };
  if (steps.design !== "done")
    return { place: "design", text: "Look at the recommended design and press “Use this design”." };
  if (experiments.length === 0)
    return { place: "train", text: "Press “Train”. Nothing leaves this computer." };
  if (steps.convert !== "done")
    return { place: "convert", text: "Convert the model into the small form that a board runs." };
  if (steps.evaluate !== "done")
    return { place: "evaluate", text: "Test on the recordings that were held back." };
  if (steps.deploy !== "done")
    return { place: "deploy", text: "Write the model to the board, then watch its answers live." };
  return null;
}

export function Hint() {
  const { t } = useTranslation();
  const state = useApp();
  const next = nextStep(state);
  if (!state.guided || next === null) return null;
  return (
    <div className="hint-holder">
      <div className="hint" role="note">
        <Lightbulb size={18} aria-hidden />
        <span className="grow">
          <b>{t("Next:")}</b> {t(next.text)}
        </span>
        {next.place === state.place && next.at !== undefined && (
          <Button size="xs" variant="default" onClick={() => show(next.at ?? "")}>
            {t("Show me")}
          </Button>
        )}
        {next.place !== state.place && (
          <Button size="xs" variant="default" onClick={() => state.go(next.place)}>
            {t("Go to {{place}}", { place: t(`place.${next.place}`) })}
          </Button>
        )}
        <Button size="xs" variant="subtle" onClick={() => state.setGuided(false)}>
          {t("Hide hints")}
        </Button>
      </div>
    </div>
  );
}
