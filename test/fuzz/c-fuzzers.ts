/** Builds the C fuzzers (libFuzzer, AddressSanitizer, UndefinedBehaviorSanitizer) and runs them; says what they covered. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { encodeModelPackage } from "../../src-main/deployment/model-package.ts";

const HERE = join(import.meta.dirname, "c");
const FIRMWARE = join(import.meta.dirname, "../../firmware");
const FIXTURES = join(import.meta.dirname, "../fixtures");

export type CFuzzer = "link" | "package" | "store" | "log" | "board";
export const C_FUZZERS: readonly CFuzzer[] = ["link", "package", "store", "log", "board"];

const sourcesIn = (...folders: string[]): string[] =>
  folders.flatMap((folder) =>
    readdirSync(join(FIRMWARE, folder))
      .filter((name) => name.endsWith(".c"))
      .map((name) => join(FIRMWARE, folder, name)),
  );

/** Sources of each fuzzer, and those whose coverage counts. */
function sourcesOf(fuzzer: CFuzzer): { readonly all: string[]; readonly counted: string[] } {
  const model = join(FIRMWARE, "classifier/model_package.c");
  switch (fuzzer) {
    case "link": {
      const counted = sourcesIn("link");
      return { all: counted, counted };
    }
    case "package": {
      const counted = [model, ...sourcesIn("frontend")];
      return { all: [...counted, ...sourcesIn("link", "maths")], counted };
    }
    case "store":
    case "log": {
      const counted = [join(FIRMWARE, fuzzer === "store" ? "store/store.c" : "store/event_log.c")];
      return { all: [...counted, ...sourcesIn("link")], counted };
    }
    case "board": {
      const counted = [...sourcesIn("runtime"), join(FIRMWARE, "boards/common/played_sensor.c")];
      const rest = [
        ...sourcesIn("link", "store", "maths", "boards/common"),
        join(FIRMWARE, "boards/wasm/simulated_board.c"),
        model,
      ].filter((path) => !counted.includes(path));
      return { all: [...counted, ...rest, join(HERE, "../../firmware/doubles.c")], counted };
    }
  }
}

/** Whether clang can build fuzzers here; the reason where not. */
export function fuzzersAvailable(folder: string): string | null {
  const probe = join(folder, "probe.c");
  writeFileSync(
    probe,
    "int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { (void)d; (void)n; return 0; }\n",
  );
  const { status, error } = spawnSync("clang", [
    "-fsanitize=fuzzer,address",
    probe,
    "-o",
    join(folder, "probe"),
  ]);
  if (error !== undefined) return "clang is not installed";
  return status === 0 ? null : "clang's fuzzer runtime is not installed (Debian: libclang-rt-dev)";
}

const FLAGS = [
  "-std=c11",
  "-O1",
  "-g",
  "-fsanitize=fuzzer,address,undefined",
  "-fno-sanitize-recover=all",
  "-fprofile-instr-generate",
  "-fcoverage-mapping",
  "-ffp-contract=off",
  "-fno-math-errno",
];

export type CResult = {
  readonly fuzzer: CFuzzer;
  readonly runs: number;
  /** Edges that libFuzzer counts. */
  readonly edges: number;
  /** Lines of the counted sources that were reached, and how many there are. */
  readonly lines: { readonly reached: number; readonly all: number } | null;
  /** What went wrong; null where nothing did. */
  readonly finding: string | null;
};

/** Builds one fuzzer and runs it for `seconds`, or over its seeds and findings alone where that is 0. Throws where it does not build. */
export function runCFuzzer(fuzzer: CFuzzer, folder: string, seconds: number, seed: number): CResult {
  const program = join(folder, `${fuzzer}_fuzz`);
  const { all, counted } = sourcesOf(fuzzer);
  const built = spawnSync("clang", [...FLAGS, join(HERE, `${fuzzer}_fuzz.c`), ...all, "-lm", "-o", program], {
    encoding: "utf8",
  });
  if (built.status !== 0) throw new Error(`${fuzzer}_fuzz does not build:\n${built.stderr}`);
  const corpus = join(folder, `${fuzzer}-corpus`);
  mkdirSync(corpus, { recursive: true });
  writeSeeds(fuzzer, corpus);
  const findings = join(HERE, "findings", fuzzer);
  const parameters = [
    corpus,
    ...(existsSync(findings) ? [findings] : []),
    ...(seconds > 0 ? [`-max_total_time=${seconds}`] : ["-runs=0"]),
    `-seed=${seed}`,
    "-max_len=8192",
    // An input that takes longer has no end, seconds; on a busy computer all of them take long.
    "-timeout=60",
    "-rss_limit_mb=1024",
    "-print_final_stats=1",
    "-verbosity=1",
    `-artifact_prefix=${join(folder, `${fuzzer}-`)}`,
  ];
  const profile = join(folder, `${fuzzer}.profraw`);
  const run = spawnSync(program, parameters, {
    encoding: "utf8",
    env: { ...process.env, LLVM_PROFILE_FILE: profile, UBSAN_OPTIONS: "print_stacktrace=1" },
    maxBuffer: 64 * 1024 * 1024,
  });
  const text = run.stderr;
  const runs = Number(/number_of_executed_units:\s*(\d+)/.exec(text)?.[1] ?? 0);
  const edges = Math.max(0, ...[...text.matchAll(/ cov: (\d+)/g)].map(([, edge]) => Number(edge)));
  const failed = run.status !== 0;
  return {
    fuzzer,
    runs,
    edges,
    lines: coverageOf(program, profile, counted),
    finding: failed
      ? text.slice(Math.max(0, text.search(/ERROR|runtime error|==\d+==/))).slice(0, 4000)
      : null,
  };
}

