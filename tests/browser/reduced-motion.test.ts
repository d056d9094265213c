/** Who wants little motion gets none: no transition and no animation runs, and a recording shows its end instead of playing. */
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUTTON, openPage, untilItRuns, useSite, watchedPage } from './lab-page.ts';
import { launchBrowser } from './launch.ts';

type Wish = 'reduce' | 'no-preference';

const site = useSite();
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser({ adapter: 'none' });
});
afterAll(() => browser?.close());

async function wishing(page: Page, value: Wish): Promise<Page> {
  await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value }]);
  return page;
}

/** Notes from now on every animation and transition that is seen in a frame, in the page and in all shadows. */
const watchMotion = (page: Page) =>
  page.evaluate(() => {
    const seen = new Set<string>();
    Object.assign(globalThis, { motion: seen });
    const look = (root: Document | ShadowRoot) => {
      for (const animation of root.getAnimations()) {
        const { target } = animation.effect as KeyframeEffect;
        seen.add(`${animation.constructor.name} of ${target?.localName}.${target?.className}`);
      }
      for (const element of root.querySelectorAll('*')) if (element.shadowRoot) look(element.shadowRoot);
    };
    const frame = () => {
      look(document);
      requestAnimationFrame(frame);
    };
    frame();
  });
const motion = (page: Page) => page.evaluate(() => [...(globalThis as unknown as { motion: Set<string> }).motion]);

/** What moves while a lab starts a run and a card of the home page is pointed at. */
async function movesIn(wish: Wish): Promise<{ readonly lab: string[]; readonly home: string[] }> {
  const problems: string[] = [];
  const lab = await openPage(browser, `${site.origin()}/labs/classify/index.html`, problems);
  await wishing(lab, wish);
  await watchMotion(lab);
  await lab.hover(BUTTON);
  await lab.click(BUTTON);
  await untilItRuns(lab);
  const inLab = await motion(lab);
  await lab.close();
  const home = await wishing(await watchedPage(browser, problems), wish);
  await home.goto(`${site.origin()}/index.html`, { waitUntil: 'networkidle0' });
  await home.$eval('chalk-lab-list', (list) => list.scrollIntoView());
  await watchMotion(home);
  await home.hover('chalk-lab-list >>> li');
  await new Promise((resolve) => setTimeout(resolve, 300));
  const inHome = await motion(home);
  await home.close();
  expect(problems).toEqual([]);
  return { lab: inLab, home: inHome };
}

describe('transitions and animations', () => {
  it('run where nothing is said against them: what is looked for can be found', async () => {
    const { lab, home } = await movesIn('no-preference');
    expect(lab.length).toBeGreaterThan(0);
    expect(home.length).toBeGreaterThan(0);
  });

  it('do not run for who wants little motion', async () => {
    expect(await movesIn('reduce')).toEqual({ lab: [], home: [] });
  });
});

describe('the recording of the home page', () => {
  const open = async (wish: Wish): Promise<Page> => {
    const page = await wishing(await watchedPage(browser, []), wish);
    await page.goto(`${site.origin()}/index.html`);
    await page.$eval('.taste', (taste) => taste.scrollIntoView());
    await page.waitForSelector(BUTTON.replace('main > *', 'chalk-lab-regression'), { visible: true });
    await page.waitForFunction(
      () => (document.querySelector('chalk-lab-regression') as unknown as { recorded: boolean }).recorded,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    return page;
  };
  const state = (page: Page) =>
    page.$eval('chalk-lab-regression', (lab) => {
      const { runState, store } = lab as unknown as { runState: string; store: { step?: { step: number; total?: number } } };
      return { runState, ...store.step };
    });

  it('plays', async () => {
    const page = await open('no-preference');
    expect((await state(page)).runState).toBe('running');
    await page.close();
  });

  it('shows its end, with the button that plays it, to who wants little motion', async () => {
    const page = await open('reduce');
    const { runState, step, total } = await state(page);
    expect(runState).toBe('finished');
    expect(step).toBe(total);
    expect(await page.$eval('chalk-lab-regression >>> .source', (line) => line.textContent)).toContain('Play the recording');
    await page.click('chalk-lab-regression >>> .source button');
    await page.waitForFunction(
      () => (document.querySelector('chalk-lab-regression') as unknown as { runState: string }).runState === 'running',
    );
    await page.close();
  });
});
