import { expect, it } from "vitest";
import { fieldName, placeOfField } from "../../../src-renderer/design/field-names.ts";

it("a field of a design is called as the form calls it; a stride of windows is not one of frames", () => {
  expect(fieldName("window.strideMs")).toBe("Stride (ms)");
  expect(fieldName("features.strideMs")).toBe("Frame stride (ms)");
  expect(fieldName("inputs.1.features.bands")).toBe("Bands");
  expect(fieldName("inputs[0].features.filter.cutoffHz")).toBe("Cut-off (Hz)");
  expect(fieldName("network.filters")).toBe("Filters of each layer");
  expect(fieldName("features.filters")).toBe("Mel filters");
});

it("a finding about no field of the form names none", () => {
  expect(fieldName("split")).toBeNull();
  expect(fieldName("")).toBeNull();
});

it("what is wrong is put right in Design or, where it is about recordings and their split, in Collect", () => {
  expect(placeOfField("window.lengthMs")).toBe("design");
  expect(placeOfField("inputs[1].channels")).toBe("design");
  expect(placeOfField("split")).toBe("collect");
  expect(placeOfField("labels")).toBe("collect");
  expect(placeOfField("/dev/ttyUSB9")).toBeNull();
});
