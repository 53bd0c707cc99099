/** What is held back: whole recordings that the model does not see, to watch the training and to test it. */
import { Button, NativeSelect, NumberInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import { useWork } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { Card, ErrorMessage, Message } from "../widgets/parts.tsx";

const SIDES = ["train", "validation", "test"] as const;

const groupsOf = (recordings: readonly RecordingInfo[]): number =>
  new Set(recordings.map(({ group }) => group).filter((group) => group !== null && group !== "")).size;

export function SplitCard() {
  const { t } = useTranslation();
  const summary = useApp((state) => state.summary);
  const split = useWork("split:apply");
  const [test, setTest] = useState(Math.round((summary?.splitOptions?.test ?? 0.2) * 100));
  const groups = useApp((state) => groupsOf(state.recordings));
  // What is kept apart tells more of the next machine or day; there must be a group for each side.
  const usual = groups >= SIDES.length ? "group" : "recording";
  const [by, setBy] = useState<"recording" | "group">(
    (summary?.splitOptions?.by ?? usual) === "group" ? "group" : "recording",
  );
  const share = summary?.split ?? null;
  const apply = (): void => {
    const held = test / 100;
    void split.start({ train: 1 - 2 * held, validation: held, test: held, by });
  };
  const total = share === null ? 0 : SIDES.reduce((sum, side) => sum + share[side].seconds, 0);
  return (
    <Card id="held-back" title={t("Held back for the test")}>
      <div className="row end">
        <NativeSelect
          label={t("Keep together")}
          value={by}
          onChange={(event) => setBy(event.currentTarget.value === "group" ? "group" : "recording")}
          data={[
            { value: "recording", label: t("each recording") },
            { value: "group", label: t("each group (machine, day)") },
          ]}
        />
        <NumberInput
          label={t("Test share (%)")}
          w={130}
          min={5}
          max={40}
          value={test}
          onChange={(value) => setTest(Math.min(40, Math.max(5, Number(value))))}
        />
        <Button variant={share === null ? "filled" : "default"} loading={split.running} onClick={apply}>
          {share === null ? t("Hold back recordings") : t("Split again")}
        </Button>
        <p className="grow soft split-words">
          {share === null
            ? t("Whole recordings are set aside, so that the test is on what the model has not seen.")
            : t("{{train}} to learn from, {{validation}} to watch the training, {{test}} held back.", {
                train: share.train.recordings,
                validation: share.validation.recordings,
                test: share.test.recordings,
              })}
        </p>
      </div>
      {share !== null && total > 0 && (
        <div className="split-bar" aria-hidden>
          {SIDES.map((side) => (
            <span key={side} data-side={side} style={{ flexGrow: share[side].seconds }}>
              {t(`split.${side}`)} {Math.round((share[side].seconds / total) * 100)} %
            </span>
          ))}
        </div>
      )}
      <ErrorMessage error={split.error} />
      {split.result?.notes.map((note) => (
        <Message key={note} level="warning" message={note} />
      ))}
    </Card>
  );
}
