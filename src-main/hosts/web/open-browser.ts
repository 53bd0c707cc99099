/** Opens an address in the user's own browser. */
import { spawn } from "node:child_process";
import { platform } from "node:os";

/** Resolves with false where no browser could be asked. */
export function openInBrowser(url: string): Promise<boolean> {
  const [command, ...parameters] = openerFor(url);
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { stdio: "ignore", detached: true });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}

function openerFor(url: string): [string, ...string[]] {
  switch (platform()) {
    case "win32":
      return ["rundll32", "url.dll,FileProtocolHandler", url];
    case "darwin":
      return ["open", url];
    default:
      return ["xdg-open", url];
  }
}
