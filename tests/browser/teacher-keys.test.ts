/** A teacher's `lock` and `hide` reach every field of every lab, also those that no schema stands for. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { labs } from '../../apps/labs/registry.ts';
import { openPageRunner, type PageRunner, watchConsole } from './page-runner.ts';

let runner: PageRunner;
beforeAll(async () => {
  runner = await openPageRunner({ adapter: 'none' });
});
afterAll(() => runner?.close());

/** What only looks: smoothing and scales of charts, views of matrices and tensors, cards, the dialog of exports; and the reader's own notes. */
const views =
  'chalk-chart chalk-heat-map chalk-confusion-matrix chalk-tensor-view chalk-card-section chalk-math-card chalk-export-menu chalk-result-table chalk-attribution-gallery chalk-notebook'.split(
    ' ',
  );

/** Names of the fields of a lab that can be changed, in all shadow roots, and of what stands for a field there. */
async function free(id: string, hash: string): Promise<{ fields: string[]; elements: string[] }> {
  const page = await runner.browser.newPage();
  const { errors } = watchConsole(page);
  await page.goto(`${runner.origin}/labs/${id}/index.html#v=1&${hash}`);
  await page.waitForSelector('main > * >>> chalk-transport-bar >>> button.play', { visible: true });
  await page.waitForFunction(() => (document.querySelector('main > *') as unknown as { recorded: boolean }).recorded);
  const found = await page.evaluate((leftOut) => {
    const fields: string[] = [];
    const elements: string[] = [];
    const walk = (root: ShadowRoot) => {
      for (const element of root.querySelectorAll('*')) {
        const { localName } = element;
        if (leftOut.includes(localName) || element.closest('[data-view]')) continue;
        if (localName.includes('-')) elements.push(localName);
        const open = /^(input|select|textarea)$/.test(localName) && !element.matches(':disabled');
        const point = element.matches('circle[role=button], [role=application]') && element.matches('[tabindex="0"]');
        if (open || (point && element.closest('[aria-disabled=true]') === null))
          fields.push(
            element.id || element.getAttribute('aria-label') || element.parentElement?.textContent?.trim() || localName,
          );
        if (element.shadowRoot) walk(element.shadowRoot);
      }
    };
    walk((document.querySelector('main > *') as Element).shadowRoot as ShadowRoot);
    return { fields, elements };
  }, views);
  expect(errors).toEqual([]);
  await page.close();
  return found;
}

it.each(labs.map(({ definition }) => definition))(
  '$id: nothing that is locked or hidden can be changed',
  async ({ id, parts = {} }) => {
    // `*` leaves out the parts that change nothing of the training.
    const ofLab = Object.entries<{ free?: boolean }>(parts).filter(([, part]) => part.free);
    const freeParts = ['speed', 'background', 'teachers', ...ofLab.map(([name]) => name)];
    // The search and own images bring panels of their own.
    const more = id === 'classify' ? '&search=grid&dataset=own&network=custom' : '';
    expect((await free(id, more)).fields.length).toBeGreaterThan(8);
    const locked = await free(id, `lock=*,${freeParts.join(',')}${more}`);
    expect(locked.fields).toEqual([]);
    const hidden = await free(id, `hide=*,${freeParts.join(',')}${more}`);
    expect(hidden.fields).toEqual([]);
    for (const gone of ['chalk-controls', 'chalk-digit-pad', 'chalk-network-editor', 'chalk-dataset-picker', 'chalk-dot-picker'])
      expect(hidden.elements).not.toContain(gone);
  },
);
