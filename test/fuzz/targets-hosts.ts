/** Fuzz targets of the ways in: messages of the contract, paths of the web host, the command line. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import pino from "pino";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { Engine } from "../../src-main/engine/engine.ts";
import { runCommandLine } from "../../src-main/hosts/cli/main.ts";
import { findFile } from "../../src-main/hosts/web/static-files.ts";
import { importContent } from "../../src-main/services/project-service.ts";
import { requests } from "../../src-shared/contract/index.ts";
import { ERROR_CODES, LimpetError } from "../../src-shared/errors.ts";
import type { TargetMaker } from "./targets.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Requests that write nowhere but into the open project and start nothing. */
const SAFE = Object.keys(requests)
  .filter(
    (name) =>
      /^(recordings|split|design|experiments):/.test(name) ||
      [
        "project:get-summary",
        "project:check",
        "project:save-goal",
        "project:undo",
        "project:redo",
        "boards:get-state",
        "live:keep",
        "recording:stop",
        "training:stop",
      ].includes(name),
  )
  .filter((name) => !/(recordings:import|recordings:export|experiments:export|get-map)$/.test(name));

export const contractTarget: TargetMaker = async (folder) => {
  const path = join(folder, "p.limpet");
  const project = ProjectFile.create(path);
  importContent(
    project,
    "fan.csv",
    bytesOf(`timestamp,accX\n${Array.from({ length: 500 }, (_, i) => `${i * 10},${i % 9}`).join("\n")}`),
  );
  project.close();
  const engine = new Engine({ host: "web", log: pino({ level: "silent" }), folder });
  await engine.openProject(path);
  let receive: (text: string) => void = () => {};
  const waiting = new Map<
    number,
    (message: { kind: string; error?: { code: string; message: string } }) => void
  >();
  engine.connect({
    send: (text) => {
      const message = JSON.parse(text) as { id?: number; kind: string };
      if (message.id !== undefined && message.kind !== "progress") waiting.get(message.id)?.(message);
    },
    onMessage: (listener) => {
      receive = listener;
    },
    onClose: () => {},
  });
  let id = 1;
  const samples: [string, unknown][] = [
    ["recordings:update", { ids: [1], label: "worn", notes: "", group: null }],
    ["recordings:get-waveform", { streamId: 1, startSample: 0, endSample: null, buckets: 100 }],
    ["recordings:import-content", { name: "a.csv", base64: "MSwyCjMsNAo=", label: "x" }],
    ["recordings:delete", { ids: [2] }],
    ["split:apply", { train: 0.6, validation: 0.2, test: 0.2, by: "group", seed: 3, holdout: "a.*" }],
    ["project:save-goal", { sentence: "x", classes: [{ name: "a" }], accuracy: 0.9 }],
    ["design:save", { design: { window: { lengthMs: 100 } } }],
    ["live:keep", { label: "a", seconds: 3 }],
    ["experiments:rename", { id: 1, name: "b" }],
  ];
  return {
    name: "contract",
    files: [
      "/engine/",
      "/services/project-service.ts",
      "/dataset/edit-journal.ts",
      "/dataset/split.ts",
      "/dataset/waveform.ts",
      "/src-shared/contract/",
    ],
    dictionary: [
      '"\\u0000"',
      ...SAFE.map((name) => `"${name}"`),
      "null",
      "-1",
      "1e999",
      "[]",
      "{}",
      '"__proto__"',
      '"constructor"',
      "9007199254740993",
      '""',
      "(a+)+$",
    ],
    seeds: () => samples.map(([method, params]) => bytesOf(JSON.stringify({ method, params }))),
    async run(input) {
      const text = new TextDecoder().decode(input);
      let given: unknown;
      try {
        given = JSON.parse(text);
      } catch {
        // Whatever is no JSON must be passed over.
        receive(text);
        return;
      }
      const { method, params } = (typeof given === "object" && given !== null ? given : {}) as {
        method?: unknown;
        params?: unknown;
      };
      const safe = typeof method === "string" && (SAFE.includes(method) || !Object.hasOwn(requests, method));
      if (!safe) return;
      const own = id++;
      const answer = new Promise<{ kind: string; error?: { code: string; message: string } }>((resolve) =>
        waiting.set(own, resolve),
      );
      receive(JSON.stringify({ kind: "request", id: own, method, params }));
      const { kind, error } = await answer;
      waiting.delete(own);
      if (kind === "error" && error?.code === "internal") throw new Error(`${text}: ${error.message}`);
    },
  };
};

