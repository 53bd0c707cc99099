import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importFiles } from "../../src-main/dataset/import/import.ts";
import { readSignals } from "../../src-main/dataset/import/signal-file.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { openProject } from "../../src-main/services/project-service.ts";
import { errorOf, rejectionOf, temporaryFolder } from "./helpers.ts";

describe("a name that no system takes", () => {
  it("is refused with a sentence, wherever a path is given", async () => {
    const folder = temporaryFolder();
    const long = join(folder, "x".repeat(5000));
    const project = ProjectFile.create(join(folder, "p.limpet"));
    expect((await rejectionOf("read-only", importFiles(project, [long]))).message).toContain(
      "cannot be opened",
    );
    errorOf("read-only", () => readSignals(`${long}.csv`));
    errorOf("read-only", () => ProjectFile.open(long));
    errorOf("read-only", () => ProjectFile.create(long));
    errorOf("read-only", () => openProject(long, { create: true }));
    project.close();
  });
});
