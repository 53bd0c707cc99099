/**
 * Packages the app into a folder (`--dir`) with the Electron runtime of the tests, for the test of the package and for its figures.
 * What differs from what users get, and why: no archive, because that Electron is too old to run the engine in a process of its own
 * and the Node that takes its place reads no archives; the inspector's fuse, because it is the door by which a test drives the window;
 * and the fuse that this Electron does not have yet.
 *
 *   node scripts/package-dir.ts FOLDER
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
export const RUNTIME = join(root, ".tools/electron");
export const RUNTIME_VERSION = "22.3.25";

/** Whether there is a runtime to package with; `npm run setup -- --tests` brings it. */
export const canPackage = (): boolean => existsSync(join(RUNTIME, "electron"));

/** The folder of the packaged app. Throws where electron-builder fails, with what it said. */
export function packageDir(output: string): string {
  const work = mkdtempSync(join(tmpdir(), "limpet-packaging-"));
  const config = join(work, "electron-builder.yml");
  const written = readFileSync(join(root, "electron-builder.yml"), "utf8");
  writeFileSync(config, written.replace(/^ +grantFileProtocolExtraPrivileges:.*\n/m, ""));
  try {
    execFileSync(
      process.execPath,
      [
        join(root, "node_modules/electron-builder/cli.js"),
        "--dir",
        "--config",
        config,
        `-c.directories.output=${output}`,
        `-c.electronDist=${RUNTIME}`,
        `-c.electronVersion=${RUNTIME_VERSION}`,
        "-c.asar=false",
        "-c.electronFuses.onlyLoadAppFromAsar=false",
        "-c.electronFuses.enableEmbeddedAsarIntegrityValidation=false",
        "-c.electronFuses.enableNodeCliInspectArguments=true",
      ],
      { cwd: root, stdio: ["ignore", "ignore", "pipe"] },
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return join(output, "linux-unpacked");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(packageDir(process.argv[2] ?? join(root, "dist/packaged")));
}
