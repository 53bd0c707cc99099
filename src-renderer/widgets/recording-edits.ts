/** Edits of recordings that any place makes: done at once, with a notice that offers to undo them. */
import type { RequestParams } from "../../src-shared/contract/index.ts";
import { notifyError, useApp } from "../app/store.ts";
import type { EngineClient } from "../connection/client.ts";

const undo = (client: EngineClient) => ({
  label: "Undo (Ctrl+Z)",
  run: () => void client.request("project:undo", {}).catch(notifyError),
});

const recordingsCount = (count: number): string => (count === 1 ? "1 recording" : `${count} recordings`);

export function deleteRecordings(client: EngineClient, ids: readonly number[]): void {
  client
    .request("recordings:delete", { ids: [...ids] })
    .then(() =>
      useApp.getState().notify({
        level: "info",
        message: `${recordingsCount(ids.length)} deleted.`,
        action: undo(client),
      }),
    )
    .catch(notifyError);
}

type Change = Omit<RequestParams<"recordings:update">, "ids">;

export function updateRecordings(client: EngineClient, ids: readonly number[], change: Change): void {
  client
    .request("recordings:update", { ids: [...ids], ...change })
    .then(() => {
      const what = recordingsCount(ids.length);
      const message =
        change.label !== undefined
          ? `${what} now “${change.label}”.`
          : change.excluded !== undefined
            ? `${what} ${change.excluded ? "left out of training" : "used again"}.`
            : null;
      if (message !== null) useApp.getState().notify({ level: "info", message, action: undo(client) });
    })
    .catch(notifyError);
}

/** Cuts; resolves with the new recordings' ids, null where that failed (it has been said then). */
export async function cutRecording(
  client: EngineClient,
  request: RequestParams<"recordings:cut">,
  message: string,
): Promise<readonly number[] | null> {
  try {
    const { recordings } = await client.request("recordings:cut", request);
    useApp.getState().notify({ level: "info", message, action: undo(client) });
    return recordings;
  } catch (error) {
    notifyError(error);
    return null;
  }
}
