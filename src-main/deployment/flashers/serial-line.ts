/** Serial ports for flashers (npm serialport): lines with any parity, the 1200-baud touch, and the list of ports. */
import { SerialPort } from "serialport";
import { translateOpenError } from "../../boards/transports/serial.ts";
import type { LineOpener } from "./byte-line.ts";

/** Opens a serial port; every write waits until the operating system has sent it. */
export const openSerialLine: LineOpener = (path, settings, handlers) =>
  new Promise((resolve, reject) => {
    const serial = new SerialPort({ path, ...settings, dataBits: 8, stopBits: 1, autoOpen: false });
    let closing = false;
    serial.on("data", (bytes: Buffer) => handlers.onData(bytes));
    // Every failure of an open port is also followed by `close`.
    serial.on("error", () => {});
    serial.on("close", (cause: unknown) => {
      if (!closing) handlers.onLost(cause);
    });
    serial.open((error) => {
      if (error) {
        reject(translateOpenError(path, error));
        return;
      }
      resolve({
        write: (bytes) =>
          new Promise((sent, failed) => {
            serial.write(Buffer.from(bytes));
            serial.drain((problem) => (problem ? failed(problem) : sent()));
          }),
        close: () =>
          new Promise((closed) => {
            closing = true;
            if (serial.isOpen) serial.close(() => closed());
            else closed();
          }),
      });
    });
  });

/**
 * The agreement of USB boards for entering the bootloader: the port is opened at 1200 baud and closed with DTR low (Arduino's
 * "1200 bps touch"). The board may vanish in the midst of it, which is what is wished.
 */
export async function touchAt1200(path: string): Promise<void> {
  const line = await openSerialLine(
    path,
    { baudRate: 1200, parity: "none" },
    { onData: () => {}, onLost: () => {} },
  );
  await line.close();
}

export type UsbPort = {
  readonly path: string;
  /** `vendor:product` in lower-case hex; null for a port without USB. */
  readonly usb: string | null;
  readonly serialNumber: string | null;
};

/** Serial ports that are there now. */
export async function listUsbPorts(): Promise<UsbPort[]> {
  const ports = await SerialPort.list().catch(() => []);
  return ports.map(({ path, vendorId, productId, serialNumber }) => ({
    path,
    usb: vendorId === undefined ? null : `${vendorId}:${productId ?? ""}`.toLowerCase(),
    serialNumber: serialNumber ?? null,
  }));
}
