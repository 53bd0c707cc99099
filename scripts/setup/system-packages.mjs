/** Programs that the system brings: compilers, QEMU, a browser for tests. Installed by apt where that may be done, else named. */
import { existsSync } from "node:fs";
import { has, problem, run, say } from "./report.mjs";

/** What a need is for, how to see that it is met, and the Debian packages that meet it. */
export const NEEDS = {
  wasm: {
    why: "clang for WebAssembly: the device twin and the simulated board",
    met: async () =>
      (await has("clang")) && (await has("wasm-ld")) && existsSync("/usr/lib/wasm32-wasi") && wasmRuntime(),
    packages: [
      "clang",
      "lld",
      "libc++-14-dev-wasm32",
      "libc++abi-14-dev-wasm32",
      "wasi-libc",
      "libclang-rt-14-dev-wasm32",
    ],
  },
  arm: {
    why: "the compiler for the boards' firmware",
    met: async () => (await has("arm-none-eabi-g++")) && existsSync("/usr/lib/arm-none-eabi/newlib"),
    packages: ["gcc-arm-none-eabi", "libnewlib-arm-none-eabi", "libstdc++-arm-none-eabi-newlib"],
  },
  build: {
    why: "CMake, Ninja and a C++ compiler: the build of the firmware and of its tests",
    met: async () => (await has("cmake")) && (await has("ninja")) && (await has("g++")),
    packages: ["cmake", "ninja-build", "g++"],
  },
  cargo: {
    why: "cargo fetches TensorFlow Lite for Microcontrollers (package tfmicro), pinned by its check sum",
    met: () => has("cargo"),
    packages: ["cargo"],
  },
  qemu: {
    why: "QEMU: the virtual board",
    met: () => has("qemu-system-arm"),
    packages: ["qemu-system-arm"],
  },
  chromium: {
    why: "Chromium: the end-to-end tests in a browser",
    met: async () =>
      (await has("chromium")) || (await has("google-chrome")) || process.env.LIMPET_CHROMIUM !== undefined,
    packages: ["chromium"],
  },
  xvfb: {
    why: "Xvfb: the end-to-end tests of the window",
    met: async () => (await has("xvfb-run")) && (await has("xauth")),
    packages: ["xvfb", "xauth"],
  },
  flashers: {
    why: "bossac, stm32flash and socat: the field's own programs against the simulated bootloaders of the tests",
    met: async () => (await has("bossac")) && (await has("stm32flash")) && (await has("socat")),
    packages: ["bossa-cli", "stm32flash", "socat"],
  },
  python: {
    why: "Python: reference values for the tests",
    met: () => has("python3"),
    packages: ["python3", "python3-venv"],
  },
};

const wasmRuntime = () =>
  ["/usr/lib/llvm-14/lib/clang", "/usr/lib/clang"].some((folder) => existsSync(folder));

/** Meets needs; resolves with the names of those that stay unmet. */
export async function setUpSystemPackages(names) {
  const unmet = [];
  for (const name of names) if (!(await NEEDS[name].met())) unmet.push(name);
  if (unmet.length === 0) return [];
  const packages = unmet.flatMap((name) => NEEDS[name].packages);
  for (const name of unmet) say(`Needed: ${NEEDS[name].packages.join(" ")} (${NEEDS[name].why}).`);
  const command = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  if (!(await has("apt-get"))) {
    problem(
      `This is no Debian. Install what these Debian packages hold, with your system's own tools: ${packages.join(" ")}`,
    );
    return unmet;
  }
  if (process.getuid?.() !== 0) {
    problem(`Not root. Install what is missing with: sudo ${command}`);
    return unmet;
  }
  say(`Installing with apt: ${packages.join(" ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt package lists", "apt-get", ["update", "-q"], { env });
    // Another apt may be at work: it is waited for.
    const flags = ["-o", "DPkg::Lock::Timeout=300", "-q", "-y", "--no-install-recommends"];
    await run("apt packages", "apt-get", ["install", ...flags, ...packages], { env });
  } catch (error) {
    problem(`${error.message}\nInstall by hand: ${command}`);
  }
  const still = [];
  for (const name of unmet) if (!(await NEEDS[name].met())) still.push(name);
  return still;
}
