import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "cbor-x";
import { describe, expect, it } from "vitest";
import { importContent, importFiles } from "../../src-main/dataset/import/import.ts";
import { readSignalBytes, readSignalFile } from "../../src-main/dataset/import/signal-file.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { errorOf, realData, rejectionOf, temporaryFolder } from "./helpers.ts";

const read = (name: string, content: string | Uint8Array, rateHz?: number) =>
  readSignalBytes(name, typeof content === "string" ? Buffer.from(content) : content, { rateHz });
const refusal = (name: string, content: string | Uint8Array, rateHz?: number) =>
  errorOf("invalid-file", () => read(name, content, rateHz)).message;

function wav(options: {
  tag?: number;
  bits?: number;
  channels?: number;
  rate?: number;
  data: Uint8Array;
  promised?: number;
}): Buffer {
  const { tag = 1, bits = 16, channels = 1, rate = 8000, data } = options;
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.byteLength, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(tag, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE((rate * channels * bits) / 8, 28);
  head.writeUInt16LE((channels * bits) / 8, 32);
  head.writeUInt16LE(bits, 34);
  head.write("data", 36);
  head.writeUInt32LE(options.promised ?? data.byteLength, 40);
  return Buffer.concat([head, data]);
}

const bytes = (array: Int16Array | Float32Array | Int32Array | Float64Array): Uint8Array =>
  new Uint8Array(array.buffer);

describe("CSV", () => {
  it("gives sensor, channels, rate by the median step, and samples as float32", () => {
    const { recordings } = read("a.csv", "timestamp,accX,accY\n0,0.1,1\n5,0.2,2\n10,0.3,3\n15,-1e-3,4\n");
    const stream = recordings[0]?.streams[0];
    expect(recordings[0]?.streams).toHaveLength(1);
    expect(stream?.stream).toEqual({
      sensor: "accelerometer",
      channels: [
        { name: "accX", unit: "" },
        { name: "accY", unit: "" },
      ],
      rateHz: 200,
      sampleType: "float32",
      scale: 1,
    });
    expect(stream?.samples).toEqual(new Float32Array([0.1, 1, 0.2, 2, 0.3, 3, -0.001, 4]));
    expect(stream?.gaps).toEqual([]);
  });

  it("takes Windows line ends, a byte order mark, semicolons with decimal commas, tabs, quotes, comments and units", () => {
    const { recordings } = read(
      "a.csv",
      '\ufeff# made by a logger\r\n"timestamp";"accX (m/s2)"\r\n0;"0,5"\r\n\r\n10;-1,25\r\n',
    );
    expect(recordings[0]?.streams[0]?.stream.channels).toEqual([{ name: "accX", unit: "m/s2" }]);
    expect(recordings[0]?.streams[0]?.samples).toEqual(new Float32Array([0.5, -1.25]));
    expect(read("a.tsv", "timestamp\taudio\n0\t1\n1\t2\n").recordings[0]?.streams[0]?.stream.sensor).toBe(
      "microphone",
    );
  });

  it("makes a stream of each sensor's columns", () => {
    const { recordings } = read("a.csv", "timestamp,accX,gyrX,accY,speed\n0,1,2,3,4\n10,5,6,7,8\n");
    expect(
      recordings[0]?.streams.map(({ stream, samples }) => [
        stream.sensor,
        stream.channels.map((c) => c.name),
        [...samples],
      ]),
    ).toEqual([
      ["accelerometer", ["accX", "accY"], [1, 3, 5, 7]],
      ["gyroscope", ["gyrX"], [2, 6]],
      ["sensor", ["speed"], [4, 8]],
    ]);
  });

  it("marks a jump of the time stamps as a gap, and invents nothing", () => {
    const { recordings } = read("a.csv", "timestamp,accX\n0,1\n5,2\n10,3\n30,4\n35,5\n40,6\n");
    expect(recordings[0]?.streams[0]?.gaps).toEqual([{ atSample: 3, lostSamples: 3 }]);
    expect(recordings[0]?.streams[0]?.samples).toHaveLength(6);
  });

  it("finds rates that whole milliseconds cannot show", () => {
    const rows = Array.from({ length: 1000 }, (_, i) => `${Math.round((i * 1000) / 104)},${i % 7}`);
    expect(
      read("a.csv", `timestamp,accX\n${rows.join("\n")}\n`).recordings[0]?.streams[0]?.stream.rateHz,
    ).toBe(104);
    const fast = Array.from({ length: 5000 }, (_, i) => `${Math.floor((i * 1000) / 1600)},${i % 7}`);
    const stream = read("a.csv", `timestamp,accX\n${fast.join("\n")}\n`).recordings[0]?.streams[0];
    expect(stream?.stream.rateHz).toBe(1600);
    expect(stream?.gaps).toEqual([]);
  });

  it.each([
    ["timestamp (us)", (i: number) => String(5000 * i)],
    ["timestamp_us", (i: number) => String(5000 * i)],
    ["time_us", (i: number) => String(1_700_000_000_000_000 + 5000 * i)],
    ["Time (s)", (i: number) => String(i / 200)],
    ["time_s", (i: number) => (1_700_000_000 + i / 200).toFixed(3)],
    ["seconds", (i: number) => (i / 200).toExponential(4)],
    ["t [ms]", (i: number) => String(5 * i)],
    ["TIME_MS", (i: number) => String(5 * i)],
    ["nanoseconds", (i: number) => String(5_000_000 * i)],
    ["timestamp", (i: number) => new Date(1_700_000_000_000 + 5 * i).toISOString()],
    ["datetime", (i: number) => new Date(5 * i).toISOString().replace("T", " ").replace("Z", "")],
    ["time", (i: number) => `2024-03-01T10:00:00,${String(5000 * i).padStart(6, "0")}+0100`],
  ])("takes the time from a column %s in its own unit", (header, stamp) => {
    const rows = Array.from({ length: 150 }, (_, i) => `"${stamp(i)}",${i % 7}`);
    const stream = read("a.csv", `${header},accX\n${rows.join("\n")}\n`).recordings[0]?.streams[0];
    expect(stream?.stream).toMatchObject({ rateHz: 200, channels: [{ name: "accX", unit: "" }] });
    expect(stream?.gaps).toEqual([]);
  });

  it("finds the rate of sound by whole microseconds, which cannot show its period", () => {
    const rows = Array.from({ length: 2000 }, (_, i) => `${Math.round((i * 1e6) / 48_000)},${i % 7}`);
    const stream = read("a.csv", `time_us,audio\n${rows.join("\n")}\n`).recordings[0]?.streams[0];
    expect([stream?.stream.rateHz, stream?.gaps]).toEqual([48_000, []]);
  });

  it("leaves out a time of an unknown unit where the rate is given, and says so", () => {
    const { recordings, notes } = read("a.csv", "time,accX\n0,1\n0.005,2\n", 200);
    expect(recordings[0]?.streams[0]?.stream).toMatchObject({ rateHz: 200, channels: [{ name: "accX" }] });
    expect(notes[0]).toContain("column time was left out");
    expect(
      read("a.csv", "time_domain,accX\n0,1\n1,2\n", 200).recordings[0]?.streams[1]?.stream,
    ).toMatchObject({
      channels: [{ name: "accX" }],
    });
  });

  it("says so where milliseconds give a rate that seconds would explain better", () => {
    const rows = (step: number): string =>
      Array.from({ length: 50 }, (_, i) => `${(i * step).toFixed(6)},${i % 3}`).join("\n");
    expect(read("a.csv", `timestamp,accX\n${rows(0.005)}\n`).notes[0]).toContain("time_s");
    expect(read("a.csv", `timestamp,accX\n${rows(0.1)}\n`).notes).toEqual([]);
  });

  it("takes a second line of words as units, and no column from a separator at the end of each line", () => {
    const units = read("a.csv", "time;accX;temp\n[s];g;°C\n0;1;2\n0,01;3;4\n").recordings[0]?.streams;
    expect(units?.map(({ stream }) => [stream.rateHz, stream.channels[0]])).toEqual([
      [100, { name: "accX", unit: "g" }],
      [100, { name: "temp", unit: "°C" }],
    ]);
    const open = read("a.csv", "timestamp,accX,\n0,1,\n10,2,\n").recordings[0]?.streams[0];
    expect(open?.stream.channels).toHaveLength(1);
    expect([...(open?.samples ?? [])]).toEqual([1, 2]);
    expect(refusal("a.csv", "timestamp,accX,\n0,1,\n10,2,3\n")).toContain("line 3 has 3 values, 2 were");
    expect(refusal("a.csv", "timestamp,accX\nNaN,NaN\n0,1\n")).toContain("line 2");
  });

  it("without time stamps needs a rate, and without a header numbers its channels", () => {
    expect(refusal("a.csv", "accX,accY\n1,2\n3,4\n")).toContain("no `timestamp` column");
    expect(read("a.csv", "accX,accY\n1,2\n3,4\n", 50).recordings[0]?.streams[0]?.stream.rateHz).toBe(50);
    const bare = read("a.csv", "1,2\n3,4\n", 50).recordings[0]?.streams[0];
    expect(bare?.stream.channels.map((channel) => channel.name)).toEqual(["channel1", "channel2"]);
    expect([...(bare?.samples ?? [])]).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ["empty", "", "the file is empty"],
    ["only spaces", " \n \n", "the file is empty"],
    ["only a header", "timestamp,accX\n", "no line of samples"],
    ["NaN", "timestamp,accX\n0,1\n5,NaN\n", 'line 3, column accX: "NaN" is not a number'],
    ["an empty cell", "timestamp,accX\n0,1\n5,\n", 'line 3, column accX: "" is not a number'],
    ["text", "timestamp,accX\n0,1\n5,on\n", 'line 3, column accX: "on" is not a number'],
    ["infinity", "timestamp,accX\n0,1\n5,1e999\n", "line 3, column accX: 1e999 is too large"],
    ["a value beyond float32", "timestamp,accX\n0,1\n5,1e39\n", "too large"],
    ["hexadecimal", "timestamp,accX\n0,1\n5,0x1f\n", "is not a number"],
    [
      "a missing column",
      "timestamp,accX,accY\n0,1,2\n5,1\n10,1,2\n",
      "line 3 has 2 values, 3 were expected.",
    ],
    ["a column too many", "timestamp,accX\n0,1\n5,1,2\n", "line 3 has 3 values, 2 were expected."],
    ["a cut end", "timestamp,accX,accY\n0,1,2\n5,1", "seems to have been cut off"],
    ["time going back", "timestamp,accX\n0,1\n5,2\n3,3\n", "line 4: the time goes back from 5 to 3 ms"],
    [
      "a jump of years",
      "timestamp,accX\n0,1\n5,2\n10,3\n15,4\n1e300,3\n",
      "line 6: the time jumps from 15 to 1e+300 ms",
    ],
    ["one sample", "timestamp,accX\n0,1\n", "one sample alone has no rate"],
    [
      "a clock too coarse",
      "timestamp,accX\n0,1\n0,1\n0,1\n16,2\n16,2\n",
      "most time stamps are the same as the one",
    ],
    ["uneven time", "timestamp,accX\n0,1\n1,2\n100,3\n103,4\n400,5\n401,6\n900,7\n", "too uneven"],
    ["seconds", "time,accX\n0,1\n0.005,2\n", "not in milliseconds"],
    ["two columns of one name", "timestamp,accX,accX\n0,1,2\n5,1,2\n", "two columns are called accX"],
    ["no samples column", "timestamp\n0\n5\n", "no column of samples"],
    ["bytes", "timestamp,accX\n0,\u0000\n", "not a text file"],
  ])("with %s is refused with file and line", (_what, content, message) => {
    const text = refusal("pump7.csv", content);
    expect(text).toContain("pump7.csv");
    expect(text).toContain(message);
  });
});

describe("WAV", () => {
  it("keeps 16-bit samples as they are and float samples bit for bit", () => {
    const counts = Int16Array.from([0, 1, -1, 32767, -32768]);
    const pcm = read("one.wav", wav({ data: bytes(counts) })).recordings[0]?.streams[0];
    expect(pcm?.samples).toEqual(counts);
    expect(pcm?.stream).toMatchObject({
      sensor: "microphone",
      channels: [{ name: "audio", unit: "" }],
      rateHz: 8000,
      scale: 1 / 32768,
    });
    const floats = Float32Array.from([0.1, -0.7, 1e-20]);
    expect(
      read("x.wav", wav({ tag: 3, bits: 32, data: bytes(floats) })).recordings[0]?.streams[0]?.samples,
    ).toEqual(floats);
  });

  it("converts 8, 24 and 32 bits and 64-bit float to full scale 1", () => {
    const eight = read("x.wav", wav({ bits: 8, data: Uint8Array.from([0, 128, 255]) })).recordings[0]
      ?.streams[0];
    expect([[...(eight?.samples ?? [])], eight?.stream.scale]).toEqual([[-128, 0, 127], 1 / 128]);
    const packed = Uint8Array.from([0, 0, 0x80, 0xff, 0xff, 0x7f, 1, 0, 0]);
    expect([
      ...(read("x.wav", wav({ bits: 24, data: packed })).recordings[0]?.streams[0]?.samples ?? []),
    ]).toEqual([-1, 8388607 / 8388608, 1 / 8388608]);
    const wide = bytes(Int32Array.from([-2147483648, 1073741824]));
    expect([
      ...(read("x.wav", wav({ bits: 32, data: wide })).recordings[0]?.streams[0]?.samples ?? []),
    ]).toEqual([-1, 0.5]);
    const double = bytes(Float64Array.from([0.5, -0.25]));
    expect([
      ...(read("x.wav", wav({ tag: 3, bits: 64, data: double })).recordings[0]?.streams[0]?.samples ?? []),
    ]).toEqual([0.5, -0.25]);
  });

  it("that was written into a pipe holds samples to its end", () => {
    const piped = wav({ data: bytes(Int16Array.from([1, 2, 3])), promised: 0xffffffff });
    piped.writeUInt32LE(0xffffffff, 4);
    expect(read("x.wav", piped).recordings[0]?.streams[0]?.samples).toEqual(Int16Array.from([1, 2, 3]));
    const odd = Buffer.concat([piped, Buffer.from([9])]);
    expect(read("x.wav", odd).recordings[0]?.streams[0]?.samples).toEqual(Int16Array.from([1, 2, 3]));
  });

  it("is whole where something that is no part of it stands behind its samples", () => {
    const tail = Buffer.concat([
      wav({ data: bytes(Int16Array.from([1, 2])) }),
      Buffer.from("TAG of another program"),
    ]);
    expect(read("x.wav", tail).recordings[0]?.streams[0]?.samples).toEqual(Int16Array.from([1, 2]));
  });

  it.each<[string, Uint8Array, string]>([
    ["empty", new Uint8Array(0), "the file is empty"],
    ["of another format", Buffer.from("timestamp,accX\n0,1\n5,2\n"), "not a WAV file"],
    [
      "cut in the samples",
      wav({ data: new Uint8Array(10), promised: 4000 }),
      "its data part should have 4000 bytes, 10 are there",
    ],
    [
      "cut in the samples, whatever size was promised",
      wav({ data: new Uint8Array(10), promised: 0xffffffff }),
      "should have 4294967295 bytes, 10 are there",
    ],
    ["cut in the header", wav({ data: new Uint8Array(10) }).subarray(0, 30), "truncated"],
    ["cut in a frame", wav({ data: new Uint8Array(9) }), "in the middle of a frame"],
    ["without samples", wav({ data: new Uint8Array(0) }), "no samples"],
    ["compressed", wav({ tag: 85, data: new Uint8Array(10) }), "format 85"],
    ["without channels", wav({ channels: 0, data: new Uint8Array(10) }), "make no sense"],
    [
      "with NaN",
      wav({ tag: 3, bits: 32, data: bytes(Float32Array.from([0, Number.NaN])) }),
      "sample 2 is NaN",
    ],
    [
      "with infinity",
      wav({ tag: 3, bits: 32, data: bytes(Float32Array.from([Number.POSITIVE_INFINITY])) }),
      "infinite",
    ],
  ])("that is %s is refused", (_what, content, message) => {
    const text = refusal("one.wav", content);
    expect(text).toContain("one.wav");
    expect(text).toContain(message);
  });
});

describe("sktime .ts", () => {
  const header =
    "#c\n@problemName X\n@timeStamps false\n@univariate false\n@dimensions 2\n@classLabel true a b\n@data\n";

  it("gives a recording for each series, with its class as label", () => {
    const { recordings, notes } = read("X_TRAIN.ts", `${header}1,2,3:4,5,6:a\n7,8,9:10,11,12:b\n`, 10);
    expect(notes).toEqual([]);
    expect(recordings.map(({ label, suffix }) => [label, suffix])).toEqual([
      ["a", "-001"],
      ["b", "-002"],
    ]);
    expect([...(recordings[1]?.streams[0]?.samples ?? [])]).toEqual([7, 10, 8, 11, 9, 12]);
    expect(recordings[0]?.streams[0]?.stream.rateHz).toBe(10);
  });

  it("assumes 1 Hz and says so", () => {
    expect(read("X.ts", `${header}1,2:3,4:a\n`).notes[0]).toContain("1 Hz was assumed");
  });

  it.each([
    ["no @data", "@problemName X\n", "no @data line"],
    ["a dimension cut", `${header}1,2,3:4,5:a\n`, "dimension 2 has 2 values, 3 were expected"],
    ["a missing value", `${header}1,?,3:4,5,6:a\n`, 'line 8, dimension 1: "?" is not a number'],
    ["no label", `${header}1,2:3,4:\n`, "has no label"],
    ["fewer dimensions than before", `${header}1,2:3,4:a\n1,2:a\n`, "has 1 dimensions, 2 were expected"],
    ["no series", header, "no series"],
    ["time stamps", "@timeStamps true\n@data\n(0,1):a\n", "not supported"],
    ["a program", "export const x = 1;\n", "line 1"],
  ])("with %s is refused", (_what, content, message) => {
    expect(refusal("X.ts", content)).toContain(message);
  });
});

describe("Edge Impulse data", () => {
  const content = (values: unknown, sensors: unknown = [{ name: "accX", units: "m/s2" }]) => ({
    protected: { ver: "v1", alg: "none" },
    signature: "00",
    payload: { device_type: "X", interval_ms: 16, sensors, values },
  });

  it("is read from JSON and CBOR, with units and rate", () => {
    const two = [
      { name: "accX", units: "m/s2" },
      { name: "accY", units: "m/s2" },
    ];
    const data = content(
      [
        [1, 2],
        [3.5, -4],
      ],
      two,
    );
    for (const result of [read("a.json", JSON.stringify(data)), read("a.cbor", encode(data))]) {
      expect(result.recordings[0]?.streams[0]).toMatchObject({
        stream: {
          sensor: "accelerometer",
          rateHz: 62.5,
          channels: [{ name: "accX", unit: "m/s2" }, { name: "accY" }],
        },
        samples: new Float32Array([1, 2, 3.5, -4]),
      });
    }
  });

  it("of sound keeps the counts", () => {
    const stream = read("a.json", JSON.stringify(content([1, -5, 32767], [{ name: "audio", units: "wav" }])))
      .recordings[0]?.streams[0];
    expect(stream?.samples).toEqual(Int16Array.from([1, -5, 32767]));
    expect(stream?.stream).toMatchObject({ sensor: "microphone", scale: 1 / 32768 });
  });

  it.each([
    ["is cut", JSON.stringify(content([1, 2])).slice(0, 60), "not JSON"],
    ["is something else", '{"a": 1}', "payload"],
    [
      "has ragged rows",
      JSON.stringify(content([[1], [1, 2]])),
      "payload.values.1 has 2 numbers, 1 were expected",
    ],
    ["has no values", JSON.stringify(content([])), "payload.values"],
    ["has text among the values", JSON.stringify(content(["on"])), "payload.values"],
  ])("that %s is refused", (_what, text, message) => {
    expect(refusal("a.json", text)).toContain(message);
  });

  it("of cut CBOR is refused", () => {
    expect(refusal("a.cbor", encode(content([1, 2, 3])).subarray(0, 40))).toMatch(/not CBOR|format/);
  });
});

describe("import into a project", () => {
  const good = "timestamp,accX\n0,1\n5,2\n10,3\n";
  function setUp(): { folder: string; path: string; project: ProjectFile } {
    const folder = temporaryFolder();
    const path = join(folder, "p.limpet");
    ProjectFile.create(path).close();
    return { folder, path, project: ProjectFile.open(path) };
  }

  it("takes label, name and group from the file's name", async () => {
    const { folder, project } = setUp();
    const file = join(folder, "worn.pump7-03.csv");
    writeFileSync(file, good);
    const report = await importFiles(project, [file], { group: "\\.([a-z0-9]+)-" });
    expect(report).toMatchObject({ imported: 1, skipped: [] });
    expect(project.recordings()[0]).toMatchObject({
      label: "worn",
      name: "worn.pump7-03",
      group: "pump7",
      origin: "import",
      source: "worn.pump7-03.csv",
    });
    project.close();
  });

  it("takes the whole match as group where the pattern has no group, and the label that was given", async () => {
    const { folder, project } = setUp();
    const file = join(folder, "a.3hp.csv");
    writeFileSync(file, good);
    await importFiles(project, [file], { group: "\\dhp", label: "normal" });
    expect(project.recordings()[0]).toMatchObject({ label: "normal", group: "3hp" });
    project.close();
  });

  it.each(["", "(zzz)?", "^"])("takes no group from the pattern %j, which matches nothing", async (group) => {
    const { folder, project } = setUp();
    const file = join(folder, "a.1.csv");
    writeFileSync(file, good);
    await importFiles(project, [file], { group });
    expect(project.recordings()[0]?.group).toBeNull();
    project.close();
  });

  it("takes the good ones of several files that were named, where that is wished, and nothing where it is not", async () => {
    const { folder, project } = setUp();
    const files = ["a.1.csv", "b.csv", "c.1.csv"].map((name) => join(folder, name));
    for (const [index, file] of files.entries())
      writeFileSync(file, index === 1 ? "no numbers\n" : good.replace("3\n", `${index + 3}\n`));
    await expect(importFiles(project, files)).rejects.toMatchObject({ code: "invalid-file" });
    expect(project.recordings()).toEqual([]);
    const report = await importFiles(project, files, { asFound: true });
    expect(report.imported).toBe(2);
    expect(report.skipped.map(({ path }) => path)).toEqual([files[1]]);
    project.close();
  });

  it("reads folders in order of names, passes over hidden files and lists what is bad with the reason", async () => {
    const { folder, project } = setUp();
    const data = join(folder, "data");
    mkdirSync(join(data, "sub"), { recursive: true });
    writeFileSync(join(data, "b.2.csv"), good.replace("3\n", "4\n"));
    writeFileSync(join(data, "a.1.csv"), good);
    writeFileSync(join(data, "sub", "c.3.csv"), good.replace("3\n", "5\n"));
    writeFileSync(join(data, "bad.csv"), "timestamp,accX\n0,1\n5,NaN\n");
    writeFileSync(join(data, "same.csv"), good);
    writeFileSync(join(data, "README.md"), "words");
    writeFileSync(join(data, ".hidden.csv"), "x");
    const report = await importFiles(project, [data]);
    expect(report.imported).toBe(3);
    expect(project.recordings().map((recording) => recording.name)).toEqual(["a.1", "b.2", "c.3"]);
    expect(report.skipped).toEqual([
      { path: join(data, "README.md"), reason: ".md files are not known." },
      { path: join(data, "bad.csv"), reason: 'Line 3, column accX: "NaN" is not a number.' },
      { path: join(data, "same.csv"), reason: "The same content is in the project already, as a.1 (a)." },
    ]);
    const again = await importFiles(project, [data]);
    expect(again.imported).toBe(0);
    expect(again.skipped).toHaveLength(6);
    project.close();
  });

  it("of a file that was deleted in the project brings it back", async () => {
    const { folder, project } = setUp();
    const file = join(folder, "a.1.csv");
    writeFileSync(file, good);
    const { recordings } = await importFiles(project, [file]);
    project.deleteRecordings(recordings);
    expect((await importFiles(project, [file])).imported).toBe(1);
    project.close();
  });

  it.each([
    ["empty.csv", ""],
    ["nan.csv", "timestamp,accX\n0,1\n5,NaN\n"],
    ["ragged.csv", "timestamp,accX,accY\n0,1,2\n5,1\n"],
    ["norate.csv", "accX\n1\n2\n"],
    ["other.wav", "hello"],
    ["other.json", "{}"],
    ["other.cbor", ""],
    ["other.ts", "hello"],
    ["other.pdf", "hello"],
  ])(
    "that names %s among good files is refused and leaves the project byte for byte as it was",
    async (name, content) => {
      const { folder, path, project } = setUp();
      const before = readFileSync(path);
      const fine = join(folder, "fine.csv");
      writeFileSync(fine, good);
      const bad = join(folder, name);
      writeFileSync(bad, content);
      const error = await rejectionOf("invalid-file", importFiles(project, [fine, bad]));
      expect(error.exitCode).toBe(2);
      expect(error.message).toContain(name);
      project.close();
      expect(readFileSync(path).equals(before)).toBe(true);
    },
  );

  it("of a missing file, an empty folder or with a broken pattern changes nothing", async () => {
    const { folder, path, project } = setUp();
    const before = readFileSync(path);
    mkdirSync(join(folder, "empty"));
    const fine = join(folder, "fine.csv");
    writeFileSync(fine, good);
    expect(
      (await rejectionOf("not-found", importFiles(project, [fine, join(folder, "missing.csv")]))).exitCode,
    ).toBe(2);
    await rejectionOf("invalid-file", importFiles(project, [join(folder, "empty")]));
    await rejectionOf("usage", importFiles(project, [fine], { group: "(" }));
    await rejectionOf("usage", importFiles(project, [fine], { rateHz: 0 }));
    project.close();
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("can be cancelled between two files and keeps those before", async () => {
    const { folder, project } = setUp();
    const data = join(folder, "data");
    mkdirSync(data);
    for (let i = 0; i < 5; i++) writeFileSync(join(data, `a.${i}.csv`), good.replace("3\n", `${i + 10}\n`));
    const stop = new AbortController();
    let calls = 0;
    const work = {
      signal: stop.signal,
      onProgress: () => {
        if (++calls === 3) stop.abort();
      },
    };
    await rejectionOf("cancelled", importFiles(project, [data], {}, work));
    expect(project.recordings()).toHaveLength(3);
    project.close();
  });

  it("tells of files that were named while they are looked through, before the first is in the project", async () => {
    const { folder, project } = setUp();
    const files = ["a.1.csv", "b.1.csv"].map((name) => join(folder, name));
    for (const [index, file] of files.entries()) writeFileSync(file, good.replace("3\n", `${index + 3}\n`));
    const told: [string, number, number][] = [];
    await importFiles(
      project,
      files,
      {},
      {
        onProgress: (stage, fraction) => told.push([stage, fraction, project.recordings().length]),
      },
    );
    expect(told).toEqual([
      ["importing a.1.csv", 0, 0],
      ["importing b.1.csv", 0.25, 0],
      ["importing a.1.csv", 0.5, 0],
      ["importing b.1.csv", 0.75, 1],
      ["imported", 1, 2],
    ]);
    project.close();
  });

  it("of dropped content uses its name and nothing of its path", () => {
    const { project } = setUp();
    importContent(project, "C:\\data\\worn.1.csv", Buffer.from(good));
    expect(project.recordings()[0]).toMatchObject({ label: "worn", name: "worn.1", source: "worn.1.csv" });
    project.close();
  });

  it("gives new recordings a side of a split that stands, and moves no other", async () => {
    const { folder, project } = setUp();
    const fileOf = (i: number): string => {
      const file = join(folder, `a.${i}.csv`);
      writeFileSync(file, good.replace("3\n", `${i + 10}\n`));
      return file;
    };
    await importFiles(project, [1, 2, 3, 4, 5].map(fileOf));
    project.ensureSplit();
    const before = project.recordings().map(({ split }) => split);
    await importFiles(project, [6, 7, 8, 9, 10].map(fileOf));
    const after = project.recordings().map(({ split }) => split);
    expect(after.slice(0, 5)).toEqual(before);
    expect(after.filter((side) => side === "train")).toHaveLength(6);
    expect(after.filter((side) => side === "test")).toHaveLength(2);
    project.close();
  });
});

describe("a signal file", () => {
  it("with several sensors is one signal with all channels", () => {
    const folder = temporaryFolder();
    const file = join(folder, "a.csv");
    writeFileSync(file, "timestamp,accX,gyrX\n0,1,2\n10,3,4\n");
    const signal = readSignalFile(file);
    expect(signal).toMatchObject({ sensor: "accelerometer", rateHz: 100, samples: 2 });
    expect([...signal.data]).toEqual([1, 2, 3, 4]);
  });
});

describe("real recordings", () => {
  const fan = realData("ceiling-fan");
  it.skipIf(fan === null)("of a fan (42 CSV) are imported exactly", async () => {
    const project = ProjectFile.create(join(temporaryFolder(), "fan.limpet"));
    const start = performance.now();
    const report = await importFiles(project, [fan as string]);
    const milliseconds = performance.now() - start;
    console.info(`42 CSV files imported in ${milliseconds.toFixed(0)} ms`);
    expect(report).toMatchObject({ imported: 42, skipped: [] });
    const recording = project.recordings().find(({ name }) => name === "low.03");
    const stream = recording?.streams[0];
    expect(stream).toMatchObject({ rateHz: 200, samples: 6000, sensor: "accelerometer" });
    const lines = readFileSync(join(fan as string, "low.03.csv"), "utf8")
      .trim()
      .split(/\r?\n/)
      .slice(1);
    const expected = Float32Array.from(lines.flatMap((line) => line.split(",").slice(1).map(Number)));
    expect(project.readSamples(stream?.id ?? 0, 0, 6000).data).toEqual(expected);
    project.close();
  });

  const digits = realData("spoken-digits");
  it.skipIf(digits === null)("of spoken digits (480 WAV) have their speakers as groups", async () => {
    const project = ProjectFile.create(join(temporaryFolder(), "digits.limpet"));
    const report = await importFiles(project, [digits as string], { group: "\\.([a-z]+)-" });
    expect(report.imported).toBe(480);
    expect([...new Set(project.recordings().map(({ group }) => group))].sort()).toEqual([
      "george",
      "jackson",
      "lucas",
      "nicolas",
    ]);
    project.close();
  });

  const motions = realData("basic-motions");
  it.skipIf(motions === null)("of motions (.ts) are 40 series of 6 channels", async () => {
    const project = ProjectFile.create(join(temporaryFolder(), "motions.limpet"));
    const report = await importFiles(project, [motions as string], { rateHz: 10 });
    expect(report.imported).toBe(40);
    expect(project.recordings()[0]?.streams[0]).toMatchObject({ rateHz: 10, samples: 100 });
    expect(new Set(project.recordings().map(({ label }) => label))).toEqual(
      new Set(["Standing", "Running", "Walking", "Badminton"]),
    );
    project.close();
  });
});
