/**
 * The time between the first and the last sample of a recording: listens to the board, watches for silence, and where the line
 * breaks off waits for the same stream to come back. Knows sessions and a recorder; not where samples are stored.
 */
import type { QualityFinding, RecordingRequest, RecordingState } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { BoardSession } from "../boards/board-session.ts";
import type { SamplesMessage } from "../boards/link/messages.ts";
import type { RecordingWriter } from "../dataset/types.ts";
import { RateMeter } from "./rate-meter.ts";
import type { ChosenSensor, SampleRecorder } from "./sample-recorder.ts";
import { TriggerGate } from "./trigger-gate.ts";

export type RecordOptions = WorkOptions & {
  /** Ends the recording as if its time were over. */
  readonly stop?: AbortSignal | undefined;
  readonly onState?: ((state: RecordingState) => void) | undefined;
  /** Something the user should know now, once: the disk is full, the line broke off, it is back. */
  readonly onNotice?: ((notice: RecordingNotice) => void) | undefined;
  /**
   * Reaches the board again after its line broke off, with its streams left alone; rejects where it does not come back, or
   * `signal` is aborted. Without it the recording ends with the line.
   */
  readonly reconnect?: ((signal: AbortSignal) => Promise<BoardSession>) | undefined;
};

export type RecordingNotice = {
  readonly level: "info" | "warning";
  readonly message: string;
  readonly hint?: string | undefined;
};

/** Without a sample of a sensor for this long, a board that should send some is taken for dead, milliseconds. */
const SILENCE_MS = 5000;
const TICK_MS = 250;
/** Time for a board to come back after its line broke off, milliseconds. */
const RECONNECT_MS = 30_000;

export class RecordingRun {
  readonly #chosen: readonly ChosenSensor[];
  readonly #recorder: SampleRecorder;
  readonly #writer: RecordingWriter;
  readonly #request: RecordingRequest;
  readonly #options: RecordOptions;
  /** Aborted at the end, whatever it was. */
  readonly #over = new AbortController();
  /**
   * Ticks without a sample, for each sensor. Ticks and not a clock: after the computer slept, or was busy, what the board sent
   * meanwhile is still to be read.
   */
  readonly #silent: number[];
  /** Holds samples back until the signal is strong enough; null where the recording begins at once. */
  readonly #gate: TriggerGate | null;
  readonly #rates: readonly RateMeter[];
  #session: BoardSession;
  #unlisten: () => void = () => {};
  #reconnecting = false;
  #writerWaits = false;
  #end: (error: unknown) => void = () => {};

  constructor(
    session: BoardSession,
    chosen: readonly ChosenSensor[],
    recorder: SampleRecorder,
    writer: RecordingWriter,
    request: RecordingRequest,
    options: RecordOptions,
  ) {
    this.#session = session;
    this.#chosen = chosen;
    this.#recorder = recorder;
    this.#writer = writer;
    this.#request = request;
    this.#options = options;
    this.#silent = chosen.map(() => 0);
    const { trigger } = request;
    this.#gate = trigger === null || trigger === undefined ? null : new TriggerGate(trigger, chosen);
    this.#rates = chosen.map(({ sensor, rateHz }) => new RateMeter(sensor.id, rateHz));
  }

  /** What is to be said about rates and evenness of the sensors. */
  rateFindings(): QualityFinding[] {
    return this.#rates.flatMap((meter) => meter.findings());
  }

