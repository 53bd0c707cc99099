import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { judge } from "../../src-main/boards/line-listener.ts";
import { groupOf, holdersOf, listUsbDevices } from "../../src-main/boards/usb-devices.ts";
import { type DoctorEyes, diagnose } from "../../src-main/services/connection-doctor.ts";
import { type ErrorCode, LimpetError } from "../../src-shared/errors.ts";

const PORT = "/dev/ttyACM0";
const BLIND: DoctorEyes = {
  ports: async () => [{ path: PORT, usb: "1a86:7523", serialNumber: null }],
  devices: async () => [],
  holders: async () => [],
  group: async () => null,
  drives: async () => [],
  listen: async () => judge(new Uint8Array(0)),
  platform: "linux",
};

const findings = (code: ErrorCode, eyes: Partial<DoctorEyes>, message = "It failed.", port = PORT) =>
  diagnose(
    port,
    async () => {
      throw new LimpetError(code, message, { hint: "A hint." });
    },
    { ...BLIND, ...eyes },
  );

describe("the connection doctor at a port", () => {
  it("finds nothing where the board answers", async () => {
    expect(await diagnose(PORT, async () => {}, BLIND)).toEqual([]);
  });

  it("names the program that has the port open", async () => {
    const [found] = await findings("board-busy", { holders: async () => [{ name: "minicom", pid: 4711 }] });
    expect(found).toMatchObject({ cause: "busy", next: "Close minicom, then try again." });
    expect(found?.message).toContain("minicom (process 4711)");
    expect((await findings("board-busy", {}))[0]).toMatchObject({ cause: "busy", next: "A hint." });
  });

  it("gives the command that lets the user open it: the group's, else a rule", async () => {
    const [group] = await findings("board-permission", { group: async () => "dialout" });
    expect(group?.command).toBe("sudo usermod -a -G dialout $USER");
    const [rule] = await findings("board-permission", {});
    expect(rule?.command).toMatch(/udev\/rules\.d/);
    expect((await findings("board-permission", { platform: "darwin" }))[0]?.command).toBeUndefined();
  });

  it("offers to write the firmware onto a board that is known by its identity, running or in its bootloader", async () => {
    const at = (usb: string) => ({ ports: async () => [{ path: PORT, usb, serialNumber: null }] });
    const [mute] = await findings("board-timeout", at("2341:805a"));
    expect(mute).toMatchObject({ cause: "no-firmware", action: { kind: "write-firmware", port: PORT } });
    const [waiting] = await findings("board-timeout", at("2341:005a"));
    expect(waiting).toMatchObject({ cause: "bootloader", action: { kind: "write-firmware" } });
    const old = "The board at x speaks version 7 of the link; this Limpet speaks 1.";
    const [version] = await findings("board-protocol", at("2341:805a"), old);
    expect(version).toMatchObject({ cause: "old-firmware", action: { kind: "write-firmware" } });
  });

  it("finds the speed that a board of another make speaks at", async () => {
    const listen: DoctorEyes["listen"] = async (_path, baudRate) =>
      judge(baudRate === 57_600 ? Buffer.from("12,13\r\n14,15\r\n") : Uint8Array.of(0, 255, 3, 200, 9, 130));
    const [found] = await findings("board-protocol", { listen });
    expect(found).toMatchObject({ cause: "wrong-speed", action: { kind: "connect", port: `${PORT}@57600` } });
    const [never] = await findings("board-protocol", {
      listen: async () => judge(Uint8Array.of(255, 254, 0, 1)),
    });
    expect(never).toMatchObject({ cause: "wrong-speed" });
    expect(never?.action).toBeUndefined();
  });

  it("quotes what another program on the board says, and tells silence from it", async () => {
    const [words] = await findings("board-protocol", {
      listen: async () => judge(Buffer.from("Temperature is fine\n")),
    });
    expect(words?.message).toContain("Temperature is fine");
    expect(words?.cause).toBe("no-firmware");
    expect((await findings("board-timeout", {}))[0]?.cause).toBe("silent");
  });
});

