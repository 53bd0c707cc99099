/** How long can still be recorded before the project's disk is full, and a warning where what is planned needs more. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RecordingRoom, RequestParams } from "../../src-shared/contract/index.ts";
import type { LimpetError } from "../../src-shared/errors.ts";
import { useEngine } from "../app/engine-context.ts";
import { connectedBoard, useApp } from "../app/store.ts";
import { asLimpetError } from "../connection/client.ts";
import { duration } from "../locales/format.ts";
import { ErrorMessage, Message, useLabels } from "../widgets/parts.tsx";
import { planLeft, planRows } from "./record-plan.ts";
import { type RecorderSettings, useRecorderSettings } from "./recorder-settings.ts";
import { ratesOf, sensorsOf } from "./sensor-choice.ts";

/** Other programs write too: asked anew this often. */
const ASK_MS = 10_000;
/** A recording that is stopped by hand ought to have room for so long. */
const OPEN_SECONDS = 600;

/** Seconds of signal that the settings are about to make; `planned` recordings are left of a plan. */
export function neededSeconds(
  { mode, seconds, takes }: Pick<RecorderSettings, "mode" | "seconds" | "takes">,
  planned: number,
): number {
  if (mode === "open") return OPEN_SECONDS;
  return seconds * (mode === "fixed" ? 1 : mode === "series" ? takes : planned);
}

type Asked = { readonly room: RecordingRoom | null; readonly error: LimpetError | null };

/** Room for the sensors chosen; null while no board is connected or the answer has not come. */
export function useRecordingRoom(): Asked {
  const client = useEngine();
  const board = useApp(connectedBoard);
  const settings = useRecorderSettings();
  const recordings = useApp((app) => app.recordings);
  const wanted =
    board === null || board.sensors.length === 0
      ? null
      : JSON.stringify({ sensors: sensorsOf(board, settings, ratesOf(recordings)) });
  const [asked, setAsked] = useState<Asked>({ room: null, error: null });
  useEffect(() => {
    if (wanted === null) {
      setAsked({ room: null, error: null });
      return;
    }
    let over = false;
    const ask = (): void => {
      client
        .request("recording:get-room", JSON.parse(wanted) as RequestParams<"recording:get-room">)
        .then((room) => !over && setAsked({ room, error: null }))
        .catch((error: unknown) => !over && setAsked({ room: null, error: asLimpetError(error) }));
    };
    ask();
    const timer = setInterval(ask, ASK_MS);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [client, wanted]);
  return asked;
}

/** The room as a few words, for the line that is always in sight. */
export function RoomLeft({ room }: { room: RecordingRoom | null }) {
  const { t } = useTranslation();
  if (room === null) return null;
  return (
    <span title={t("On the disk that holds the project, with the sensors and rates chosen")}>
      {" · "}
      {t("room for {{time}}", { time: duration(room.seconds) })}
    </span>
  );
}

/** Says before a recording that the disk will not hold it. */
export function RoomWarning({ room, error }: Asked) {
  const { t } = useTranslation();
  const settings = useRecorderSettings();
  const recordings = useApp((app) => app.recordings);
  const labels = useLabels();
  // A board that went away says so itself.
  if (error !== null && error.code === "not-found") return <ErrorMessage error={error} />;
  if (room === null) return null;
  const planned = settings.mode === "plan" ? planLeft(planRows(labels, recordings, settings)) : 0;
  const needed = neededSeconds(settings, planned);
  if (room.seconds >= needed) return null;
  const values = { room: duration(room.seconds), needed: duration(needed) };
  return (
    <Message
      level="warning"
      message={
        settings.mode === "open"
          ? t("The disk has room for {{room}} only.", values)
          : t("The disk has room for {{room}}; what is to be recorded takes {{needed}}.", values)
      }
      hint={t("Free some space on the disk of the project, or choose fewer sensors or a lower rate.")}
    />
  );
}
