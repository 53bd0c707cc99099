/** Runs commands of the command line in this process, with a context that keeps what they answer. */
import { Command } from "commander";
import type { CliContext } from "../../src-main/hosts/cli/context.ts";
import { LimpetError } from "../../src-shared/errors.ts";

export type Outcome<Json = unknown> = {
  /** What the command would print with `--json`. */
  readonly json: Json;
  /** What people read. */
  readonly text: string;
  readonly code: number;
  readonly message: string;
  readonly field: string | undefined;
};

/** A runner for these commands, each a file of hosts/cli/commands. Errors other than `LimpetError` are thrown. */
export function commandRunner<Json = unknown>(
  commands: readonly string[],
): (...line: string[]) => Promise<Outcome<Json>> {
  return async (...line) => {
    const outcome = {
      json: undefined as unknown,
      text: "",
      code: 0,
      message: "",
      field: undefined as string | undefined,
    };
    const context = {
      out: (value: unknown, human: () => string) => {
        outcome.json = JSON.parse(JSON.stringify(value));
        outcome.text = human();
      },
      note: () => {},
      work: () => ({ signal: new AbortController().signal }),
      run:
        <A extends unknown[]>(action: (...args: A) => Promise<void>) =>
        async (...args: A) => {
          try {
            await action(...args);
          } catch (error) {
            if (!(error instanceof LimpetError)) throw error;
            const { exitCode: code, message, field } = error;
            Object.assign(outcome, { code, message, field });
          }
        },
    };
    const program = new Command();
    for (const name of commands) {
      const { register } = (await import(`../../src-main/hosts/cli/commands/${name}.ts`)) as {
        register: (program: Command, cli: CliContext) => void;
      };
      register(program, context as unknown as CliContext);
    }
    await program.parseAsync(line, { from: "user" });
    return outcome as Outcome<Json>;
  };
}
