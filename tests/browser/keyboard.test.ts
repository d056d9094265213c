/** Each lab by keyboard alone: Tab comes to every control that can be used, what has the focus is seen to have it, and the way leads out again. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { launchBrowser } from './launch.ts';
import { type Served, serveFolder } from './serve.ts';

const dist = join(repositoryRoot, 'dist');
const labs = existsSync(join(dist, 'labs')) ? readdirSync(join(dist, 'labs')).sort() : [];
/** More stops than any lab has. */
const STOPS = 600;
/** The lab whose math cards are walked too; those of the others are made of the same parts. */
const WITH_CARDS = 'regression';

let served: Served;
let browser: Browser;
beforeAll(async () => {
  served = await serveFolder(dist);
  browser = await launchBrowser({ adapter: 'none' });
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

/** Put into the page: what can be used, and where the focus is. */
function install(): void {
  const name = (element: Element): string => {
    const own = element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 30) ?? '';
    return `${element.localName}${element.id && `#${element.id}`} ${own}`.trim();
  };
  const roots = (root: Document | ShadowRoot): (Document | ShadowRoot)[] => [
    root,
    ...[...root.querySelectorAll('*')].flatMap(({ shadowRoot }) => (shadowRoot ? roots(shadowRoot) : [])),
  ];
  const usable = (): HTMLElement[] =>
    roots(document)
      .flatMap((root) => [...root.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary, [tabindex]')])
      .filter((element) => {
        if (element.tabIndex < 0 || element.matches(':disabled, input[type="hidden"]')) return false;
        // Of a group of radio buttons one is in the way of Tab; arrows go through it.
        if (element instanceof HTMLInputElement && element.type === 'radio') return false;
        return element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false });
      });
  const focused = (): Element | null => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at === document.body ? null : at;
  };
  const shown = (element: Element): boolean => {
    const drawn = (of: Element, part?: string) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(of, part);
      return (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
    };
    const around = element.parentElement;
    // A shape in a figure changes its line against its like.
    if (element instanceof SVGElement) {
      const like = [...(around?.querySelectorAll(element.localName) ?? [])].find((other) => other !== element);
      return like !== undefined && getComputedStyle(element).stroke !== getComputedStyle(like).stroke;
    }
    return drawn(element) || (around?.matches(':focus-within') === true && drawn(around));
  };
  const seen = new Set<Element>();
  Object.assign(globalThis, {
    stop() {
      const at = focused();
      if (!at) return { end: true };
      const again = seen.has(at);
      seen.add(at);
      return { end: false, again, name: name(at), shown: shown(at) };
    },
    missed: () =>
      usable()
        .filter((element) => !seen.has(element))
        .map(name),
  });
}

interface Stop {
  readonly end: boolean;
  readonly again?: boolean;
  readonly name?: string;
  readonly shown?: boolean;
}

async function open(id: string, problems: string[], hash = ''): Promise<Page> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.setViewport({ width: 1280, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
  await page.goto(`${served.origin}/labs/${id}/index.html${hash}`, { waitUntil: 'networkidle0' });
  await page.waitForSelector('main > * >>> chalk-transport-bar >>> button.play', { visible: true });
  return page;
}

it.each(labs)('%s: Tab reaches every control, shows where it is, and comes out at the end', async (id) => {
  const problems: string[] = [];
  const page = await open(id, problems);
  if (id === WITH_CARDS) {
    await page.$eval('main > * >>> chalk-card-section', (section) => section.scrollIntoView());
    await page.waitForSelector('main > * >>> chalk-math-card >>> button', { visible: true });
    await page.evaluate(() => scrollTo(0, 0));
  } else await page.$eval('main > * >>> chalk-card-section', (section) => section.remove());
  await page.evaluate(install);
  const unseen: string[] = [];
  const walked: string[] = [];
  let ended = false;
  for (let i = 0; i < STOPS && !ended; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => (globalThis as unknown as { stop(): Stop }).stop());
    // Past the last control the focus leaves the page, or begins anew at the first.
    if (stop.end || stop.again) ended = true;
    else {
      walked.push(stop.name ?? '');
      if (!stop.shown) unseen.push(stop.name ?? '');
    }
  }
  expect(ended, `no way out after ${walked.slice(-5).join(' → ')}`).toBe(true);
  expect(walked.length).toBeGreaterThan(15);
  expect(await page.evaluate(() => (globalThis as unknown as { missed(): string[] }).missed()), 'not reached').toEqual([]);
  expect(unseen, 'focus is not seen').toEqual([]);
  expect(problems).toEqual([]);
  await page.close();
});

it('Space runs and pauses, → takes a step, R begins anew', async () => {
  const problems: string[] = [];
  const page = await open('regression', problems, '#samples=0');
  type Lab = { runState: string; recorded: boolean; store: { step?: { step: number } } };
  const until = (state: string) =>
    page.waitForFunction(
      (what) => (document.querySelector('main > *') as unknown as Lab).runState === what,
      { polling: 50 },
      state,
    );
  const step = () => page.$eval('main > *', (lab) => (lab as unknown as Lab).store.step?.step ?? 0);
  await page.focus('main > * >>> chalk-transport-bar >>> button.play');
  await page.keyboard.press('Space');
  await page.waitForFunction(() => {
    const lab = document.querySelector('main > *') as unknown as Lab;
    return !lab.recorded && (lab.store.step?.step ?? 0) >= 20;
  });
  await page.keyboard.press('Space');
  await until('paused');
  const paused = await step();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(
    (from) => ((document.querySelector('main > *') as unknown as Lab).store.step?.step ?? 0) > from,
    {},
    paused,
  );
  await until('paused');
  await page.keyboard.press('r');
  await page.waitForFunction(
    (from) => ((document.querySelector('main > *') as unknown as Lab).store.step?.step ?? 0) < from,
    {},
    paused,
  );
  expect(problems).toEqual([]);
  await page.close();
});
