/** Firmware onto boards with a DAPLink interface chip (BBC micro:bit) by CMSIS-DAP over HID: needs no mounted drive. */
import { LimpetError } from "../../../src-shared/errors.ts";
import { CmsisDap, DAP_CHUNK_BYTES, DAP_TIMING, type HidOpener } from "./cmsis-dap.ts";
import type { DapLinkBoard } from "./daplink-drive-flasher.ts";
import { type Flasher, FlashProgress } from "./flasher.ts";
import { encodeIntelHex } from "./intel-hex.ts";
import { imageBytes, requireWithin } from "./memory-image.ts";

export type DapLinkHidOptions = { readonly open: HidOpener; readonly timing?: typeof DAP_TIMING };

/** `path` names the HID device for `options.open`. */
export function dapLinkHidFlasher(board: DapLinkBoard, path: string, options: DapLinkHidOptions): Flasher {
  return {
    name: "CMSIS-DAP",
    flash: async (image, work = {}) => {
      requireWithin(image, board.room, board.name);
      const progress = new FlashProgress(work, [
        ["bootloader", 0.05],
        ["write", 0.85],
        ["verify", 0.05],
        ["restart", 0.05],
      ]);
      progress.at("bootloader", 0);
      const device = await options.open(path);
      try {
        const dap = new CmsisDap(device, board.name, options.timing ?? DAP_TIMING, () => progress.doing);
        const kind = (await dap.uniqueId()).slice(0, 4);
        if (!board.boardIds.includes(kind)) {
          throw new LimpetError("board-refused", `The board with the id ${kind} is not ${board.name}.`, {
            field: board.name,
            hint: "A micro:bit must be a V2 (with a golden logo that is a button). Nothing has been written.",
          });
        }
        const hex = Buffer.from(encodeIntelHex(image), "latin1");
        progress.at("write", 0);
        await dap.openStream();
        for (let at = 0; at < hex.length; at += DAP_CHUNK_BYTES) {
          progress.at("write", at / hex.length);
          await dap.write(hex.subarray(at, at + DAP_CHUNK_BYTES));
        }
        progress.at("verify", 0);
        await dap.closeStream();
        progress.at("restart", 0);
        await dap.reset();
        progress.at("restart", 1);
        return { port: board.port, bytes: imageBytes(image), checked: "bootloader" };
      } finally {
        await device.close().catch(() => {});
      }
    },
  };
}
