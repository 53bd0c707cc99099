/** Firmware onto an STM32 by the bootloader in its system memory (AN3155), over a UART. */
import { LimpetError } from "../../../src-shared/errors.ts";
import { ByteLine, type LineOpener } from "./byte-line.ts";
import { differsAt, type Flasher, FlashProgress } from "./flasher.ts";
import { hexAddress, type MemoryImage, pagesOf, requireWithin } from "./memory-image.ts";
import { openSerialLine } from "./serial-line.ts";
import { STM32_BLOCK_BYTES, STM32_TIMING, Stm32Uart, sectorsOf } from "./stm32-uart.ts";

/** AN3155: 8 data bits, even parity. */
const LINE = { baudRate: 115_200, parity: "even" } as const;

export type Stm32Board = {
  readonly name: string;
  readonly port: string;
  /** Product id that GET ID answers (AN2606), such as 0x413 for the STM32F407. */
  readonly productId: number;
  readonly flashAddress: number;
  /** Bytes of the sectors in order. */
  readonly sectors: readonly number[];
};

export type Stm32Options = { readonly open?: LineOpener; readonly timing?: typeof STM32_TIMING };

export function stm32UartFlasher(board: Stm32Board, options: Stm32Options = {}): Flasher {
  const open = options.open ?? openSerialLine;
  const end = board.sectors.reduce((sum, bytes) => sum + bytes, board.flashAddress);
  return {
    name: "STM32 bootloader over UART",
    flash: async (image, work = {}) => {
      requireWithin(image, { start: board.flashAddress, end }, board.name);
      const progress = new FlashProgress(work, [
        ["bootloader", 0.05],
        ["erase", 0.2],
        ["write", 0.45],
        ["verify", 0.25],
        ["restart", 0.05],
      ]);
      progress.at("bootloader", 0);
      const line = await ByteLine.open(open, board.port, LINE, () => progress.doing);
      try {
        const loader = new Stm32Uart(line, options.timing ?? STM32_TIMING, () => progress.doing);
        const bytes = await writeAll(loader, image, board, progress);
        progress.at("restart", 0);
        await loader.go(image[0]?.address ?? board.flashAddress);
        progress.at("restart", 1);
        return { port: board.port, bytes, checked: "read-back" };
      } finally {
        await line.close();
      }
    },
  };
}

async function writeAll(
  loader: Stm32Uart,
  image: MemoryImage,
  board: Stm32Board,
  progress: FlashProgress,
): Promise<number> {
  const { productId } = await loader.connect();
  if (productId !== board.productId) {
    throw new LimpetError(
      "board-refused",
      `The chip at ${board.port} has the product id 0x${productId.toString(16)}, not 0x${board.productId.toString(16)}.`,
      { field: board.port, hint: `Choose the port of ${board.name}. Nothing has been written.` },
    );
  }
  await eraseFor(loader, image, board, progress);
  const blocks = pagesOf(image, STM32_BLOCK_BYTES);
  const first = blocks[0];
  if (first === undefined) return 0;
  // The block with the vector table last.
  for (const [index, block] of [...blocks.slice(1), first].entries()) {
    progress.at("write", index / blocks.length);
    await loader.write(block.address, block.bytes);
  }
  for (const [index, block] of blocks.entries()) {
    progress.at("verify", index / blocks.length);
    const back = await loader.read(block.address, block.bytes.length);
    if (Buffer.compare(back, block.bytes) !== 0) throw differsAt(board.port, hexAddress(block.address));
  }
  return blocks.length * STM32_BLOCK_BYTES;
}

/** Only the sectors that the image touches: models in others stay. The one with the vector table first. */
async function eraseFor(
  loader: Stm32Uart,
  image: MemoryImage,
  board: Stm32Board,
  progress: FlashProgress,
): Promise<void> {
  const sectors = new Set(
    image.flatMap(({ address, bytes }) =>
      sectorsOf(board.flashAddress, board.sectors, address, address + bytes.length),
    ),
  );
  let done = 0;
  for (const sector of sectors) {
    progress.at("erase", done++ / sectors.size);
    await loader.erase([sector]);
  }
}