  /** Resolves when the recording is as long as was asked for, or was stopped; rejects where it ended before. */
  async run(): Promise<void> {
    const { signal, stop } = this.#options;
    const cancel = (): void =>
      this.#end(new LimpetError("cancelled", "The recording was ended.", { cause: signal?.reason }));
    const finish = (): void => this.#end(null);
    const timer = setInterval(() => this.#tick(), TICK_MS);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#end = (error) => (error === null ? resolve() : reject(error));
        signal?.addEventListener("abort", cancel);
        stop?.addEventListener("abort", finish);
        if (signal?.aborted === true) return cancel();
        if (stop?.aborted === true) return finish();
        this.#listen(this.#session);
        const sensors = this.#chosen.map(({ index, rateHz }) => ({ index, rateHz }));
        this.#session.start(sensors).catch((error: unknown) => {
          // A line that broke off reports itself, and may come back.
          if (this.#session.lost === null) this.#end(error);
        });
      });
    } finally {
      clearInterval(timer);
      this.#unlisten();
      this.#over.abort();
      signal?.removeEventListener("abort", cancel);
      stop?.removeEventListener("abort", finish);
      if (this.#session.lost === null) await this.#session.stop().catch(() => {});
    }
  }

  #listen(session: BoardSession): void {
    this.#unlisten();
    // The stream went on while the board was greeted: that is no gap.
    for (const samples of session.takeEarlySamples()) this.#take(samples);
    this.#unlisten = session.listen((event) => {
      if (event.kind === "lost") void this.#lost(event.error);
      if (event.kind === "restarted") this.#end(restarted(session.port));
      if (event.kind === "samples") this.#take(event.samples);
    });
  }

  #take(samples: SamplesMessage): void {
    try {
      const stream = this.#chosen.findIndex(({ index }) => index === samples.sensor);
      if (stream < 0) return;
      this.#rates[stream]?.add(samples.firstSample, samples.timeUs);
      // While the recording waits for its level, samples that are held back are a sign of life, too.
      if (this.#gate?.open === false) this.#silent[stream] = 0;
      let taken = false;
      for (const message of this.#gate?.pass(samples) ?? [samples]) {
        if (this.#recorder.add(message)) taken = true;
      }
      if (!taken) return;
      this.#silent[stream] = 0;
      if (this.#recorder.complete) this.#end(null);
    } catch (error) {
      this.#end(error);
    }
  }

  #tick(): void {
    const { seconds, lost } = this.#recorder;
    const ofSeconds = this.#request.seconds;
    const reconnecting = this.#reconnecting ? { reconnecting: true } : {};
    const { label } = this.#request;
    if (this.#gate?.open === false) {
      const { level, wanted } = this.#gate;
      this.#options.onState?.({ kind: "armed", label, level, wanted, ...reconnecting });
    } else {
      const findings = [...this.#writer.findings(), ...this.rateFindings()];
      this.#options.onState?.({
        kind: "recording",
        label,
        seconds,
        ofSeconds,
        lostSamples: lost,
        ...reconnecting,
        findings,
      });
    }
    this.#options.onProgress?.("recording", ofSeconds === null ? 0 : Math.min(1, seconds / ofSeconds));
    this.#watchWriter();
    if (this.#reconnecting) return;
    for (const [stream, { index, sensor, rateHz }] of this.#chosen.entries()) {
      const ticks = (this.#silent[stream] as number) + 1;
      this.#silent[stream] = ticks;
      const patience = SILENCE_MS + 2000 / rateHz;
      if (ticks * TICK_MS > patience && this.#recorder.expected(index)?.wanted === true) {
        const which = this.#chosen.length === 1 ? "" : ` ${sensor.id}`;
        this.#end(
          new LimpetError("board-timeout", `The board at ${this.#session.port} stopped sending${which}.`, {
            field: this.#session.port,
            hint: "Restart the board and check that its cable is firmly in.",
          }),
        );
        return;
      }
    }
  }

  #watchWriter(): void {
    const { waiting } = this.#writer;
    if (waiting !== null && !this.#writerWaits) {
      this.#options.onNotice?.({
        level: "warning",
        message: `${waiting.message} The recording goes on and is written as soon as that is possible.`,
        hint: waiting.hint,
      });
    }
    if (waiting === null && this.#writerWaits) {
      this.#options.onNotice?.({
        level: "info",
        message: "The recording is being written again; nothing is missing.",
      });
    }
    this.#writerWaits = waiting !== null;
  }

  /** The line broke off: the recording goes on if the same stream does, because its sample numbers then say what is missing. */
  async #lost(error: LimpetError): Promise<void> {
    const { reconnect } = this.#options;
    if (reconnect === undefined) return this.#end(error);
    const before = this.#session;
    this.#reconnecting = true;
    const timeout = AbortSignal.any([this.#over.signal, AbortSignal.timeout(RECONNECT_MS)]);
    try {
      const session = await reconnect(timeout);
      if (this.#over.signal.aborted) return;
      this.#session = session;
      if (session.lost !== null) throw session.lost;
      await requireSameStream(before, session, this.#chosen);
      this.#listen(session);
      this.#silent.fill(0);
      this.#reconnecting = false;
      this.#options.onNotice?.({
        level: "info",
        message: "The board is back. The recording goes on; what is missing is marked as a gap.",
      });
    } catch (caught) {
      const ended = caught instanceof LimpetError && caught.code === "board-unplugged" ? caught : error;
      this.#end(ended);
    }
  }
}

const restarted = (port: string): LimpetError =>
  new LimpetError("board-unplugged", `The board at ${port} restarted, and its sample numbers began anew.`, {
    field: port,
    hint: "Check its power supply and that its cable is firmly in, and record again.",
  });

/** Throws `board-unplugged` where the board is another one or has restarted since. */
async function requireSameStream(
  before: BoardSession,
  after: BoardSession,
  chosen: readonly ChosenSensor[],
): Promise<void> {
  const same =
    after.hello.serialNumber === before.hello.serialNumber &&
    chosen.every(({ index, sensor }) => after.hello.sensors[index]?.id === sensor.id);
  const { timeUs, samplesProduced } = await after.status();
  const earlier = before.boardTimeUs ?? 0n;
  if (!same || samplesProduced === 0n || timeUs < earlier) throw restarted(after.port);
}
