/** The test runtime's own app: starts the app in the folder that the command line names, as Electron from npm does. */
const fs = require("node:fs");
const path = require("node:path");
const { app } = require("electron");

const folder = process.argv
  .slice(1)
  .find((word) => !word.startsWith("-") && fs.existsSync(path.join(word, "package.json")));
if (folder === undefined) {
  process.stderr.write("Name the folder of the app.\n");
  app.exit(2);
} else {
  const root = path.resolve(folder);
  const { main } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  require(path.join(root, main));
}
