import { MantineProvider } from "@mantine/core";
import i18next from "i18next";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { beforeAll, expect, it } from "vitest";
import { PlaceGuard } from "../../../src-renderer/app/place-guard.tsx";

beforeAll(() => i18next.init({ lng: "en", resources: {} }));

const markup = (guard: PlaceGuard): string =>
  renderToStaticMarkup(createElement(MantineProvider, null, guard.render()));

it("a place is shown as it is until it fails; then what happened is said, and a way to try again", () => {
  const guard = new PlaceGuard({ children: "the place itself" });
  expect(markup(guard)).toContain("the place itself");
  guard.state = PlaceGuard.getDerivedStateFromError(new Error("bands must be positive"));
  const said = markup(guard);
  expect(said).not.toContain("the place itself");
  expect(said).toContain("This place cannot be shown.");
  expect(said).toContain("bands must be positive");
  expect(said).toContain("Show it again");
});