function coverageOf(program: string, profile: string, counted: readonly string[]): CResult["lines"] {
  const data = `${profile}.data`;
  const tool = (name: string): string => (spawnSync(name, ["--version"]).status === 0 ? name : `${name}-14`);
  if (spawnSync(tool("llvm-profdata"), ["merge", "-sparse", profile, "-o", data]).status !== 0) return null;
  const { status, stdout } = spawnSync(
    tool("llvm-cov"),
    ["export", "-summary-only", program, `-instr-profile=${data}`, ...counted],
    { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  if (status !== 0) return null;
  const report = JSON.parse(stdout) as { data: { totals: { lines: { covered: number; count: number } } }[] };
  const lines = report.data[0]?.totals.lines;
  return lines === undefined ? null : { reached: lines.covered, all: lines.count };
}

/** What the fuzzers start from: the shared test vectors, in the form that each one takes. */
function writeSeeds(fuzzer: CFuzzer, corpus: string): void {
  const vectors = (name: string): unknown => JSON.parse(readFileSync(join(FIXTURES, name), "utf8"));
  const put = (name: string, bytes: Uint8Array): void => writeFileSync(join(corpus, name), bytes);
  const packages = packageSeeds(vectors("package-vectors.json"));
  switch (fuzzer) {
    case "link": {
      const { frames } = vectors("link-vectors.json") as { frames: { bytes: string }[] };
      for (const [index, { bytes }] of frames.entries()) put(`frame-${index}`, Buffer.from(bytes, "hex"));
      return;
    }
    case "package":
      for (const [index, bytes] of packages.entries()) put(`package-${index}`, bytes);
      for (const [name, bytes] of frontendSeeds()) put(`frontend-${name}`, bytes);
      return;
    case "store":
      // Two updates, a roll-back, an update whose power fails.
      put("updates", Buffer.from([0, 0, 200, 0, 0, 44, 1, 5, 0, 0, 8, 9, 0, 0, 100, 0, 0, 90, 0]));
      return;
    case "log":
      // Windows of two labels, a power that fails, a start, a clear.
      put(
        "windows",
        Buffer.from([0, 6, 0, 7, 1, 6, 2, 5, 3, 6, 0, 7, 1, 3, 0, 0, 0, 6, 2, 2, 0, 6, 1, 4, 0]),
      );
      return;
    case "board": {
      const record = (kind: number, content: Uint8Array = Buffer.alloc(0)): Buffer =>
        Buffer.concat([Buffer.from([kind, content.length & 255, content.length >> 8]), content]);
      const request = (type: number, content?: Uint8Array): Buffer => record(4 + type - 1, content);
      const start = Buffer.from([1, 0, 0, 0, 0, 0]);
      const wait = record(1, Buffer.alloc(1000));
      put(
        "stream",
        Buffer.concat([Buffer.of(0, 0), request(1), request(2, start), wait, wait, request(16), request(3)]),
      );
      for (const [index, bytes] of [...packages, packageForDoubles()].entries()) {
        put(`update-${index}`, updateOf(bytes, request, wait));
      }
      return;
    }
  }
}

/** Configurations of every block (docs/model-package.md, "FRNT"), behind a package's 64 bytes of head. */
function frontendSeeds(): [string, Uint8Array][] {
  const words = (...values: readonly (number | "f")[]): Buffer => {
    const out = Buffer.alloc(values.filter((value) => value !== "f").length * 4);
    let at = 0;
    let float = false;
    for (const value of values) {
      if (value === "f") {
        float = true;
        continue;
      }
      if (float) out.writeFloatLE(value, at);
      else out.writeUInt32LE(value, at);
      float = false;
      at += 4;
    }
    return out;
  };
  const blocks: [string, number, Buffer][] = [
    ["raw", 0, words("f", 1, 1)],
    ["raw-decimated", 0, words("f", 0.5, 4)],
    ["spectral", 1, words("f", 1, 1, 64, 32, 16, 3, 1, "f", 0.2, "f", 0.4, "f", 0.2, "f", -0.3, "f", 0.1)],
    ["spectral-plain", 1, words("f", 1, 2, 32, 32, 8, 0, 0)],
    ["log-mel", 2, words(128, 64, 128, 10, "f", 20, "f", 500, "f", 0.97, "f", -52, 0, 0)],
    ["log-mel-pcen", 2, words(128, 64, 128, 10, "f", 20, "f", 500, "f", 0, "f", -52, 1, 1)],
    ["mfcc", 3, words(128, 64, 128, 10, "f", 20, "f", 500, "f", 0.97, "f", -52, 2, 0, 8)],
  ];
  return blocks.map(([name, block, parameters]) => {
    const input = Buffer.alloc(16 + 4 + 8 + 8 + 4);
    input.write("accelerometer", 0);
    input.writeFloatLE(1000, 16);
    input[20] = name.startsWith("raw") || name.startsWith("spectral") ? 3 : 1;
    input.set([0, 1, 2], 21);
    input.writeUInt32LE(512, 28);
    input.writeUInt32LE(256, 32);
    input[36] = block;
    input[37] = 1;
    input.writeUInt16LE(parameters.length, 38);
    return [name, Buffer.concat([Buffer.alloc(64), Buffer.from([1, 0, 0, 0]), input, parameters])];
  });
}

const packageSeeds = (vectors: unknown): Uint8Array[] =>
  (vectors as { packages: { bytes: string }[] }).packages.map(({ bytes }) => Buffer.from(bytes, "hex"));

/** One that the doubles of test/firmware accept, on the demo machine's sensor: features are samples times 2, scores are the first value and 10. */
function packageForDoubles(): Uint8Array {
  const window = 64;
  const frontend = Buffer.alloc(44);
  frontend.writeUInt8(1, 0);
  frontend.write("accelerometer", 4);
  frontend.writeFloatLE(400, 20);
  frontend.writeUInt8(1, 24);
  frontend.writeUInt32LE(window, 32);
  frontend.writeUInt32LE(window / 2, 36);
  const tflite = Buffer.alloc(4);
  tflite.writeUInt32LE(window);
  const samples = Float32Array.from({ length: window }, (_, i) => (i % 20) - 10);
  const doubled = samples.map((value) => value * 2);
  return encodeModelPackage({
    frontendVersion: 2,
    frontend,
    normalisation: null,
    tflite,
    task: "classification",
    labels: ["still", "moving"],
    arenaBytes: 2048,
    input: { scale: 1, zeroPoint: 0 },
    output: { scale: 1 / 256, zeroPoint: -128 },
    strideSamples: window / 2,
    thresholds: [0, 0],
    name: "doubles",
    golden: [
      {
        kind: "stored",
        samples,
        featuresCrc: crc32(new Uint8Array(doubled.buffer)),
        quantisedCrc: crc32(new Uint8Array(Int8Array.from(doubled).buffer)),
        scores: Int8Array.of(doubled[0] as number, 10),
      },
    ],
    meta: {},
  });
}

/** A package's whole way onto the board: begin, data, commit, live, replay, roll back. */
function updateOf(
  bytes: Uint8Array,
  request: (type: number, content?: Uint8Array) => Buffer,
  wait: Buffer,
): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(bytes.length, 0);
  head.writeUInt32LE(crc32(bytes), 4);
  const records = [Buffer.of(0, 0), request(4, head)];
  for (let offset = 0; offset < bytes.length; offset += 960) {
    const piece = Buffer.alloc(4 + Math.min(960, bytes.length - offset));
    piece.writeUInt32LE(offset, 0);
    piece.set(bytes.subarray(offset, offset + 960), 4);
    records.push(request(5, piece));
  }
  records.push(
    request(6),
    request(8),
    wait,
    request(9),
    request(11, Buffer.of(1)),
    request(13, Buffer.alloc(9)),
    wait,
  );
  records.push(request(15, Buffer.from([0, 0, 0, 0, 100, 0])), request(10));
  return Buffer.concat(records);
}
