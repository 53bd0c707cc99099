import { describe, expect, it } from "vitest";
import { aloneRequest, readAlone, USUAL } from "../../../src-renderer/deploy/use-alone.ts";
import { deploymentRequest } from "../../../src-shared/contract/index.ts";

describe("how a board shall run by itself", () => {
  it("is as usual where nothing, or nothing that can be used, was kept", () => {
    for (const text of [null, "", "{", "[]", "7", '{"everyMs":-1,"light":"all","confirm":0.5}'])
      expect(readAlone(text)).toEqual(USUAL);
    expect(readAlone('{"everyMs":5000,"light":["worn",3],"confirm":999}')).toEqual({
      everyMs: 5000,
      light: ["worn"],
      confirm: 255,
    });
  });

  it("asks only for what is not as usual, so that the package stays that of the experiment", () => {
    expect(aloneRequest(USUAL, ["normal", "worn"])).toEqual({});
    const request = aloneRequest({ everyMs: 60_000, light: ["worn", "unknown", "gone"], confirm: 3 }, [
      "normal",
      "worn",
    ]);
    expect(request).toEqual({ everyMs: 60_000, light: ["worn", "unknown"], confirm: 3 });
    expect(deploymentRequest.safeParse({ experiment: 1, board: "virtual", ...request }).success).toBe(true);
    expect(aloneRequest({ ...USUAL, light: [] }, ["normal"])).toEqual({ light: [] });
    expect(aloneRequest({ ...USUAL, light: ["worn"] }, [])).toEqual({});
  });
});
