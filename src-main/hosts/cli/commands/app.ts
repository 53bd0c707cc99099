/** `limpet app`: the app, in Electron or in the browser. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { LimpetError } from "../../../../src-shared/errors.ts";
import type { CliContext } from "../context.ts";
import { choiceOption, numberOption } from "../values.ts";

type Options = { host?: string; port?: string; open: boolean };

export function register(program: Command, cli: CliContext): void {
  program
    .command("app")
    .description("Opens the app: in Electron where available, otherwise in the browser on this computer.")
    .argument("[project]", "the project to open (.limpet)")
    .option("--host <host>", "electron or web")
    .option("--port <port>", "port of the web host (default: any that is free)")
    .option("--no-open", "do not open a browser")
    .action(
      cli.run(async (project: string | undefined, options: Options) => {
        const wanted =
          options.host === undefined ? undefined : choiceOption("host", options.host, ["electron", "web"]);
        const port = numberOption("port", options.port, { min: 0, max: 65_535, whole: true }) ?? 0;
        const projectPath = project === undefined ? undefined : resolve(project);
        const { signal } = cli.work("Limpet");
        const { findElectron, hasDisplay, runElectron } = await import("../../electron/launch.ts");
        // Without a screen there is nothing to open a window on; who asks for Electron all the same gets its own words.
        const possible = wanted === "electron" || (wanted === undefined && options.open && hasDisplay());
        const electron = possible ? findElectron() : null;
        if (wanted === "electron" && electron === null) {
          throw new LimpetError("setup-missing", "Electron is not installed here.", {
            field: "host",
            hint: "Run `npm run setup`, or use --host web: the same app in the browser.",
          });
        }
        if (electron !== null) {
          await runElectron(electron, projectPath, signal);
          return;
        }
        return runWeb(cli, { port, open: options.open, projectPath }, signal);
      }),
    );
}

async function runWeb(
  cli: CliContext,
  options: { readonly port: number; readonly open: boolean; readonly projectPath: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { startWebHost } = await import("../../web/web-host.ts");
  const host = await startWebHost({ port: options.port, projectPath: options.projectPath });
  try {
    process.stdout.write(`Limpet is at ${host.url}\n`);
    if (options.open) {
      const { openInBrowser } = await import("../../web/open-browser.ts");
      if (!(await openInBrowser(host.url))) cli.note("Open this address in a browser. Ctrl+C ends Limpet.");
    }
    await ended(signal);
  } finally {
    await host.close();
  }
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
