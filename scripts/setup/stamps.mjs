/** Stamps: what a stage was made from. A stage whose inputs hash the same as at its last success is not done again. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root } from "./report.mjs";

const file = (stage) => join(root, ".tools/stamps", stage);

/** SHA-256 over names and contents of files and folders (relative to the root); what is not there counts as absent. */
export function hashOf(paths, extra = "") {
  const hash = createHash("sha256").update(extra);
  for (const path of paths) add(hash, join(root, path));
  return hash.digest("hex");
}

function add(hash, path) {
  const found = statSync(path, { throwIfNoEntry: false });
  hash.update(`${relative(root, path)}\0`);
  if (found === undefined) return;
  if (!found.isDirectory()) {
    hash.update(readFileSync(path));
    return;
  }
  for (const name of readdirSync(path).sort()) {
    if (name !== "node_modules" && name !== "target" && !name.startsWith(".")) add(hash, join(path, name));
  }
}

/** Whether `stage` was done from inputs of this hash and what it made is still there. */
export function isDone(stage, hash, made = []) {
  return (
    existsSync(file(stage)) &&
    readFileSync(file(stage), "utf8") === hash &&
    made.every((path) => existsSync(join(root, path)))
  );
}

export function markDone(stage, hash) {
  mkdirSync(dirname(file(stage)), { recursive: true });
  writeFileSync(file(stage), hash);
}
