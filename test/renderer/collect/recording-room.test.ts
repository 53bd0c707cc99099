import { expect, it } from "vitest";
import { neededSeconds } from "../../../src-renderer/collect/recording-room.tsx";

it("what is to be recorded is one recording, a series, what a plan still wants, or ten minutes where nobody knows", () => {
  const settings = { seconds: 30, takes: 10 };
  expect(neededSeconds({ ...settings, mode: "fixed" }, 0)).toBe(30);
  expect(neededSeconds({ ...settings, mode: "series" }, 0)).toBe(300);
  expect(neededSeconds({ ...settings, mode: "plan" }, 17)).toBe(510);
  expect(neededSeconds({ ...settings, mode: "open" }, 0)).toBe(600);
});
