/** What must hold on every page: no finding of axe (WCAG 2.2 AA), one main heading; and its picture for the documents. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { type Limpet, ROOT } from "./launch.ts";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

export const PLACES = ["Goal", "Collect", "Design", "Train", "Convert", "Evaluate", "Deploy"] as const;

export async function goTo(page: Page, place: (typeof PLACES)[number]): Promise<void> {
  await page.keyboard.press(`Control+${PLACES.indexOf(place) + 1}`);
  await expect(page.getByRole("heading", { level: 1, name: place })).toBeVisible();
}

/** What fades in or changes its colours has done so; what turns for ever is left out. A busy computer takes its time for it. */
async function isAtRest(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(
        ({ playState, effect }) =>
          playState !== "running" || effect?.getComputedTiming().iterations === Number.POSITIVE_INFINITY,
      ),
  );
}

/** Whether a control that lay half behind the bar below is large enough once it is scrolled into sight. */
async function isLargeInSight(page: Page, target: string): Promise<boolean> {
  await page.locator(target).evaluate((element) => element.scrollIntoView({ block: "center" }));
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode(true)
    .include(target)
    .withRules(["target-size"])
    .analyze();
  return violations.length === 0;
}

export async function expectAccessible(page: Page): Promise<void> {
  await isAtRest(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
  // Electron's only window cannot open the blank page that axe would otherwise finish in.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).withTags(TAGS).analyze();
  const found: string[] = [];
  for (const { id, nodes } of violations) {
    for (const node of nodes) {
      const [target] = node.target;
      if (id === "target-size" && typeof target === "string" && (await isLargeInSight(page, target)))
        continue;
      found.push(`${id}: ${node.html.slice(0, 160)} (${node.failureSummary?.slice(0, 300)})`);
    }
  }
  expect(found).toEqual([]);
}

/** Pictures are taken from the browser only, and only when asked for: LIMPET_SCREENSHOTS=1. */
export async function takePicture({ page, host }: Limpet, name: string): Promise<void> {
  if (host !== "web" || process.env.LIMPET_SCREENSHOTS !== "1") return;
  const folder = join(ROOT, "docs/screenshots");
  mkdirSync(folder, { recursive: true });
  await page.mouse.move(640, 2);
  await page.waitForTimeout(400);
  // The path of the spec's own folder says nothing to a reader.
  const style = ".status .path { display: none }";
  await page.screenshot({ path: join(folder, `${name}.png`), style });
}
