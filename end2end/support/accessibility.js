// What every page has to keep: WCAG 2.2 AA as far as axe can tell, and nothing that sticks out at the side.
import AxeBuilder from "@axe-core/playwright";
import { expect } from "@playwright/test";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** axe finds nothing in the page as it is. */
export async function expectAccessible(page, name) {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  expect(violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(" ")).join(", ")}`), name).toEqual([]);
}

/** Waits until the page is drawn in its new size and colours: what is measured in between belongs to neither. */
async function settled(page) {
  await page.evaluate(async () => {
    const frame = () => new Promise((next) => requestAnimationFrame(next));
    await frame();
    await frame();
    const ending = document.getAnimations().filter((animation) => animation.effect?.getTiming().iterations !== Infinity);
    await Promise.all(ending.map((animation) => animation.finished.catch(() => {})));
    await frame();
  });
}

/**
 * The same wide and narrow, light and - unless it is left out - dark, and nothing scrolls sideways. `SHOTS` names a folder
 * for pictures.
 */
export async function expectClean(page, name, { schemes = ["light", "dark"] } = {}) {
  for (const colorScheme of schemes) {
    for (const width of [1280, 390]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 900 });
      await settled(page);
      await expectAccessible(page, `${name}, ${colorScheme}, ${width} px`);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(sideways, `${name} scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
      if (process.env.SHOTS) await picture(page, `${name}-${colorScheme}-${width}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
}

const picture = (page, name) =>
  page.screenshot({ path: `${process.env.SHOTS}/${name.replaceAll(/[^\w-]+/g, "-")}.png`, fullPage: true });
