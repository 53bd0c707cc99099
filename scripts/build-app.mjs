/**
 * Builds what runs in Electron: dist/electron/main.cjs and preload.cjs (Node 16, Electron 22's) and engine.mjs with its
 * threads (for packages: the engine from source runs in development). With `--renderer` also the interface, by vite, into dist/renderer.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Parts that a source tree may lack stay imports that fail when they are used, as they do when run from source. */
const absent = {
  name: "absent",
  setup(build) {
    build.onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir, kind }) =>
      kind === "dynamic-import" && !existsSync(join(resolveDir, path)) ? { path, external: true } : undefined,
    );
  },
};

/** In the bundle, each file's own folder is what it was in the tree: paths to resources stay right. */
const dirnames = {
  name: "dirnames",
  setup(build) {
    build.onLoad({ filter: /src-(main|shared)[\\/].*\.ts$/ }, async ({ path }) => {
      const folder = relative(root, dirname(path)).replaceAll("\\", "/");
      const source = await readFile(path, "utf8");
      return {
        loader: "ts",
        contents: source.replaceAll(
          "import.meta.dirname",
          `globalThis.limpetFolder(${JSON.stringify(folder)})`,
        ),
      };
    });
  },
};

const BANNER = `import { dirname as limpetDirname, join as limpetJoin } from "node:path";
import { fileURLToPath as limpetPath } from "node:url";
globalThis.limpetFolder = (folder) => limpetJoin(limpetDirname(limpetPath(import.meta.url)), "../..", folder);`;

const WORKER_BANNER = `globalThis.limpetFolder = (folder) => require("node:path").join(__dirname, "../..", folder);`;

export async function buildElectron() {
  const { build } = await import("esbuild");
  const electron = join(root, "src-main/hosts/electron");
  const out = join(root, "dist/electron");
  const common = { bundle: true, platform: "node", logLevel: "warning", legalComments: "none" };
  await build({
    ...common,
    entryPoints: { main: join(electron, "main.ts"), preload: join(electron, "preload.ts") },
    outdir: out,
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    target: "node16",
    external: ["electron"],
  });
  await build({
    ...common,
    entryPoints: { engine: join(root, "src-main/engine/engine-process.ts") },
    outdir: out,
    outExtension: { ".js": ".mjs" },
    format: "esm",
    target: "node22",
    packages: "external",
    splitting: true,
    chunkNames: "engine-[hash]",
    banner: { js: BANNER },
    plugins: [absent, dirnames],
  });
  // Threads cannot be started from inside a package's archive: these lie beside it, with all that they need in one file.
  const training = join(root, "src-main/training");
  await build({
    ...common,
    entryPoints: {
      "training-worker": join(training, "training-worker.ts"),
      "step-helper": join(training, "step-helper.ts"),
      "work-thread": join(root, "src-main/threads/work-thread.ts"),
    },
    outdir: out,
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    target: "node16",
    // The database's add-on lies beside the archive, too.
    external: ["@tensorflow/tfjs-node", "better-sqlite3", "cbor-extract"],
    banner: { js: WORKER_BANNER },
    plugins: [dirnames],
  });
}

export async function buildRenderer() {
  const { build } = await import("vite");
  await build({
    root: join(root, "src-renderer"),
    configFile: join(root, "vite.config.ts"),
    logLevel: "warn",
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildElectron();
  if (process.argv.includes("--renderer")) await buildRenderer();
}
