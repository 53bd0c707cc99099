/** Listens to a serial port at a speed without asking anything: whether it is text, noise or silence. Knows the port, no protocol. */
import { SerialPort } from "serialport";
import { translateOpenError } from "./transports/serial.ts";

export type Heard = { readonly bytes: number; readonly text: string; readonly readable: number };

/** Speeds that boards are set to, the most usual first. */
export const USUAL_SPEEDS = [9600, 115_200, 57_600, 38_400, 19_200, 230_400, 460_800, 921_600] as const;

/** What came in `ms` milliseconds. Throws as opening a port does. */
export function listenAt(path: string, baudRate: number, ms: number): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const serial = new SerialPort({ path, baudRate, autoOpen: false });
    const parts: Buffer[] = [];
    serial.on("data", (bytes: Buffer) => parts.push(bytes));
    serial.on("error", () => {});
    serial.open((error) => {
      if (error) {
        reject(translateOpenError(path, error));
        return;
      }
      setTimeout(() => {
        serial.close(() => resolve(judge(Buffer.concat(parts))));
      }, ms);
    });
  });
}

/** How much of it is what a person could read. */
export function judge(bytes: Uint8Array): Heard {
  let readable = 0;
  for (const byte of bytes)
    if ((byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13) readable++;
  const text = Buffer.from(bytes)
    .toString("latin1")
    .replaceAll(/[^\x20-\x7e\n]/g, "")
    .trim();
  return { bytes: bytes.length, text, readable: bytes.length === 0 ? 0 : readable / bytes.length };
}
