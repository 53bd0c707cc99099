/** Where Limpet keeps what belongs to the user and to no project: recent projects, window state. */
import { homedir, platform } from "node:os";
import { join } from "node:path";

/** `LIMPET_HOME` where set, else the system's usual place for an application's data. */
export function userFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment.LIMPET_HOME;
  if (named !== undefined && named !== "") return named;
  switch (platform()) {
    case "win32":
      return join(environment.APPDATA ?? join(homedir(), "AppData", "Roaming"), "Limpet");
    case "darwin":
      return join(homedir(), "Library", "Application Support", "Limpet");
    default:
      return join(environment.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "limpet");
  }
}

/** Where the daily copies of projects lie in the user's folder. */
export const snapshotFolder = (folder: string): string => join(folder, "snapshots");
