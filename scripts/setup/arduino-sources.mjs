/**
 * The sources that an exported Arduino library needs beside the model: front end, network and pipeline of the firmware, and of TensorFlow
 * Lite Micro what they include, into one folder that packages carry. Found by following `#include` from the firmware's own files:
 * a header brings the source of the same name with it.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** Firmware files that nothing includes by their name, and folders of which all sources are needed: feature blocks, kernels. */
const FIRMWARE_ROOTS = ["runtime/pipeline.c", "runtime/version.h"];
const FIRMWARE_FOLDERS = ["frontend", "kernels"];
/** Kernels are registered by functions that one header declares. */
const KERNELS = ["reshape", "conv", "depthwise_conv", "pooling", "fully_connected", "softmax"];
const LITE = "tensorflow/lite";
const DOWNLOADS = `${LITE}/micro/tools/make/downloads`;
const SOURCE_ENDINGS = [".c", ".cc", ".cpp"];

/**
 * Copies the closure: the firmware's files to `<out>/limpet/...`, the library's to `<out>/...` as their includes name them, and the
 * licence that all of them are under. Returns the number of files. Only the tree of July 2020 is known to be complete without generated files.
 */
export function collectArduinoSources({ tflm, firmware, licence, out }) {
  const fresh = `${out}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  const folders = [
    tflm,
    ...["", "gemmlowp", "flatbuffers/include", "ruy"].map((part) => join(tflm, DOWNLOADS, part)),
  ];
  const done = new Map([["LICENSE", licence]]);
  const whole = FIRMWARE_FOLDERS.filter((part) => existsSync(join(firmware, part))).flatMap((part) =>
    readdirSync(join(firmware, part))
      .filter((name) => SOURCE_ENDINGS.some((ending) => name.endsWith(ending)))
      .map((name) => `${part}/${name}`),
  );
  const queue = [
    ...[...FIRMWARE_ROOTS, ...whole].map((name) => ({ folder: firmware, name, to: "limpet" })),
    ...KERNELS.map((name) => ({ folder: tflm, name: `${LITE}/micro/kernels/${name}.cc`, to: "" })),
  ];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    const target = join(file.to, file.name);
    if (done.has(target)) continue;
    done.set(target, join(file.folder, file.name));
    const text = readFileSync(join(file.folder, file.name), "utf8");
    for (const [, include] of text.matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) {
      const found = find(include, file, folders);
      if (found !== null) queue.push(found, ...sourcesOf(found));
    }
  }
  for (const [target, from] of done) {
    mkdirSync(dirname(join(fresh, target)), { recursive: true });
    cpSync(from, join(fresh, target));
  }
  rmSync(out, { recursive: true, force: true });
  renameSync(fresh, out);
  return done.size;
}

/** Where an include leads: beside the file that includes it, else in one of the folders; null for what the system has. */
function find(include, file, folders) {
  const beside = normalize(join(dirname(file.name), include));
  if (existsSync(join(file.folder, beside))) return { ...file, name: beside };
  const folder = folders.find((one) => existsSync(join(one, include)));
  return folder === undefined ? null : { folder, name: include, to: "" };
}

/** The source of a header's name, if there is one. */
function sourcesOf({ folder, name, to }) {
  const base = name.replace(/\.h$/, "");
  return SOURCE_ENDINGS.filter((ending) => existsSync(join(folder, base + ending))).map((ending) => ({
    folder,
    name: base + ending,
    to,
  }));
}
