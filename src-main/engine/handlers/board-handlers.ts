/** Requests about the board: connecting, recording, live answers. */
import { diagnose } from "../../services/connection-doctor.ts";
import { writeFirmware } from "../../services/firmware-service.ts";
import type { LiveBuffer } from "../../services/live-buffer.ts";
import { startLive } from "../../services/live-service.ts";
import { readBoardLog } from "../../services/log-service.ts";
import { recordingRoom } from "../../services/recording-room.ts";
import { chooseSensors, recordFromBoard } from "../../services/recording-service.ts";
import type { EngineState } from "../engine-state.ts";
import type { Handlers } from "../rpc-server.ts";

type Names = Extract<keyof Handlers, `boards:${string}` | `recording:${string}` | `live:${string}`>;

/** The live run under way, null where there is none. */
type Live = { readonly end: () => Promise<void> };

export function boardHandlers(state: EngineState, buffer: () => LiveBuffer): Pick<Handlers, Names> {
  const { boards } = state;
  let live: Live | null = null;
  const endLive = async (): Promise<void> => {
    const running = live;
    live = null;
    await running?.end();
  };
  const projectRates = () => state.openProject?.sensorRates() ?? [];
  return {
    "boards:list": () => boards.list(),
    "boards:get-state": () => boards.state,
    "boards:connect": async ({ port, signals }) => {
      live = null;
      return boards.connect(port, { signals });
    },
    "boards:disconnect": async () => {
      await endLive().catch(() => {});
      await boards.disconnect();
      return {};
    },
    "boards:preview": async ({ on, spectrum }) => {
      await boards.useRates(projectRates());
      await boards.preview(on, spectrum);
      return {};
    },
    "boards:diagnose": ({ port }) => diagnose(port, (one) => boards.probe(one)),
    "boards:write-firmware": async ({ port }, call) => {
      await endLive().catch(() => {});
      // The flasher needs the port to itself.
      if (boards.state.kind === "connected" && boards.state.info.port === port) await boards.disconnect();
      return boards.connect(await writeFirmware(port, call));
    },
    "boards:read-log": async ({ clear }, call) => {
      await endLive();
      return boards.exclusively((session) => readBoardLog(session, { clear }, call));
    },
    "recording:start": async (request, call) => {
      const { project } = state;
      await endLive();
      return state.exclusive("recording", (stop) =>
        boards
          .exclusively(async (session, reconnect) => {
            const chosen = chooseSensors(session, request.sensors);
            await boards.useRates(chosen.map(({ sensor, rateHz }) => ({ id: sensor.id, rateHz })));
            return recordFromBoard(project, session, request, {
              ...call,
              stop,
              reconnect,
              onNotice: (notice) => state.emit("app:notice", notice),
              onState: (recording) => state.emit("recording:state", recording),
            });
          })
          .finally(() => state.recordingsChanged()),
      );
    },
    "recording:stop": async () => {
      await state.stopWork("recording");
      return {};
    },
    "recording:get-room": ({ sensors }) =>
      recordingRoom(state.project.path, chooseSensors(boards.session, sensors)),
    "live:start": async () => {
      await endLive();
      const { session } = boards;
      // At the rate of the recordings, so that what is kept can be learnt from with them.
      await boards.useRates(projectRates());
      const end = await startLive(session, (prediction) => state.emit("live:prediction", prediction));
      live = { end };
      // The signal beside the answers: to be seen, and to be kept where an answer was wrong.
      await boards.preview(true);
      return {};
    },
    "live:stop": async () => {
      await endLive();
      return {};
    },
    "live:keep": ({ label, seconds }) => {
      const result = buffer().keep(state.project, label, seconds);
      state.recordingsChanged();
      return result;
    },
  };
}
