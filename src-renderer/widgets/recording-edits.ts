/** Edits of recordings that any place makes: done at once, with a notice that offers to undo them. */
import i18next from "i18next";
import type { RequestParams } from "../../src-shared/contract/index.ts";
import { notifyError, useApp } from "../app/store.ts";
import type { EngineClient } from "../connection/client.ts";

const undo = (client: EngineClient) => ({
  label: i18next.t("Undo (Ctrl+Z)"),
  run: () => void client.request("project:undo", {}).catch(notifyError),
});

const recordingsCount = (count: number): string => i18next.t("recordings", { count });

export function deleteRecordings(client: EngineClient, ids: readonly number[]): void {
  client
    .request("recordings:delete", { ids: [...ids] })
    .then(() =>
      useApp.getState().notify({
        level: "info",
        message: i18next.t("{{what}} deleted.", { what: recordingsCount(ids.length) }),
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
      const message = changed(recordingsCount(ids.length), ids.length, change);
      if (message !== null) useApp.getState().notify({ level: "info", message, action: undo(client) });
    })
    .catch(notifyError);
}

/** What to say about a change; null where it can be seen where it was made. */
function changed(what: string, count: number, change: Change): string | null {
  const { t } = i18next;
  if (change.label !== undefined) return t("{{what}} now “{{label}}”.", { what, label: change.label });
  if (change.excluded === true) return t("{{what}} left out of training.", { what });
  if (change.excluded === false) return t("{{what}} used again.", { what });
  if (change.split !== undefined)
    return t("{{what}} put into: {{side}}.", { what, side: t(`split.${change.split}`) });
  if (change.group === undefined || count < 2) return null;
  return change.group === null
    ? t("{{what}} in no group.", { what })
    : t("{{what}} in group “{{group}}”.", { what, group: change.group });
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
