/** Requests about Limpet itself and about folders on this computer. */
import { readdir, stat } from "node:fs/promises";
import { homedir, platform } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { RequestResult } from "../../../src-shared/contract/index.ts";
import { LimpetError } from "../../../src-shared/errors.ts";
import { readFirmwareImage } from "../../boards/firmware-image.ts";
import { virtualBoardAvailable } from "../../services/boards-service.ts";
import { training } from "../learning-services.ts";
import { readPreferences, writePreferences } from "../preferences.ts";
import type { Handlers } from "../rpc-server.ts";
import { limpetVersion } from "../version.ts";

type Names = "app:get-info" | "app:set-language" | "files:list-folder";

/** `folder` is the user's own, where the choice of language is kept. */
export function appHandlers(host: "electron" | "web", folder: string): Pick<Handlers, Names> {
  return {
    "app:get-info": async () => ({
      version: limpetVersion(),
      platform: platform(),
      host,
      backends: await backends(),
      virtualBoard: virtualBoard(),
      homeFolder: homedir(),
      language: readPreferences(folder).language,
    }),
    "app:set-language": ({ language }) => {
      writePreferences(folder, { ...readPreferences(folder), language });
      return {};
    },
    "files:list-folder": ({ path, extensions }) => listFolder(path, extensions),
  };
}

/** None where this version cannot train. */
async function backends(): Promise<RequestResult<"app:get-info">["backends"]> {
  try {
    return await (await training()).availableBackends();
  } catch (error) {
    if (error instanceof LimpetError && error.code === "setup-missing") return [];
    throw error;
  }
}

/** QEMU and the firmware must both be there. */
function virtualBoard(): { available: boolean; reason: string } {
  const qemu = virtualBoardAvailable();
  if (!qemu.available) return qemu;
  try {
    readFirmwareImage("virtual");
    return qemu;
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Folders first, then files whose name ends in one of `extensions` (all where there are none); hidden ones are left out. */
async function listFolder(path: string, extensions: readonly string[]) {
  const folder = resolve(path === "" ? homedir() : path);
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new LimpetError("not-found", `The folder ${folder} cannot be read.`, {
      field: folder,
      hint: cause.code === "EACCES" ? "You do not have permission to read it." : "Choose another folder.",
      cause,
    });
  });
  const wanted = extensions.map((extension) => `.${extension.replace(/^\./, "").toLowerCase()}`);
  const entries = await Promise.all(
    names.filter((name) => !name.startsWith(".")).map((name) => entryOf(folder, name)),
  );
  return {
    path: folder,
    parent: dirname(folder) === folder ? null : dirname(folder),
    entries: entries
      .filter((entry) => entry !== null)
      .filter(
        ({ kind, name }) =>
          kind === "folder" || wanted.length === 0 || wanted.some((end) => name.toLowerCase().endsWith(end)),
      )
      .sort((a, b) =>
        a.kind === b.kind
          ? a.name.localeCompare(b.name, undefined, { numeric: true })
          : a.kind === "folder"
            ? -1
            : 1,
      ),
  };
}

async function entryOf(folder: string, name: string) {
  const path = join(folder, name);
  // Gone meanwhile, or a link to nowhere: it is not shown.
  const found = await stat(path).catch(() => null);
  if (found === null || !(found.isDirectory() || found.isFile())) return null;
  return {
    name,
    path,
    kind: found.isDirectory() ? ("folder" as const) : ("file" as const),
    bytes: found.size,
  };
}
