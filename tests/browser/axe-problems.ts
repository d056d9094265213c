/** What axe finds on a page made of parts: titles and headings of the whole page are not asked for. One line a place. */
import { createRequire } from 'node:module';
import type { Page } from 'puppeteer';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export async function axeProblems(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axePath });
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(
          options: object,
        ): Promise<{ violations: { id: string; impact: string; nodes: { target: unknown; failureSummary: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run({ rules: { 'color-contrast': { enabled: true }, 'target-size': { enabled: true } } });
    return violations
      .filter((v) => v.id !== 'document-title' && v.id !== 'page-has-heading-one')
      .flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${JSON.stringify(n.target)} ${n.failureSummary}`));
  });
}
