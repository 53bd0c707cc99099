/**
 * `npm test`: sets up, then lint, types, vitest (units, real boards in QEMU, hosts) and Playwright (browser and Electron). The last
 * line counts the tests of all runners together; a failed check counts as one failure. Plain JavaScript for Node 20 and newer.
 *
 *   node scripts/test.mjs [--no-e2e]
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { has, problems, root, say } from "./setup/report.mjs";
import { setUp } from "./setup.mjs";

const RESULTS = join(root, "test-results");
const totals = { passed: 0, failed: 0, skipped: 0 };
const skips = [];
const failures = [];

const env = {
  ...process.env,
  PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH ?? ""}`,
  LIMPET_PYTHON: join(root, ".tools/python/bin/python"),
};

/** Runs a program in the open; resolves with its exit code. */
function show(title, command, parameters) {
  const began = Date.now();
  process.stdout.write(`\n== ${title}\n`);
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env });
    child.on("error", (error) => {
      process.stdout.write(`${error.message}\n`);
      resolve(127);
    });
    child.on("exit", (code) => {
      process.stdout.write(`== ${title}: ${((Date.now() - began) / 1000).toFixed(0)} s\n`);
      resolve(code ?? 1);
    });
  });
}

async function check(title, command, parameters) {
  if ((await show(title, command, parameters)) !== 0) fail(title);
}

function fail(what) {
  totals.failed++;
  failures.push(what);
}

const tool = (name) => join(root, "node_modules/.bin", name);

async function runVitest() {
  const file = join(RESULTS, "vitest.json");
  const code = await show("vitest", tool("node"), [
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ]);
  const report = readReport(file);
  if (report === null) return fail("vitest ended without a report");
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests;
  for (const suite of report.testResults) {
    for (const { status, fullName } of suite.assertionResults) {
      if (status === "failed") failures.push(fullName);
      if (status === "pending" || status === "skipped" || status === "todo") skip(fullName);
    }
    // A file that could not even be loaded has no tests that could fail.
    if (suite.status === "failed" && !suite.assertionResults.some(({ status }) => status === "failed")) {
      fail(`${suite.name}: ${suite.message}`);
    }
  }
  if (code !== 0 && totals.failed === 0) fail(`vitest ended with code ${code}`);
}

async function runPlaywright() {
  const folder = join(root, "test/e2e");
  if (!existsSync(folder) || !readdirSync(folder).some((name) => name.endsWith(".spec.ts"))) return;
  const file = join(RESULTS, "playwright.json");
  env.PLAYWRIGHT_JSON_OUTPUT_FILE = file;
  const line = [
    tool("node"),
    join(root, "node_modules/@playwright/test/cli.js"),
    "test",
    "--reporter=list,json",
  ];
  const screen = (await has("xvfb-run")) ? ["xvfb-run", "-a", "-s", "-screen 0 1440x900x24"] : [];
  const [command, ...parameters] = [...screen, ...line];
  const code = await show("Playwright (browser and Electron)", command, parameters);
  const report = readReport(file);
  if (report === null) return fail("Playwright ended without a report");
  totals.passed += report.stats.expected + report.stats.flaky;
  totals.failed += report.stats.unexpected;
  for (const test of testsOf(report.suites)) {
    if (test.status === "skipped") skip(`${test.title} [${test.project}]${test.reason}`);
    if (test.status === "unexpected") failures.push(`${test.title} [${test.project}]`);
  }
  for (const error of report.errors) fail(`Playwright: ${error.message}`);
  if (code !== 0 && totals.failed === 0) fail(`Playwright ended with code ${code}`);
}

function* testsOf(suites) {
  for (const suite of suites ?? []) {
    yield* testsOf(suite.suites);
    for (const { title, tests } of suite.specs ?? []) {
      for (const { status, projectName, annotations } of tests) {
        const reason = annotations.find(({ type }) => type === "skip")?.description;
        yield { title, status, project: projectName, reason: reason === undefined ? "" : `: ${reason}` };
      }
    }
  }
}

function skip(what) {
  totals.skipped++;
  skips.push(what);
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

async function main() {
  const began = Date.now();
  await setUp(["engine", "firmware", "app", "tests"]);
  say(`set up in ${((Date.now() - began) / 1000).toFixed(0)} s`);
  rmSync(RESULTS, { recursive: true, force: true });
  mkdirSync(RESULTS, { recursive: true });
  await check("lint and format (biome)", tool("biome"), ["ci", "."]);
  await check("types (tsc)", tool("node"), [join(root, "node_modules/typescript/bin/tsc"), "-p", "."]);
  await runVitest();
  if (!process.argv.includes("--no-e2e")) await runPlaywright();
  if (skips.length > 0) process.stdout.write(`\nSkipped:\n${skips.map((text) => `  ${text}\n`).join("")}`);
  if (problems.length > 0)
    process.stdout.write(`\nNot set up:\n${problems.map((text) => `  ${text}\n`).join("")}`);
  if (failures.length > 0)
    process.stdout.write(`\nFailed:\n${failures.map((text) => `  ${text}\n`).join("")}`);
  process.stdout.write(`\nAll took ${((Date.now() - began) / 60_000).toFixed(1)} minutes.\n`);
  const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed${skipped}\n`);
  process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
}

await main();
