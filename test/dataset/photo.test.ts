/** Photos of machines: what is taken, what is refused and why, what is left out of a picture, and how recordings show them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { checkProject } from "../../src-main/dataset/check.ts";
import { checkPhoto, MAX_PHOTO_BYTES, readPhotoFile } from "../../src-main/dataset/photo-file.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { repairProject } from "../../src-main/dataset/repair.ts";
import { errorOf, finished, temporaryFolder } from "./helpers.ts";
import { exif, hugePng, jpeg, jpegSegment, PNG_MAGIC, png, pngChunk } from "./photos.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

function newProject(): { path: string; project: ProjectFile } {
  const path = join(temporaryFolder(), "p.limpet");
  const project = ProjectFile.create(path);
  for (let i = 0; i < 3; i++) project.addRecording(finished(`a.${i}`, "a", 1000, i));
  return { path, project };
}

describe("a photo", () => {
  it("is taken as it is where there is nothing but the picture", () => {
    expect(checkPhoto(png(40, 30))).toEqual({
      type: "image/png",
      width: 40,
      height: 30,
      data: new Uint8Array(png(40, 30)),
    });
    expect(checkPhoto(jpeg())).toEqual({
      type: "image/jpeg",
      width: 8,
      height: 8,
      data: new Uint8Array(jpeg()),
    });
  });

  it("loses where it was taken and every comment, and keeps how the camera was held", () => {
    const photo = checkPhoto(
      jpeg([exif(6), jpegSegment(0xed, Buffer.from("Photoshop 3.0 8BIM caption"))], "by my phone"),
    );
    expect(text(photo.data)).not.toMatch(/48\.13|my phone|caption/);
    expect(text(photo.data)).toContain("Exif");
    // What is kept says the same again.
    expect(checkPhoto(photo.data)).toEqual(photo);
    const straight = checkPhoto(jpeg([exif(1)]));
    expect(text(straight.data)).not.toContain("Exif");
    const noted = png(4, 3, 1, [
      pngChunk("tEXt", Buffer.from("Author\0me")),
      pngChunk("eXIf", Buffer.from("48.13 N")),
    ]);
    expect(checkPhoto(noted).data).toEqual(new Uint8Array(png(4, 3, 1)));
  });

  it("loses what hangs on behind its end", () => {
    for (const picture of [png(), jpeg()]) {
      const behind = Buffer.concat([picture, Buffer.from("<script>alert(1)</script>")]);
      expect(checkPhoto(behind).data).toEqual(new Uint8Array(picture));
    }
  });

  it("is refused with the reason where it is no JPEG or PNG, or is damaged", () => {
    const reason = (bytes: Uint8Array): string => errorOf("invalid-file", () => checkPhoto(bytes)).message;
    expect(reason(Buffer.from("<svg onload='alert(1)'/>"))).toContain("neither JPEG nor PNG");
    expect(reason(Buffer.from("GIF89a"))).toContain("neither JPEG nor PNG");
    expect(reason(new Uint8Array(0))).toContain("neither JPEG nor PNG");
    expect(reason(PNG_MAGIC)).toContain("cut off");
    expect(reason(Buffer.concat([PNG_MAGIC, pngChunk("IEND", new Uint8Array(0))]))).toContain("order");
    const flipped = png();
    flipped[50] = (flipped[50] ?? 0) ^ 1;
    expect(reason(flipped)).toContain("checksum");
    expect(reason(hugePng(0, 4))).toContain("no pixels");
    expect(reason(hugePng(16_000, 16_000))).toContain("16000 x 16000");
    expect(reason(hugePng(40_000, 2))).toContain("40000 x 2");
    expect(reason(Buffer.concat([jpeg().subarray(0, 2), Uint8Array.of(0xff, 0xd9)]))).toContain("no picture");
    expect(reason(jpeg([jpegSegment(0xc9, Buffer.from([8, 0, 8, 0, 8, 1, 1, 0x11, 0]))]))).toContain(
      "browsers",
    );
    expect(reason(new Uint8Array(MAX_PHOTO_BYTES + 1))).toContain("12.6 MB");
  });

  it("is refused wherever it is cut off", () => {
    for (const picture of [png(), jpeg([exif(3)])]) {
      for (let length = 0; length < picture.length; length++) {
        errorOf("invalid-file", () => checkPhoto(picture.subarray(0, length)));
      }
    }
  });

  it("is read from a file, but not from a folder or one that is too large", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "p.png"), png());
    expect(readPhotoFile(join(folder, "p.png"))).toEqual(png());
    writeFileSync(join(folder, "large.png"), new Uint8Array(MAX_PHOTO_BYTES + 1));
    errorOf("invalid-file", () => readPhotoFile(join(folder, "large.png")));
    errorOf("invalid-file", () => readPhotoFile(folder));
    errorOf("not-found", () => readPhotoFile(join(folder, "none.png")));
  });
});

describe("photos in a project", () => {
  it("are kept once, shown by recordings, and come and go with undo", () => {
    const { path, project } = newProject();
    const first = project.addPhoto(png());
    expect(first).toEqual({ id: 1, type: "image/png", width: 4, height: 3, bytes: png().length });
    expect(project.addPhoto(png())).toEqual(first);
    expect(project.addPhoto(jpeg()).id).toBe(2);
    errorOf("not-found", () => project.updateRecordings([1], { photo: 9 }));
    project.updateRecordings([1, 2], { photo: first.id, machine: " pump 2 ", mount: "bearing cap" });
    expect(project.recordings().map(({ photo }) => photo)).toEqual([1, 1, null]);
    expect(project.recording(1)).toMatchObject({ machine: "pump 2", mount: "bearing cap" });
    const [part] = project.cutRecording(1, [{ fromSeconds: 1, toSeconds: 2 }], { replace: false });
    expect(part).toMatchObject({ machine: "pump 2", mount: "bearing cap", photo: 1 });
    project.undo();
    project.undo();
    expect(project.recordings().map(({ photo, machine }) => [photo, machine])).toEqual(
      Array(3).fill([null, ""]),
    );
    project.redo();
    expect(Buffer.from(project.photo(1).data)).toEqual(png());
    project.close();
    expect(checkProject(path)).toMatchObject({ ok: true });
  });

  it("that are damaged are found by the check, never shown, and removed by the repair", () => {
    const { path, project } = newProject();
    project.updateRecordings([1], { photo: project.addPhoto(png()).id });
    project.updateRecordings([2], { photo: project.addPhoto(png(5, 5)).id });
    project.updateRecordings([1], { photo: null });
    project.updateRecordings([1], { photo: 1 });
    project.close();
    const database = new Database(path);
    database.exec("UPDATE photos SET data = CAST('<svg/>' AS BLOB) WHERE id = 1");
    database.pragma("foreign_keys = OFF");
    database.exec("DELETE FROM photos WHERE id = 2");
    database.close();
    expect(checkProject(path).problems).toEqual([
      "A row of recordings belongs to nothing in photos.",
      "Photo 1 is damaged.",
    ]);
    const damaged = ProjectFile.open(path);
    errorOf("project-corrupt", () => damaged.photo(1));
    damaged.close();
    expect(repairProject(path).repaired).toEqual([
      "The photo of 1 recordings is lost.",
      "Photo 1 could not be read and was removed.",
    ]);
    expect(checkProject(path)).toMatchObject({ ok: true });
    const mended = ProjectFile.open(path);
    // What undo would bring back is gone.
    mended.undo();
    mended.redo();
    expect(mended.recordings().map(({ photo }) => photo)).toEqual([null, null, null]);
    mended.close();
  });
});
