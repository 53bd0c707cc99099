/** HID devices by npm node-hid, loaded when it is first needed: its native part needs a system library on some machines. */
import type { HIDAsync } from "node-hid";
import { LimpetError } from "../../../src-shared/errors.ts";
import type { HidDevice, HidOpener } from "./cmsis-dap.ts";

async function load(): Promise<typeof import("node-hid")> {
  try {
    return await import("node-hid");
  } catch (error) {
    throw new LimpetError("setup-missing", "USB HID devices cannot be reached on this computer.", {
      hint: "On Linux the library libudev is needed. Without it, the board's drive is used instead: open it in the file manager.",
      cause: error,
    });
  }
}

export type HidInfo = { readonly path: string; readonly serialNumber: string | null };

/** HID devices with a USB identity `vendor:product`. Throws `setup-missing`. */
export async function listHidDevices(usb: string): Promise<HidInfo[]> {
  const [vendor = "0", product = "0"] = usb.split(":");
  const hid = await load();
  const found = await hid.devicesAsync(Number.parseInt(vendor, 16), Number.parseInt(product, 16));
  return found.flatMap(({ path, serialNumber }) =>
    path === undefined ? [] : [{ path, serialNumber: serialNumber ?? null }],
  );
}

export const openHidDevice: HidOpener = async (path) => {
  const hid = await load();
  let device: HIDAsync;
  try {
    device = await hid.HIDAsync.open(path);
  } catch (error) {
    throw new LimpetError("board-permission", `The board's debug probe at ${path} cannot be opened.`, {
      field: path,
      hint: 'Close other programs that use it. On Linux add a udev rule: SUBSYSTEM=="hidraw", ATTRS{idVendor}=="0d28", TAG+="uaccess".',
      cause: error,
    });
  }
  return toDevice(device);
};

const toDevice = (device: HIDAsync): HidDevice => ({
  write: async (report) => {
    // The first byte is the report's number, which CMSIS-DAP leaves at 0.
    await device.write(Buffer.from([0, ...report]));
  },
  read: async (timeoutMs) => {
    const report = await device.read(Math.ceil(timeoutMs));
    return report === undefined || report.length === 0 ? null : new Uint8Array(report);
  },
  close: () => device.close(),
});
