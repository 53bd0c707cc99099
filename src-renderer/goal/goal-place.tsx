/** Step 1: what the board shall tell apart, by which sensors, and when it is good enough. */
import { Button, Checkbox, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import i18next from "i18next";
import { Plus, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Goal, ProjectSummary } from "../../src-shared/contract/index.ts";
import { useWork } from "../app/engine-context.ts";
import { connectedBoard, useApp } from "../app/store.ts";
import { saidOfExample } from "../locales/engine-texts.ts";
import { Card, classMark, ErrorMessage, Message, Page } from "../widgets/parts.tsx";

const BLANK: Goal["classes"][number] = { name: "", description: "" };
const isBlank = ({ name, description }: Goal["classes"][number]): boolean =>
  `${name}${description}`.trim() === "";
/** What stands in the first rows until something is typed. */
const EXAMPLES = ["pump running", "pump blocked"];

/** What keeps the goal from being saved, or null. */
function problemOf(goal: Goal): string | null {
  if (goal.task === "regression") return null;
  const names = goal.classes.map(({ name }) => name.trim());
  if (names.some((name) => name === "")) return i18next.t("A class has no name. Give it one or take it out.");
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    return i18next.t("Two classes are both called “{{name}}”. Change one of the names.", { name: twice });
  if (names.length === 1)
    return i18next.t("One class is not enough. Add a second one, for example “none of these”.");
  if (names.length === 0) return i18next.t("Name two or more states first.");
  return null;
}

/** The goal as it was saved; where it names no class yet, those of the recordings, or two rows to be filled in. */
function firstGoal({ goal, labels }: ProjectSummary): Goal {
  if (goal.classes.length > 0) return goal;
  const found = labels.map(({ label }) => ({ ...BLANK, name: label }));
  return { ...goal, classes: found.length > 0 ? found : [BLANK, BLANK] };
}

/** An example's goal in the window's language. */
const inWords = (goal: Goal): Goal => ({
  ...goal,
  sentence: saidOfExample(goal.sentence),
  classes: goal.classes.map((one) => ({ ...one, description: saidOfExample(one.description) })),
});

export function GoalPlace() {
  const { t } = useTranslation();
  const summary = useApp((state) => state.summary);
  const board = useApp(connectedBoard);
  const go = useApp((state) => state.go);
  const save = useWork("project:save-goal");
  const [goal, setGoal] = useState<Goal | null>(() =>
    summary === null ? null : inWords(firstGoal(summary)),
  );
  const [pressed, setPressed] = useState(false);
  const rows = useRef<HTMLDivElement>(null);
  if (goal === null) return null;
  const change = (part: Partial<Goal>): void => setGoal({ ...goal, ...part });
  const setClass = (index: number, part: Partial<Goal["classes"][number]>): void =>
    change({ classes: goal.classes.map((one, at) => (at === index ? { ...one, ...part } : one)) });
  const named = { ...goal, classes: goal.classes.filter((one) => !isBlank(one)) };
  const problem = problemOf(named);
  const focusRow = (index: number): void => {
    requestAnimationFrame(() =>
      rows.current?.querySelectorAll<HTMLInputElement>(".class-field")[index]?.focus(),
    );
  };
  const addClass = (): void => {
    change({ classes: [...goal.classes, BLANK] });
    focusRow(goal.classes.length);
  };
  const sensors = [
    ...new Set([
      "accelerometer",
      "microphone",
      ...(board?.sensors.map(({ id }) => id) ?? []),
      ...goal.sensors,
    ]),
  ];
  const names = goal.classes.map(({ name }, index) => name.trim() || `${index}`);
  const markOf = (index: number) => classMark(names, names[index] ?? "");
  const submit = async (): Promise<void> => {
    setPressed(true);
    if (problem !== null) return;
    const answer = await save.start(named);
    if (answer !== null) go("collect");
  };
  return (
    <Page
      title={t("place.goal")}
      question={t("What should the board tell apart, and when is it good enough?")}
      action={
        <>
          <span className="why">{problem}</span>
          <Button size="md" loading={save.running} onClick={() => void submit()}>
            {t("Save goal and collect")}
          </Button>
        </>
      }
    >
      <ErrorMessage error={save.error} />
      {pressed && problem !== null && <Message level="warning" message={problem} />}
      <Card>
        <div className="row end">
          <TextInput
            className="grow"
            size="md"
            label={t("The goal in one sentence")}
            placeholder={t("Tell a pump that runs well from one that is blocked")}
            value={goal.sentence}
            onChange={(event) => change({ sentence: event.currentTarget.value })}
          />
          <NativeSelect
            size="md"
            label={t("The board answers with")}
            value={goal.task}
            onChange={(event) =>
              change({ task: event.currentTarget.value === "regression" ? "regression" : "classification" })
            }
            data={[
              { value: "classification", label: t("one of several classes") },
              { value: "regression", label: t("a number") },
            ]}
          />
        </div>
      </Card>
      {goal.task === "classification" && (
        <Card
          title={t("Classes")}
          aside={
            <Button variant="default" size="xs" leftSection={<Plus size={15} />} onClick={addClass}>
              {t("Add a class")}
            </Button>
          }
        >
          {named.classes.length === 0 && (
            <p className="soft">
              {t(
                "Name two or more states that the board should tell apart. Add “none of these” for everything else.",
              )}
            </p>
          )}
          <div className="stack" style={{ gap: 12 }} ref={rows}>
            {goal.classes.map((one, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a class has no identity but its place while its name is typed.
              <div className="row class-fields" key={index}>
                <span aria-hidden style={{ color: markOf(index).color, width: 16 }}>
                  {markOf(index).shape}
                </span>
                <TextInput
                  classNames={{ input: "class-field" }}
                  aria-label={t("Name of class {{number}}", { number: index + 1 })}
                  placeholder={t(EXAMPLES[index] ?? "Name")}
                  value={one.name}
                  onChange={(event) => setClass(index, { name: event.currentTarget.value })}
                  onKeyDown={(event) => {
                    if (event.key !== "Enter") return;
                    event.preventDefault();
                    if (index < goal.classes.length - 1) focusRow(index + 1);
                    else if (one.name.trim() !== "") addClass();
                  }}
                />
                <TextInput
                  className="grow"
                  aria-label={t("Description of class {{number}}", { number: index + 1 })}
                  placeholder={t("How to recognise it")}
                  value={one.description}
                  onChange={(event) => setClass(index, { description: event.currentTarget.value })}
                />
                <Button
                  variant="default"
                  aria-label={t("Take out class {{name}}", { name: one.name.trim() || String(index + 1) })}
                  title={t("Take out")}
                  onClick={() => change({ classes: goal.classes.filter((_, at) => at !== index) })}
                >
                  <Trash2 size={16} />
                </Button>
              </div>
            ))}
          </div>
        </Card>
      )}
      <div className="grid2">
        <Card title={t("Sensors")}>
          <div className="row" style={{ gap: 22 }}>
            {sensors.map((sensor) => (
              <Checkbox
                key={sensor}
                label={sensor}
                checked={goal.sensors.includes(sensor)}
                onChange={(event) =>
                  change({
                    sensors: event.currentTarget.checked
                      ? [...goal.sensors, sensor]
                      : goal.sensors.filter((other) => other !== sensor),
                  })
                }
              />
            ))}
          </div>
          <p className="soft small">
            {board === null
              ? t("Connect a board to see what it can measure.")
              : board.sensors
                  .map(
                    ({ id, rates, unit }) =>
                      `${id}: ${[...rates].sort((a, b) => a - b).join(", ")} Hz${unit === "" ? "" : `, ${unit}`}`,
                  )
                  .join("; ")}
          </p>
        </Card>
        <Card title={t("Good enough")}>
          <div className="grid3">
            <NumberInput
              label={t("Right answers (%)")}
              min={50}
              max={100}
              value={Math.round(goal.accuracy * 100)}
              onChange={(value) => change({ accuracy: Math.min(1, Math.max(0, Number(value) / 100)) })}
            />
            <NumberInput
              label={t("Power (mW)")}
              min={0.01}
              step={0.1}
              value={goal.powerMilliwatts}
              onChange={(value) => change({ powerMilliwatts: Math.max(0.001, Number(value)) })}
            />
            <NativeSelect
              label={t("Powered by")}
              value={goal.battery}
              onChange={(event) => change({ battery: event.currentTarget.value as Goal["battery"] })}
              data={["CR2032", "2xAA", { value: "mains", label: t("mains") }]}
            />
          </div>
        </Card>
      </div>
    </Page>
  );
}
