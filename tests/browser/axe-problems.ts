/** What axe finds on a page, one line a place. */
import { createRequire } from 'node:module';
import type { Page } from 'puppeteer';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** @param isWhole whether the page is one that readers open; of a page made of parts no title and heading are asked for */
export async function axeProblems(page: Page, isWhole = false): Promise<string[]> {
  await page.addScriptTag({ path: axePath });
  return page.evaluate(async (whole) => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(
          options: object,
        ): Promise<{ violations: { id: string; impact: string; nodes: { target: unknown; failureSummary: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run({ rules: { 'color-contrast': { enabled: true }, 'target-size': { enabled: true } } });
    return violations
      .filter((v) => whole || (v.id !== 'document-title' && v.id !== 'page-has-heading-one'))
      .flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${JSON.stringify(n.target)} ${n.failureSummary}`));
  }, isWhole);
}
