/** Programs that the system brings: compilers, QEMU, a browser for tests. Installed by apt where that may be done, else named. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { promisify } from "node:util";
import { has, problem, run, say } from "./report.mjs";

const execute = promisify(execFile);
const output = async (command, words) => (await execute(command, words)).stdout;

/** What a need is for, how to see that it is met, and the Debian packages that meet it. */
export const NEEDS = {
  wasm: {
    why: "clang for WebAssembly: the device twin and the simulated board",
    met: async () =>
      (await has("clang")) &&
      (await has("wasm-ld")) &&
      (await has("llvm-ar")) &&
      existsSync("/usr/lib/wasm32-wasi") &&
      wasmRuntime(),
    packages: ["clang", "lld", "llvm", "wasi-libc", "libc++-dev-wasm32", "libclang-rt-dev-wasm32"],
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
    met: recentCargo,
    // Debian 12 has a recent one under another name.
    packages: ["cargo-web", "cargo"],
    choose: "first",
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
  fuzzers: {
    why: "clang's fuzzer and sanitizers, and llvm-cov: the fuzz tests of the firmware",
    met: async () => (await has("clang")) && (await has("llvm-cov")) && fuzzerRuntime(),
    packages: ["clang", "llvm", "libclang-rt-dev"],
  },
  voices: {
    why: "espeak-ng: speaks the words of the example wake-word",
    met: () => has("espeak-ng"),
    packages: ["espeak-ng"],
  },
  python: {
    why: "Python: reference values for the tests",
    met: () => has("python3"),
    packages: ["python3", "python3-venv"],
  },
};

/** Whatever the version: clang's own library for WebAssembly, without which nothing links. */
function wasmRuntime() {
  const folder = "/usr/lib/clang";
  const versions = existsSync(folder) ? readdirSync(folder) : [];
  return versions.some((version) => existsSync(`${folder}/${version}/lib/wasi`));
}

/** Clang's own library for fuzzing on this machine. */
function fuzzerRuntime() {
  const folder = "/usr/lib/clang";
  const versions = existsSync(folder) ? readdirSync(folder) : [];
  return versions
    .map((version) => `${folder}/${version}/lib/linux`)
    .filter((libraries) => existsSync(libraries))
    .some((libraries) => readdirSync(libraries).some((name) => name.startsWith("libclang_rt.fuzzer-")));
}

/** Older ones know no other index than one that takes minutes and lies at a place of its own. */
async function recentCargo() {
  try {
    const version = /^cargo 1\.(\d+)/.exec(await output("cargo", ["--version"]));
    return version !== null && Number(version[1]) >= 70;
  } catch {
    return false;
  }
}

/** Packages of a need: all of them, or the first that this system knows. */
async function packagesFor({ packages, choose }) {
  if (choose !== "first") return packages;
  for (const name of packages) {
    try {
      // apt knows names that other packages only mention; those have nothing to show.
      if ((await output("apt-cache", ["show", name])).includes("Package:")) return [name];
    } catch {
      // Not known here: the next.
    }
  }
  return packages.slice(-1);
}

/** Meets needs; resolves with the names of those that stay unmet. */
export async function setUpSystemPackages(names) {
  const unmet = [];
  for (const name of names) if (!(await NEEDS[name].met())) unmet.push(name);
  if (unmet.length === 0) return [];
  const apt = await has("apt-get");
  const root = process.getuid?.() === 0;
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  if (apt && root) {
    // A source that cannot be reached need not be the one that is needed.
    await run("apt package lists", "apt-get", ["update", "-q"], { env }).catch((error) => say(error.message));
  }
  const packages = [];
  for (const name of unmet) {
    const chosen = await packagesFor(NEEDS[name]);
    say(`Needed: ${chosen.join(" ")} (${NEEDS[name].why}).`);
    packages.push(...chosen);
  }
  const command = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  if (!apt) {
    problem(
      `This is no Debian. Install what these Debian packages hold, with your system's own tools: ${packages.join(" ")}`,
    );
    return unmet;
  }
  if (!root) {
    problem(`Not root. Install what is missing with: sudo ${command}`);
    return unmet;
  }
  say(`Installing with apt: ${packages.join(" ")}`);
  try {
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
