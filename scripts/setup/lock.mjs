/** One setup at a time: another waits until it is done. A lock whose holder is gone is taken over. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, say } from "./report.mjs";

const FILE = join(root, ".tools/setup.lock");

export async function withLock(work) {
  mkdirSync(join(root, ".tools"), { recursive: true });
  let told = false;
  while (!tryLock()) {
    if (!told) say("Another setup is running; waiting for it.");
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const release = () => rmSync(FILE, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

function tryLock() {
  try {
    writeFileSync(FILE, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    try {
      process.kill(Number(readFileSync(FILE, "utf8")), 0);
      return false;
    } catch (error) {
      // No such process (or no file any more): the holder is gone.
      if (error.code !== "EPERM") rmSync(FILE, { force: true });
      return false;
    }
  }
}
