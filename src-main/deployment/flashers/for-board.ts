/**
 * The flasher for a board: from its description and its port to one of the ways. The one place that knows them all. What the
 * image is called and where it lies is in the description, too.
 */
import { LimpetError } from "../../../src-shared/errors.ts";
import { readFirmwareImage } from "../../boards/firmware-image.ts";
import type { BoardDescription, FirmwareMethod } from "../board-description.ts";
import { dapLinkDriveFlasher } from "./daplink-drive-flasher.ts";
import { dapLinkHidFlasher } from "./daplink-hid-flasher.ts";
import type { Flasher } from "./flasher.ts";
import { type HidInfo, listHidDevices, openHidDevice } from "./hid-devices.ts";
import { type MemoryImage, memoryImage } from "./memory-image.ts";
import { samBaFlasher } from "./sam-ba-flasher.ts";
import { listUsbPorts, type UsbPort } from "./serial-line.ts";
import { stm32UartFlasher } from "./stm32-uart-flasher.ts";
import { uf2Flasher } from "./uf2-flasher.ts";

/**
 * The way to write a board's firmware. `port` is its serial port, running or in its bootloader; a board that is there only as a
 * drive has none (null). Throws `usage` where the board is not written by a bootloader, or where its way needs a port.
 */
export async function flasherFor(description: BoardDescription, port: string | null): Promise<Flasher> {
  const method = requireMethod(description);
  const { name, usb } = description;
  // The log and the models lie behind it.
  const room = { start: method.room.start, end: method.firmwareEnd ?? method.room.end };
  switch (method.method) {
    case "sam-ba":
      return samBaFlasher({
        name,
        port: requirePort(description, port),
        room,
        applicationUsb: usb,
        bootloaderUsb: method.bootloaderUsb,
        chip: method.chip,
        bufferAddress: method.buffer,
      });
    case "uf2":
      return uf2Flasher({
        name,
        port,
        room,
        applicationUsb: usb,
        boardIds: method.boardIds,
        family: method.family,
        eraseBytes: method.eraseBytes,
        touch: method.touch,
      });
    case "daplink": {
      const board = { name, port, room, boardIds: method.boardIds };
      const probe = await findProbe(usb, port);
      return probe === null
        ? dapLinkDriveFlasher(board)
        : dapLinkHidFlasher(board, probe.path, { open: openHidDevice });
    }
    case "stm32-uart":
      return stm32UartFlasher({
        name,
        port: requirePort(description, port),
        productId: method.productId,
        flashAddress: room.start,
        sectors: method.sectors,
      });
  }
}

/** The image that setup has built for a board, where it belongs. Throws `setup-missing`, `usage`. */
export function firmwareFor(description: BoardDescription): { image: MemoryImage; hash: string } {
  const method = requireMethod(description);
  const { bytes, hash } = readFirmwareImage(method.image);
  return { image: memoryImage([{ address: method.address, bytes }]), hash };
}

function requireMethod(description: BoardDescription): FirmwareMethod {
  if (description.firmware === null) {
    throw new LimpetError("usage", `${description.name} has no bootloader that Limpet could write with.`, {
      field: "firmware",
    });
  }
  return description.firmware;
}

function requirePort({ name }: BoardDescription, port: string | null): string {
  if (port === null) {
    throw new LimpetError("usage", `The serial port of ${name} must be named.`, {
      field: "board",
      hint: "`limpet boards` lists the ports that are there.",
    });
  }
  return port;
}

/**
 * The debug probe of the board at `port`: with the same serial number, or the only one there. Null where none can be opened that
 * way; the drive then takes its place.
 */
async function findProbe(identities: readonly string[], port: string | null): Promise<HidInfo | null> {
  const ports = await listUsbPorts();
  const board: UsbPort | undefined = ports.find(({ path }) => path === port);
  for (const usb of identities) {
    const probes = await listHidDevices(usb).catch(() => []);
    const same = probes.find(
      ({ serialNumber }) => serialNumber !== null && serialNumber === board?.serialNumber,
    );
    const only = probes.length === 1 ? probes[0] : undefined;
    const found = same ?? only;
    if (found !== undefined) return found;
  }
  return null;
}
