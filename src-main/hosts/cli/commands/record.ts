/** `limpet record`: records from a board into a project. */
import type { Command } from "commander";
import type { RecordingTrigger } from "../../../../src-shared/contract/index.ts";
import { LimpetError } from "../../../../src-shared/errors.ts";
import { isMadeHere, openBoard, reopenBoard } from "../../../boards/open-board.ts";
import { readPhotoFile } from "../../../dataset/photo-file.ts";
import { openProject, readSignalFile } from "../../../services/project-service.ts";
import { recordFromBoard } from "../../../services/recording-service.ts";
import type { CliContext } from "../context.ts";
import { counted, numberOption } from "../values.ts";
import { collect } from "./virtual.ts";

type Options = {
  board: string;
  label: string;
  seconds: string;
  sensor: string[];
  signal: string[];
  group?: string;
  machine?: string;
  mount?: string;
  photo?: string;
  level?: string;
  before?: string;
  flash?: string;
};

export function register(program: Command, cli: CliContext): void {
  program
    .command("record")
    .description("Records from a board into a project.")
    .argument("<project>", "the project (.limpet)")
    .requiredOption("--board <board>", "serial path, tcp://host:port, virtual or simulated")
    .requiredOption("--label <label>", "label of the recording")
    .requiredOption("--seconds <seconds>", "length")
    .option("--sensor <id[@rate]>", "sensor and rate in hertz (default: all sensors)", collect, [])
    .option(
      "--signal <file>",
      "file that a virtual or simulated board plays as its signal; several play in turn",
      collect,
      [],
    )
    .option("--group <group>", "group (machine, session, person) of the recording")
    .option("--machine <machine>", "the machine that is measured")
    .option("--mount <place>", "where on it the board sits")
    .option("--photo <file>", "photo of that place (JPEG or PNG)")
    .option(
      "--level <value>",
      "starts by itself when the first sensor is this strong (RMS without the mean over 50 ms, in its unit)",
    )
    .option("--before <seconds>", "with --level: seconds before that moment which are kept (default: 0.5)")
    .option("--flash <file>", "file that holds the virtual board's flash")
    .action(
      cli.run(async (path: string, options: Options) => {
        const seconds = numberOption("seconds", options.seconds, { above: 0 }) ?? 0;
        const label = options.label.trim();
        if (label === "") {
          throw new LimpetError("usage", "--label is empty.", {
            field: "label",
            hint: "Name what is recorded.",
          });
        }
        const sensors = options.sensor.map(parseSensor);
        const trigger = parseTrigger(options);
        const photo = options.photo === undefined ? null : readPhotoFile(options.photo);
        const work = cli.work("Recording");
        const project = openProject(path);
        try {
          const request = {
            label,
            seconds,
            group: options.group ?? null,
            machine: options.machine,
            mount: options.mount,
            photo: photo === null ? null : project.addPhoto(photo).id,
            sensors,
            trigger,
          };
          const boardOptions = { signals: options.signal, flashPath: options.flash };
          let session = await openBoard(options.board, boardOptions, readSignalFile);
          try {
            const result = await recordFromBoard(project, session, request, {
              ...work,
              onNotice: ({ message }) => cli.note(message),
              ...(isMadeHere(options.board)
                ? {}
                : {
                    reconnect: async (signal) => {
                      cli.note("The connection to the board broke off; waiting for it to come back.");
                      await session.close();
                      session = await reopenBoard(options.board, boardOptions, readSignalFile, signal);
                      return session;
                    },
                  }),
            });
            cli.out(
              result,
              () =>
                `Recorded ${result.seconds} s of ${result.label} (recording ${result.recording}): ${counted(result.samples, "sample")} at ${result.rate} Hz, ${counted(result.gaps, "gap")}, ${result.lostSamples} lost.`,
            );
          } finally {
            await session.close();
          }
        } finally {
          project.close();
        }
      }),
    );
}

/** What starts the recording where not the command itself does. Throws `usage`. */
function parseTrigger({ level, before }: Options): RecordingTrigger | null {
  const value = numberOption("level", level, { above: 0 });
  const preSeconds = numberOption("before", before, { min: 0, max: 10 });
  if (value !== undefined) return { level: value, preSeconds: preSeconds ?? 0.5 };
  if (preSeconds === undefined) return null;
  throw new LimpetError("usage", "--before needs --level.", {
    field: "before",
    hint: "Give --level, too, or leave it out.",
  });
}

/** Reads `id` or `id@rate`. Throws `usage`. */
function parseSensor(text: string): { id: string; rateHz?: number } {
  const at = text.lastIndexOf("@");
  if (at < 0) {
    return { id: text };
  }
  const rateHz = numberOption("sensor", text.slice(at + 1), { above: 0 });
  return rateHz === undefined ? { id: text.slice(0, at) } : { id: text.slice(0, at), rateHz };
}
