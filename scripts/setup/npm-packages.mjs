/**
 * npm packages as the lock file says, and Node 24. Install scripts of packages are not run (what they would do is not needed:
 * add-ons bring prebuilt binaries), except the one of the package `node`, which fetches the Node that everything runs on.
 */
import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { root, run, say } from "./report.mjs";
import { hashOf, isDone, markDone } from "./stamps.mjs";

const NODE = process.platform === "win32" ? "node_modules/node/bin/node.exe" : "node_modules/node/bin/node";
const MADE = ["node_modules/.package-lock.json", NODE];

export async function setUpNpmPackages() {
  const hash = hashOf(["package-lock.json"]);
  if (isDone("npm", hash, MADE)) return;
  if (installedByHand()) {
    markDone("npm", hash);
    return;
  }
  say(
    "Installing the npm packages of package-lock.json into node_modules (about 700 MB; needs the npm registry).",
  );
  await run("npm packages", "npm", [
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retries=1",
  ]);
  say(
    "Installing Node 24 into node_modules/node (the database add-on needs it; your own Node stays as it is).",
  );
  const folder = join(root, "node_modules/node");
  await run("Node 24", process.execPath, ["installArchSpecificPackage"], {
    cwd: folder,
    env: { npm_config_loglevel: "error" },
  });
  linkNode();
  markDone("npm", hash);
}

/** `npm ci` by the user, newer than the lock file, with its Node in place: nothing to do. */
function installedByHand() {
  const installed = join(root, "node_modules/.package-lock.json");
  return (
    MADE.every((path) => existsSync(join(root, path))) &&
    statSync(installed).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs
  );
}

/** npm links no program whose file was not there when it looked. */
function linkNode() {
  if (process.platform === "win32") return;
  chmodSync(join(root, NODE), 0o755);
  const link = join(root, "node_modules/.bin/node");
  mkdirSync(join(root, "node_modules/.bin"), { recursive: true });
  if (!existsSync(link)) symlinkSync("../node/bin/node", link);
}
