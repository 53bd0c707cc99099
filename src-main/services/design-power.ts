/**
 * The power budget of a design before it is on any board: its windows and sensors as a load, on each board whose currents are known.
 * Instructions are handed in, reckoned or counted. The model: src-main/deployment/power.ts.
 */
import type { BoardBudget, Goal } from "../../src-shared/contract/index.ts";
import type { Design } from "../../src-shared/design.ts";
import { type BoardDescription, describeBoard, describedBoards } from "../deployment/board-description.ts";
import { latencyMs, type WindowLoad } from "../deployment/power.ts";
import { powerBudget } from "../deployment/power-budget.ts";

/** What one window of a design asks of a board at its clock. */
export function designLoad(
  { cyclesPerInstruction, limits }: BoardDescription,
  design: Design,
  instructions: number,
): WindowLoad {
  const clockHz = limits?.clockHz ?? 1;
  return {
    windowMs: design.window.lengthMs,
    strideMs: design.window.strideMs,
    latencyMs: latencyMs({
      count: instructions,
      unit: "instructions",
      cyclesPerInstruction: cyclesPerInstruction.value,
      clockHz,
    }),
    sensors: sensorsOf(design),
    clockHz,
    cyclesPerInstruction: cyclesPerInstruction.value,
  };
}

/** Sensors as boards name them: recordings from files may name theirs otherwise, and their channels tell. */
function sensorsOf({ inputs }: Design): WindowLoad["sensors"] {
  const named = inputs.map(({ sensor, channels, rateHz }) => ({
    rateHz,
    sensor: channels.every((channel) => /^acc/i.test(channel))
      ? "accelerometer"
      : channels.every((channel) => /^(audio|microphone|sound)/i.test(channel))
        ? "microphone"
        : sensor,
  }));
  return named.filter(({ sensor }, index) => named.findIndex((one) => one.sensor === sensor) === index);
}

/**
 * The budget on one kind of board, or on all that have figures. Empty where there are none.
 * @param everyMs period between windows; 0: they follow each other
 */
export function designBudgets(
  design: Design,
  instructions: number,
  everyMs: number,
  goal: Pick<Goal, "powerMilliwatts">,
  board?: string,
): BoardBudget[] {
  const described = board === undefined ? describedBoards() : [describeBoard(board)];
  return described.flatMap((description) => {
    if (description === null || description.power === null || description.limits === null) return [];
    const load = designLoad(description, design, instructions);
    return [
      {
        board: description.board,
        name: description.name,
        latencyMs: load.latencyMs,
        powerBudget: powerBudget(description.power, load, everyMs, goal),
      },
    ];
  });
}