describe("the connection doctor where no board is in the list", () => {
  const all = (eyes: Partial<DoctorEyes>) => diagnose(null, async () => {}, { ...BLIND, ...eyes });

  it("guesses a cable that only charges where USB shows nothing", async () => {
    const [found] = await all({ ports: async () => [] });
    expect(found?.cause).toBe("charge-only");
    expect(found?.next).toMatch(/another cable/);
  });

  it("says nothing about cables where a port is there", async () => {
    expect(await all({})).toEqual([]);
  });

  it("finds a missing driver by the chip, with the command", async () => {
    const devices = async () => [{ usb: "10c4:ea60", name: "CP2102", hasPort: false }];
    const [found] = await all({ ports: async () => [], devices });
    expect(found).toMatchObject({ cause: "driver", command: "sudo modprobe cp210x" });
    const fine = async () => [{ usb: "10c4:ea60", name: "CP2102", hasPort: true }];
    expect((await all({ ports: async () => [], devices: fine }))[0]?.cause).toBe("charge-only");
  });

  it("finds a board in its bootloader, at a port or as a drive", async () => {
    const ports = async () => [{ path: PORT, usb: "2341:005a", serialNumber: null }];
    expect((await all({ ports }))[0]).toMatchObject({
      cause: "bootloader",
      action: { kind: "write-firmware" },
    });
    const drives = async () => [{ path: "/media/XIAO", name: "Seeed XIAO", known: true }];
    expect((await all({ ports: async () => [], drives }))[0]).toMatchObject({
      message: "Seeed XIAO is there as the drive /media/XIAO: it waits for firmware.",
      action: { kind: "write-firmware", port: "drive:/media/XIAO" },
    });
    const strange = async () => [{ path: "/media/X", name: "A board", known: false }];
    expect((await all({ ports: async () => [], drives: strange }))[0]?.action).toBeUndefined();
  });
});

describe("what the operating system tells", () => {
  const folders: string[] = [];
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), "limpet-usb-"));
    folders.push(made);
    return made;
  };
  afterEach(() => {
    for (const one of folders.splice(0)) rmSync(one, { recursive: true, force: true });
  });

  it("lists USB devices without hubs, and which of them have a serial port", async () => {
    const root = folder();
    const device = (name: string, vendor: string, kind: string): void => {
      mkdirSync(join(root, name));
      for (const [file, text] of Object.entries({
        idVendor: vendor,
        idProduct: "0204",
        bDeviceClass: kind,
        product: "Thing",
      }))
        writeFileSync(join(root, name, file), `${text}\n`);
    };
    device("1-1", "0d28", "ef");
    device("1-1.2", "1a86", "ff");
    device("1-2", "1d6b", "09");
    mkdirSync(join(root, "usb1"));
    mkdirSync(join(root, "1-1:1.1/tty/ttyACM0"), { recursive: true });
    mkdirSync(join(root, "1-1.2:1.0"));
    const found = await listUsbDevices(root);
    expect(found?.map(({ usb, hasPort }) => [usb, hasPort]).sort()).toEqual([
      ["0d28:0204", true],
      ["1a86:0204", false],
    ]);
  });

  it("finds who has a port open", async (context) => {
    context.skip(process.platform !== "linux", "only Linux tells it in /proc");
    const root = folder();
    const port = join(root, "port");
    writeFileSync(port, "");
    for (const [pid, target] of [
      ["77", port],
      ["78", "/dev/null"],
    ] as const) {
      mkdirSync(join(root, "proc", pid, "fd"), { recursive: true });
      symlinkSync(target, join(root, "proc", pid, "fd", "3"));
      writeFileSync(join(root, "proc", pid, "comm"), "screen\n");
    }
    expect(await holdersOf(port, join(root, "proc"))).toEqual([{ name: "screen", pid: 77 }]);
  });

  it("knows no group for a port that only its owner may open", async () => {
    const root = folder();
    const port = join(root, "port");
    writeFileSync(port, "", { mode: 0o600 });
    expect(await groupOf(port)).toBeNull();
    expect(await groupOf(join(root, "gone"))).toBeNull();
  });
});
