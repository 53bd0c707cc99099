/** Turns in long work: work that is shorter than one is heard of, too. */
import { expect, it } from "vitest";
import { turns } from "../../src-main/threads/turns.ts";
import { rejectionOf } from "../dataset/helpers.ts";

it("tell of work at once, however short it is, and end it where it was given up there", async () => {
  const abort = new AbortController();
  const breathe = turns(abort.signal);
  let told = 0;
  await rejectionOf(
    "cancelled",
    breathe(() => {
      told++;
      abort.abort();
    }),
  );
  expect(told).toBe(1);
});

it("others come to theirs meanwhile", async () => {
  const breathe = turns(undefined);
  let other = false;
  setImmediate(() => {
    other = true;
  });
  await breathe();
  expect(other).toBe(true);
});
