/**
 * A virtual board for other programs: a TCP port on loopback that leads to one virtual board, for one program at a time. Knows
 * bytes only.
 */
import { createServer, type Server, type Socket } from "node:net";
import { LimpetError } from "../../src-shared/errors.ts";
import type { Transport } from "./transports/transport.ts";

export class VirtualRelay {
  readonly #server: Server;
  readonly #transport: Transport;
  /** Resolves when the board has ended by itself, with the reason. */
  readonly ended: Promise<LimpetError>;
  #client: Socket | null = null;
  #end: (error: LimpetError) => void = () => {};

  private constructor(transport: Transport) {
    this.#transport = transport;
    this.#server = createServer((socket) => this.#accept(socket));
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Starts the board, then listens at `port` (0: any). Throws what the transport throws, and `board-busy` for a used port. */
  static async start(transport: Transport, port: number): Promise<VirtualRelay> {
    const relay = new VirtualRelay(transport);
    await relay.#listen(port);
    try {
      await transport.open({
        onData: (bytes) => relay.#client?.write(bytes),
        onLost: (error) => {
          relay.#client?.destroy();
          relay.#end(error);
        },
      });
      return relay;
    } catch (error) {
      await relay.close();
      throw error;
    }
  }

  get port(): string {
    const address = this.#server.address();
    return `tcp://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  async close(): Promise<void> {
    this.#client?.destroy();
    this.#server.close();
    await this.#transport.close();
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error) =>
        reject(
          new LimpetError("board-busy", `Port ${port} is in use by another program.`, {
            field: "tcp",
            hint: "Choose another with --tcp, or leave it out.",
            cause: error,
          }),
        ),
      );
      this.#server.listen(port, "127.0.0.1", resolve);
    });
  }

  #accept(socket: Socket): void {
    if (this.#client !== null) {
      socket.destroy();
      return;
    }
    this.#client = socket;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    // What the board sends while nobody listens is dropped, as on a real line.
    socket.on("close", () => {
      this.#client = null;
    });
    socket.on("data", (bytes) => {
      socket.pause();
      this.#transport.write(bytes).then(
        () => socket.resume(),
        () => socket.destroy(),
      );
    });
  }
}
