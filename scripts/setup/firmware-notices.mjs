/**
 * NOTICES.txt beside the firmware images: whose code and data they hold besides Limpet's own, and under which licences. The app's packages
 * carry that folder, so what must go with the images does. Plain JavaScript without dependencies, as the rest of setup.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./report.mjs";

/** C libraries of the compilers that setup installs, where Debian keeps their licences. */
const LIBRARIES = [
  { name: "newlib (images for boards)", path: "/usr/share/doc/libnewlib-arm-none-eabi/copyright" },
  { name: "wasi-libc (twin.wasm)", path: "/usr/share/doc/wasi-libc/copyright" },
];

/**
 * Writes the notices into `out`. `tflmLicence` is the licence that came with TensorFlow Lite Micro (null: none came), `bmi2Licence` that of the
 * package with the BMI270's configuration; null where the images hold none.
 */
export function writeNotices(out, { tflmLicence, bmi2Licence }) {
  const parts = [
    "The files in this folder are built from Limpet's sources (Apache-2.0) and from what is named here.",
    section(
      "TensorFlow Lite Micro, with gemmlowp, FlatBuffers and ruy",
      [
        "Copyright The TensorFlow Authors, The Gemmlowp Authors, Google Inc. and Google LLC. Apache License, Version 2.0.",
        tflmLicence === null ? "" : readFileSync(tflmLicence, "utf8"),
      ].join("\n\n"),
    ),
    section(
      "libgcc and libstdc++ (images for boards)",
      "Copyright Free Software Foundation, Inc. GNU General Public License, version 3, with the GCC Runtime Library Exception, version 3.1.",
    ),
    section(
      "compiler-rt and libc++ (twin.wasm)",
      "Copyright the LLVM project's contributors. Apache License, Version 2.0, with LLVM Exceptions.",
    ),
    ...LIBRARIES.filter(({ path }) => existsSync(path)).map(({ name, path }) =>
      section(name, readFileSync(path, "utf8")),
    ),
    ...(bmi2Licence === null
      ? []
      : [
          section(
            "BMI270 (nano-33-ble)",
            `${readFileSync(join(root, "firmware/boards/sensors/bmi270/NOTICE.txt"), "utf8")}\nThe package bmi2:\n\n${readFileSync(bmi2Licence, "utf8")}`,
          ),
        ]),
  ];
  writeFileSync(join(out, "NOTICES.txt"), `${parts.join("\n")}\n`);
}

const section = (title, text) => `\n${"=".repeat(100)}\n${title}\n${"=".repeat(100)}\n\n${text.trim()}\n`;
