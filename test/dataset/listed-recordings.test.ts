/** The list of recordings, which is read from the file only where that has changed. */
import { describe, expect, it } from "vitest";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { addTake, newProject } from "../services/learning-projects.ts";

const names = (project: ProjectFile): string[] => project.recordings().map(({ name }) => name);

describe("the list of recordings", () => {
  it("is the same until something is written, and then the new one: within a transaction, after it, and taken back", () => {
    const project = newProject();
    try {
      const id = addTake(project, { label: "a", take: 1, hz: 10, seconds: 1 });
      const [first] = project.recordings();
      expect(project.recordings()[0]).toBe(first);
      // Whoever sorts or empties the list changes nobody else's.
      project.recordings().splice(0);
      expect(names(project)).toEqual(["a.1"]);
      const failed = (): void =>
        project.transaction(() => {
          project.updateRecordings([id], { name: "within" });
          expect(names(project)).toEqual(["within"]);
          throw new Error("taken back");
        });
      expect(failed).toThrow("taken back");
      expect(names(project)).toEqual(["a.1"]);
      project.updateRecordings([id], { name: "after" });
      expect(names(project)).toEqual(["after"]);
      project.undo();
      expect(names(project)).toEqual(["a.1"]);
      project.deleteRecordings([id]);
      expect(names(project)).toEqual([]);
    } finally {
      project.close();
    }
  });

  it("has what another program has written", () => {
    const project = newProject();
    try {
      addTake(project, { label: "a", take: 1, hz: 10, seconds: 1 });
      expect(names(project)).toEqual(["a.1"]);
      const other = ProjectFile.open(project.path);
      addTake(other, { label: "b", take: 2, hz: 20, seconds: 1 });
      expect(names(project)).toEqual(["a.1", "b.2"]);
      other.close();
      expect(names(project)).toEqual(["a.1", "b.2"]);
    } finally {
      project.close();
    }
  });
});
