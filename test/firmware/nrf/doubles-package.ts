/** A model package for firmware with doubles of front end and network (test/firmware/doubles.c). */
import { crc32 } from "node:zlib";
import { encodeModelPackage, type PackageAlone } from "../../../src-main/deployment/model-package.ts";

const WINDOW = 20;

/**
 * For the doubles: features are samples times 2, the network hands back the first input and 10. So a window is called `a` where its first sample
 * is above 10, else `b`. `bytes` of it are ballast.
 */
export function packageForDoubles(
  name: string,
  bytes = 0,
  { rateHz = 200, alone }: { rateHz?: number; alone?: PackageAlone } = {},
): Uint8Array {
  const frontend = Buffer.alloc(44);
  frontend.writeUInt8(1, 0);
  frontend.write("accelerometer", 4);
  frontend.writeFloatLE(rateHz, 20);
  frontend.writeUInt8(1, 24);
  frontend.writeUInt32LE(WINDOW, 32);
  frontend.writeUInt32LE(WINDOW, 36);
  const tflite = Buffer.alloc(4);
  tflite.writeUInt32LE(WINDOW, 0);
  const samples = Float32Array.from({ length: WINDOW }, (_, i) => i - 5);
  return encodeModelPackage({
    frontendVersion: 2,
    frontend,
    normalisation: { mean: new Float32Array(WINDOW), factor: new Float32Array(WINDOW).fill(0.5) },
    tflite,
    task: "classification",
    labels: ["a", "b"],
    arenaBytes: 1000,
    input: { scale: 1, zeroPoint: 0 },
    output: { scale: 0.125, zeroPoint: 0 },
    strideSamples: WINDOW,
    thresholds: [0, 0],
    name,
    alone,
    golden: [
      {
        kind: "stored",
        samples,
        // Features are twice the samples, the factor halves them again.
        featuresCrc: crc32(Buffer.from(samples.buffer)),
        quantisedCrc: crc32(Buffer.from(Int8Array.from(samples).buffer)),
        scores: Int8Array.of(-5, 10),
      },
    ],
    meta: { ballast: name.repeat(Math.ceil(bytes / name.length)) },
  });
}
