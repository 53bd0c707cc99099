import pino from "pino";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Call, type Handlers, RpcServer } from "../../src-main/engine/rpc-server.ts";
import { LimpetError } from "../../src-shared/errors.ts";

type Message = { kind: string; id?: number; [field: string]: unknown };

afterEach(() => void vi.useRealTimers());

function serve(handlers: Partial<Handlers>) {
  const sent: Message[] = [];
  let receive: (text: string) => void = () => {};
  let closed: () => void = () => {};
  const server = new RpcServer(handlers, pino({ level: "silent" }));
  server.connect({
    send: (text) => sent.push(JSON.parse(text) as Message),
    onMessage: (listener) => {
      receive = listener;
    },
    onClose: (listener) => {
      closed = listener;
    },
  });
  const until = async (id: number): Promise<Message> => {
    for (;;) {
      const found = sent.find(
        (message) => message.id === id && (message.kind === "result" || message.kind === "error"),
      );
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  return {
    server,
    sent,
    until,
    close: () => closed(),
    send: (message: unknown) => receive(typeof message === "string" ? message : JSON.stringify(message)),
  };
}

describe("requests over a channel", () => {
  it("are checked, done and answered, with defaults filled in", async () => {
    const seen: unknown[] = [];
    const { send, until } = serve({
      "files:list-folder": (params) => {
        seen.push(params);
        return { path: params.path, parent: null, entries: [] };
      },
    });
    send({ kind: "request", id: 1, method: "files:list-folder", params: { path: "/" } });
    expect(await until(1)).toEqual({
      kind: "result",
      id: 1,
      result: { path: "/", parent: null, entries: [] },
    });
    expect(seen).toEqual([{ path: "/", extensions: [] }]);
  });

  it("get errors with code, hint and field; a mistake of ours becomes internal", async () => {
    const { send, until } = serve({
      "project:close": () => {
        throw new LimpetError("read-only", "No.", { hint: "Yes.", field: "here" });
      },
      "project:get-summary": () => {
        throw new TypeError("oops");
      },
      "project:undo": () => ({ undone: 3 }) as unknown as { undone: string },
    });
    send({ kind: "request", id: 1, method: "project:close", params: {} });
    send({ kind: "request", id: 2, method: "project:get-summary", params: {} });
    send({ kind: "request", id: 3, method: "project:undo", params: {} });
    send({ kind: "request", id: 4, method: "constructor", params: {} });
    send({ kind: "request", id: 5, method: "split:apply", params: { train: 7 } });
    expect(await until(1)).toMatchObject({
      error: { code: "read-only", message: "No.", hint: "Yes.", field: "here" },
    });
    expect(await until(2)).toMatchObject({ error: { code: "internal" } });
    expect(await until(3)).toMatchObject({ error: { code: "internal" } });
    expect(await until(4)).toMatchObject({ error: { code: "usage" } });
    expect(await until(5)).toMatchObject({ error: { code: "usage", field: "train" } });
  });

  it("can be cancelled, alone", async () => {
    const wait = (_params: unknown, { signal }: Call): Promise<never> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    const { send, until, sent } = serve({ "project:check": wait, "project:close": wait });
    send({ kind: "request", id: 1, method: "project:check", params: {} });
    send({ kind: "request", id: 2, method: "project:close", params: {} });
    send({ kind: "cancel", id: 1 });
    expect(await until(1)).toMatchObject({ kind: "error", error: { code: "cancelled" } });
    expect(sent.filter(({ id }) => id === 2)).toEqual([]);
  });

  it("send progress at most twenty times a second, but always its end", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { send, until, sent } = serve({
      "project:close": (_params, { onProgress }) => {
        for (let i = 0; i <= 10_000; i++) {
          // A tenth of a millisecond each: a second in all.
          vi.advanceTimersByTime(i % 10 === 0 ? 1 : 0);
          onProgress("counting", i / 10_000);
        }
        return {};
      },
    });
    send({ kind: "request", id: 1, method: "project:close", params: {} });
    await until(1);
    const progress = sent.filter(({ kind }) => kind === "progress");
    expect(progress.length).toBeGreaterThan(15);
    expect(progress.length).toBeLessThanOrEqual(21);
    expect(progress.at(-1)).toMatchObject({ stage: "counting", fraction: 1 });
  });

  it("send the end of progress however soon it comes, and never more or less than all and nothing", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { send, until, sent } = serve({
      "project:close": (_params, { onProgress }) => {
        onProgress("counting", -0.5);
        onProgress("counting", 0.5);
        onProgress("counting", 1.5);
        return {};
      },
    });
    send({ kind: "request", id: 1, method: "project:close", params: {} });
    await until(1);
    const progress = sent.filter(({ kind }) => kind === "progress");
    expect(progress.map(({ fraction }) => fraction)).toEqual([0, 1]);
  });

  it("can be cancelled after another came under their number, and end as cancelled whatever the work throws then", async () => {
    const { send, until, sent } = serve({
      "project:check": (_params, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
        }),
    });
    send({ kind: "request", id: 1, method: "project:check" });
    send({ kind: "request", id: 1, method: "project:check" });
    await until(1);
    sent.length = 0;
    send({ kind: "cancel", id: 1 });
    expect(await until(1)).toMatchObject({ kind: "error", error: { code: "cancelled" } });
  });

  it("with an impossible design name its field, and those with a NUL in a text are not carried out", async () => {
    const done: string[] = [];
    const { send, until } = serve({
      "design:save": () => {
        throw new Error("a design that is none came through");
      },
      "project:open": ({ path }) => {
        done.push(path);
        throw new LimpetError("not-found", "No.");
      },
    });
    send({ kind: "request", id: 1, method: "design:save", params: { design: { window: { lengthMs: -1 } } } });
    const { error } = (await until(1)) as unknown as { error: { code: string; field: string } };
    expect(error.code).toBe("invalid-design");
    expect(error.field).not.toContain("design.");
    send({ kind: "request", id: 2, method: "project:open", params: { path: "a\0b" } });
    expect(await until(2)).toMatchObject({ error: { code: "usage" } });
    expect(done).toEqual([]);
  });

  it("with a number in use are refused, and nonsense is passed over", async () => {
    const { send, until, sent } = serve({ "project:check": () => new Promise(() => {}) });
    send("}{");
    send({ kind: "cancel", id: 99 });
    send({ kind: "request", id: 1, method: "project:check", params: {} });
    send({ kind: "request", id: 1, method: "project:check", params: {} });
    expect(await until(1)).toMatchObject({ kind: "error", error: { code: "usage" } });
    expect(sent).toHaveLength(1);
  });

  it("are not taken without limit, and not twice under one number", async () => {
    const ends: (() => void)[] = [];
    const { send, until } = serve({
      "project:close": () => new Promise((resolve) => ends.push(() => resolve({}))),
    });
    for (let id = 1; id <= 201; id++) send({ kind: "request", id, method: "project:close" });
    expect(await until(201)).toMatchObject({ kind: "error", error: { code: "usage" } });
    for (const end of ends) end();
    expect(await until(200)).toMatchObject({ kind: "result" });
  });

  it("without parameters are asked with none; what is no request but has a number gets an answer", async () => {
    const { send, until } = serve({ "project:close": () => ({}) });
    send({ kind: "request", id: 1, method: "project:close" });
    expect(await until(1)).toMatchObject({ kind: "result" });
    send({ kind: "request", id: 2, methods: "project:close" });
    expect(await until(2)).toMatchObject({ kind: "error", error: { code: "usage" } });
    send({ kind: "request", id: 3, method: "project:open", params: { path: "a\0b" } });
    expect(await until(3)).toMatchObject({ kind: "error", error: { code: "usage" } });
  });
});

describe("events", () => {
  it("reach every interface that is there, and only if they fit the contract", () => {
    const { server, sent, close } = serve({});
    server.emit("recordings:changed", {});
    server.emit("app:notice", { level: "loud", message: "x" } as unknown as {
      level: "info";
      message: string;
    });
    expect(sent).toEqual([{ kind: "event", name: "recordings:changed", payload: {} }]);
    close();
    server.emit("recordings:changed", {});
    expect(sent).toHaveLength(1);
  });
});
