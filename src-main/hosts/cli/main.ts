/**
 * Entry of the command line under Node 24: finds the command, hands it a context, and ends with the exit code of the
 * contract. Only the module of the command that was asked for is loaded. Knows names of commands; not what they do.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Command, CommanderError, Help, type Option } from "commander";
import { endProcess } from "../../engine/end-process.ts";
import { Cli, type CliFlags } from "./context.ts";

type CommandModule = { readonly register: (program: Command, cli: Cli) => void };

/** The commands in the order of the help. Each is a module of its name; one that this version lacks is no command. */
const COMMANDS = [
  "app",
  "new",
  "boards",
  "virtual",
  "record",
  "import",
  "info",
  "split",
  "train",
  "tune",
  "evaluate",
  "thresholds",
  "curve",
  "diagnose",
  "compare",
  "predict",
  "features",
  "export",
  "report",
  "power",
  "deploy",
  "monitor",
  "log",
  "check",
].filter((name) => existsSync(modulePath(name)));

function modulePath(name: string): string {
  return join(import.meta.dirname, "commands", `${name}.ts`);
}

const load = async (name: string): Promise<CommandModule> =>
  (await import(pathToFileURL(modulePath(name)).href)) as CommandModule;

/** Two signals closer together than this are one key press that came on two ways (terminal and parent). */
const SAME_SIGNAL_MS = 700;
const USAGE_EXIT = 2;
const INTERRUPTED_EXIT = 130;

/** Takes the global flags out of a command line, wherever they stand (before `--`). */
export function takeFlags(line: readonly string[]): { flags: CliFlags; rest: string[] } {
  const end = line.indexOf("--");
  const before = end < 0 ? line : line.slice(0, end);
  return {
    flags: { json: before.includes("--json"), debug: before.includes("--debug") },
    rest: [
      ...before.filter((word) => word !== "--json" && word !== "--debug"),
      ...(end < 0 ? [] : line.slice(end)),
    ],
  };
}

/** Runs one command line (without node and script) and resolves with its exit code. */
export async function runCommandLine(line: readonly string[], onCli?: (cli: Cli) => void): Promise<number> {
  const { flags, rest } = takeFlags(line);
  const cli = new Cli(flags);
  onCli?.(cli);
  const program = makeProgram();
  try {
    await registerFor(program, rest, cli);
    if (rest.length === 0) {
      process.stdout.write(program.helpInformation());
      return 0;
    }
    await program.parseAsync(rest, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      cli.fail(error);
      return cli.exitCode;
    }
    if (error.exitCode === 0) return 0;
    // Commander has told people already; a script gets its one value.
    if (flags.json) cli.out({ error: { code: "usage", message: error.message } }, () => "");
    return USAGE_EXIT;
  }
  return cli.exitCode === 0 ? Number(process.exitCode ?? 0) : cli.exitCode;
}

/** That a list is empty by itself tells nobody anything. */
const describeOption = (option: Option): string =>
  new Help().optionDescription(option).replace(" (default: [])", "");

function makeProgram(): Command {
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8"),
  ) as { version: string };
  return new Command("limpet")
    .description("Records a machine, trains a classifier on it without a network, and puts it on a board.")
    .version(version)
    .option("--json", "one JSON value on standard output, and nothing else there")
    .option("--debug", "show the stack of an error")
    .configureHelp({ optionDescription: describeOption })
    .showHelpAfterError("`limpet --help` lists the commands, `limpet COMMAND --help` its flags.")
    .exitOverride();
}

async function registerFor(program: Command, line: readonly string[], cli: Cli): Promise<void> {
  const name = line.find((word) => !word.startsWith("-"));
  const wanted = name !== undefined && COMMANDS.includes(name) ? [name] : COMMANDS;
  const modules = await Promise.all(wanted.map(load));
  for (const { register } of modules) register(program, cli);
}

/** Runs the process's own command line and ends the process. */
export async function main(): Promise<void> {
  // Libraries that print would spoil the JSON on standard output.
  console.log = console.error;
  console.info = console.error;
  let current: Cli | null = null;
  let interruptedAt = Number.NEGATIVE_INFINITY;
  const interrupt = (): void => {
    const now = performance.now();
    const again = Number.isFinite(interruptedAt);
    if (again && now - interruptedAt < SAME_SIGNAL_MS) {
      return;
    }
    interruptedAt = now;
    // The first time the work ends by itself and keeps what it has; whoever asks again does not want to wait.
    if (again || current?.interrupt() !== true) {
      process.exit(INTERRUPTED_EXIT);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  // Started by bin/limpet.mjs: its end, however it came, is ours.
  if (process.connected) {
    process.on("disconnect", interrupt);
    process.channel?.unref();
  }
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const code = await runCommandLine(process.argv.slice(2), (cli) => {
    current = cli;
  });
  // Pipes take what was written in their own time; an exit before that would cut it off.
  await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
  await new Promise<void>((resolve) => process.stderr.write("", () => resolve()));
  endProcess(code);
}

if (import.meta.main) {
  await main();
}