export const staticFilesTarget: TargetMaker = (folder) => {
  const inside = join(folder, "files");
  mkdirSync(join(inside, "assets"), { recursive: true });
  for (const path of ["files/index.html", "files/assets/a.js", "secret.txt"])
    writeFileSync(join(folder, path), "x");
  return {
    name: "static-files",
    files: ["/hosts/web/static-files.ts"],
    dictionary: ["..", "%2e%2e", "%2f", "/", "\\", "%5c", "%00", "%", "assets", "secret.txt", "//", "%c0%ae"],
    seeds: () =>
      [
        "/",
        "/index.html",
        "/assets/a.js",
        "/../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/%2e%2e/secret.txt",
      ].map(bytesOf),
    async run(input) {
      const found = await findFile(inside, new TextDecoder().decode(input));
      if (found !== null && (!found.startsWith(inside + sep) || found.includes("..")))
        throw new Error(`${found} is outside`);
    },
  };
};

/** Commands that start no board, no window and no training. */
const COMMANDS = [
  "new",
  "info",
  "split",
  "import",
  "export",
  "check",
  "log",
  "compare",
  "--help",
  "--version",
  "nonsense",
];
const FLAGS = [
  "--json",
  "--debug",
  "--label",
  "--rate",
  "--group",
  "--recordings",
  "--format",
  "--out",
  "--train",
  "--validation",
  "--test",
  "--by",
  "--seed",
  "--holdout",
  "--repair",
  "--experiment",
  "--",
  "-h",
  "--no-such-flag",
  "-x",
];
// No NUL among them: a system hands none on to a program.
const VALUES = [
  "wav",
  "csv",
  "edge-impulse-json",
  "tflite",
  "0.5",
  "-1",
  "1e999",
  "NaN",
  "",
  "recording",
  "window",
  "(a",
  "(.*)",
  "a",
  "ä\u202e",
  "x".repeat(5000),
];

/** A command line made of words: each byte chooses one; paths are inside the folder, whatever they are. */
export const cliTarget: TargetMaker = (folder) => {
  const project = join(folder, "p.limpet");
  const reset = (): void => {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
    ProjectFile.create(project).close();
    writeFileSync(join(folder, "fan.1.csv"), "timestamp,a\n0,1\n10,2\n20,3\n");
    writeFileSync(join(folder, "bad.wav"), "RIFF");
  };
  const paths = ["p.limpet", "new.limpet", "fan.1.csv", "bad.wav", "out", "none/none.csv", "."].map((name) =>
    join(folder, name),
  );
  const words = [...COMMANDS, ...FLAGS, ...VALUES, ...paths];
  const word = (text: string): number => words.indexOf(text);
  return {
    name: "command-line",
    files: ["/hosts/cli/"],
    dictionary: [],
    seeds: () =>
      [
        ["new", join(folder, "new.limpet"), "--json"],
        ["import", project, join(folder, "fan.1.csv"), "--label", "a", "--json"],
        ["split", project, "--by", "recording", "--train", "0.5"],
        ["export", project, "--recordings", "--format", "wav", "--out", join(folder, "out"), "--json"],
        ["check", project, "--repair", "--json"],
        ["info", project, "--json", "--debug"],
      ].map((line) => Uint8Array.from(line, word)),
    async run(input) {
      reset();
      const line = [...input.subarray(0, 12)].map((byte) => words[byte % words.length] as string);
      const command = line.find((part) => !part.startsWith("-"));
      if (command !== undefined && !COMMANDS.includes(command)) line.unshift("info");
      const { code, stdout } = await captured(() => runCommandLine(line));
      if (code !== 130 && !Object.values(ERROR_CODES).includes(code as never) && code !== 0) {
        throw new Error(`${JSON.stringify(line)} ended with ${code}`);
      }
      if (/"code":"internal"/.test(stdout)) throw new Error(`${JSON.stringify(line)}: ${stdout}`);
      const end = line.indexOf("--");
      const json = line.slice(0, end < 0 ? undefined : end).includes("--json");
      // Help is asked for by a person, also behind a flag that there is not.
      const help = line.some((flag) => ["--help", "-h", "--version"].includes(flag));
      if (json && !help && line.some((part) => !part.startsWith("-"))) {
        requireOneValue(line, stdout);
      }
    },
  };
};

function requireOneValue(line: readonly string[], stdout: string): void {
  const lines = stdout.split("\n").filter((text) => text !== "");
  if (lines.length !== 1)
    throw new Error(`${JSON.stringify(line)} printed ${lines.length} lines: ${stdout.slice(0, 300)}`);
  JSON.parse(lines[0] as string);
}

/** Runs `work` with what it writes to standard output caught, and what it writes to standard error passed over. */
async function captured(work: () => Promise<number>): Promise<{ code: number; stdout: string }> {
  let stdout = "";
  const [out, err] = [process.stdout.write, process.stderr.write];
  process.stdout.write = ((text: unknown) => {
    stdout += String(text);
    return true;
  }) as typeof process.stdout.write;
  process.stderr.write = (() => true) as typeof process.stderr.write;
  process.exitCode = 0;
  try {
    const code = await work();
    return { code, stdout };
  } catch (error) {
    throw error instanceof LimpetError
      ? new Error(`an error came out of the command line: ${error.message}`)
      : error;
  } finally {
    process.stdout.write = out;
    process.stderr.write = err;
    process.exitCode = 0;
  }
}
