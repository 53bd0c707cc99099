/** Numbers as languages write them; names that look like numbers stay as they are. */
import i18next from "i18next";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decimalSeparator,
  duration,
  fixed,
  formatValue,
  grouped,
  kilobytes,
  localised,
  percent,
} from "../../../src-renderer/locales/format.ts";

describe("in German", () => {
  beforeAll(() => i18next.init({ lng: "de", resources: { de: { translation: { Open: "Öffnen" } } } }));

  test("numbers have a comma, and points from five digits on", () => {
    expect(fixed(4, 1)).toBe("4,0");
    expect(grouped(1600)).toBe("1600");
    expect(grouped(16_000)).toBe("16.000");
    expect(percent(0.9726)).toBe("97,3\u00a0%");
    expect(kilobytes(3400)).toBe("3,4 kB");
    expect(decimalSeparator()).toBe(",");
    expect(localised((0.04621).toPrecision(3))).toBe("0,0462");
    expect(localised((0.0000557).toExponential(1))).toBe("5,6e-5");
  });

  test("a length of time has the one unit that suits it", () => {
    const said = [0, 95.4, 179.6, 1260, 10_799, 10_800, 147_600, 1_036_800, 1e9].map((seconds) =>
      duration(seconds),
    );
    expect(said).toEqual([
      "0 s",
      "95 s",
      "3 min",
      "21 min",
      "180 min",
      "3 h",
      "41 h",
      "12 Tage",
      "> 1.000 Tage",
    ]);
  });

  test("what is filled into a text is written alike, names are not touched", () => {
    expect(formatValue(0.5, "de", "seconds")).toBe("0,5");
    expect(formatValue("4.0", "de", "seconds")).toBe("4,0");
    expect(formatValue("3.2 kB", "de", "size")).toBe("3,2 kB");
    expect(formatValue("1.5", "de", "label")).toBe("1.5");
    expect(formatValue("0.1.0", "de", "version")).toBe("0.1.0");
    expect(formatValue("/data/0.5 bar.limpet", "de", "where")).toBe("/data/0.5 bar.limpet");
    expect(formatValue(Number.NaN, "de", "x")).toBeNaN();
  });
});

describe("in English", () => {
  beforeAll(() => {
    i18next.addResource("en", "translation", "Open", "Open");
    return i18next.changeLanguage("en");
  });
  afterAll(() => i18next.changeLanguage("de"));

  test("nothing changes but thousands", () => {
    expect(formatValue("4.0", "en", "seconds")).toBe("4.0");
    expect(formatValue(20_000, "en", "count")).toBe("20,000");
    expect(formatValue(1623, "en", "count")).toBe("1623");
  });
});
