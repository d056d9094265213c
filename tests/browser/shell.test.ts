/** What all labs share, in a real browser: transport, links, keyboard, pausing, banners, recordings, accessibility. */
import type { Page } from 'puppeteer';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Recorder, writeRecording } from '../../apps/runtime/recording.ts';
import { axeProblems } from './axe-problems.ts';
import type { DemoLab } from './demo-lab.ts';
import { openDemo } from './open-demo.ts';
import { openPageRunner, type PageRunner } from './page-runner.ts';

let runner: PageRunner;
let page: Page;
let problems: string[];

beforeAll(async () => {
  runner = await openPageRunner({ adapter: 'software' });
});
afterAll(() => runner?.close());
afterEach(async () => {
  expect(problems).toEqual([]);
  await page?.close();
});

/** Opens the demo lab with these attributes and waits for it. */
async function open(attributes: Record<string, string> = { page: '' }, hash = '', labs = 1): Promise<void> {
  ({ page, problems } = await openDemo(runner, attributes, hash, labs));
}

const state = (index = 0) =>
  page.evaluate((i) => (document.querySelectorAll('chalk-lab-demo')[i] as unknown as DemoLab).runState, index);
const config = (key: string) =>
  page.evaluate(
    (k) => (document.querySelector('chalk-lab-demo') as unknown as { config: Record<string, unknown> }).config[k],
    key,
  );
const until = (wanted: string, index = 0) =>
  page.waitForFunction(
    (w, i) => (document.querySelectorAll('chalk-lab-demo')[i] as unknown as DemoLab).runState === w,
    { timeout: 20_000 },
    wanted,
    index,
  );
const bar = 'chalk-lab-demo >>> chalk-transport-bar >>> ';
const controls = 'chalk-lab-demo >>> chalk-controls >>> ';
const text = (selector: string) => page.$eval(selector, (element) => element.textContent?.replace(/\s+/g, ' ').trim());
const stepShown = async () => {
  const line = await text('chalk-lab-demo >>> chalk-phase-progress >>> .line');
  return Number(/step ([\d,]+)/.exec(line ?? '')?.[1]?.replace(',', ''));
};
const untilStep = async (step: number) => {
  await page.waitForFunction(
    (n) => (document.querySelector('chalk-lab-demo') as unknown as { store: { step?: { step: number } } }).store.step?.step === n,
    { timeout: 20_000 },
    step,
  );
  await until('paused');
  await frames();
};
const frames = () =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)))));

const axe = () => axeProblems(page);
it('runs in a worker, pauses within a step, goes on and finishes', async () => {
  await open({ page: '' }, '#v=1&steps=1000');
  expect(await state()).toBe('idle');
  await page.select(`${bar}#speed`, '30');
  await page.click(`${bar}button.play`);
  await until('running');
  await new Promise((resolve) => setTimeout(resolve, 300));
  await page.click(`${bar}button.play`);
  await until('paused');
  await frames();
  const at = await stepShown();
  expect(at).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await stepShown()).toBe(at);
  expect(await text(`${bar}[role=status]`)).toMatch(new RegExp(`^paused at step ${at}, loss `));
  await page.click(`${bar}button[aria-label="One step"]`);
  await untilStep(at + 1);
  expect(await stepShown()).toBe(at + 1);
  await page.select(`${bar}#speed`, 'Infinity');
  await page.click(`${bar}button.play`);
  await until('finished');
  await frames();
  expect(await stepShown()).toBe(1000);
  expect(await text('chalk-lab-demo >>> chalk-phase-progress >>> .line')).not.toContain(' of ');
  expect(await text('chalk-lab-demo >>> chalk-adapter-badge >>> .badge')).toBe('TypeScript loops');
});

it('falls back to the main thread', async () => {
  await open({ page: '', 'no-worker': '' });
  await page.click(`${bar}button.play`);
  await until('finished');
  await frames();
  expect(await stepShown()).toBe(20);
});

it('writes what differs into the address, reads it back, and shows what it had to change', async () => {
  await open({ page: '' }, '#v=1&rate=99&start=2&wat=1');
  expect(await config('rate')).toBe(10);
  expect(await text('chalk-lab-demo >>> chalk-banner')).toMatch(
    /rate 99 is above the largest value, 10.*wat this lab has no such parameter/,
  );
  await page.$eval(`${controls}#rate`, (input) => {
    (input as HTMLInputElement).value = '0.25';
    input.dispatchEvent(new Event('change'));
  });
  await page.waitForFunction(() => location.hash === '#v=1&rate=0.25&start=2');
  await page.evaluate(() => {
    location.hash = '#v=1&rate=0.5&seed=9';
  });
  await page.waitForFunction(
    () => (document.querySelector('chalk-lab-demo') as unknown as { config: { seed: number } }).config.seed === 9,
  );
  expect([await config('rate'), await config('start')]).toEqual([0.5, 1]);
  const link = await page.evaluate(() =>
    (document.querySelector('chalk-lab-demo') as unknown as DemoLab).link({ lock: ['rate'] }),
  );
  expect(link).toMatch(/#v=1&rate=0\.5&seed=9&lock=rate$/);
});

it('keeps embedded labs out of the address bar and takes their attributes', async () => {
  await open({ rate: '0.2', steps: '1e9', hide: 'start', lock: 'method,seed' });
  expect([await config('rate'), await config('steps')]).toEqual([0.2, 1000]);
  expect(await page.$(`${controls}#start`)).toBeNull();
  expect(await page.$eval(`${controls}#method`, (e) => (e as HTMLSelectElement).disabled)).toBe(true);
  expect(await page.$eval(`${bar}#seed`, (e) => (e as HTMLInputElement).disabled)).toBe(true);
  await page.evaluate(() => (document.querySelector('chalk-lab-demo') as unknown as HTMLElement).setAttribute('noisy', ''));
  expect(await config('noisy')).toBe(true);
  await page.$eval(`${controls}#rate`, (input) => {
    (input as HTMLInputElement).value = '3';
    input.dispatchEvent(new Event('change'));
  });
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(await page.evaluate(() => location.hash)).toBe('');
});

it('obeys its keys inside the lab and leaves fields alone', async () => {
  await open();
  await page.focus(`${bar}button[aria-label="Start over"]`);
  await page.keyboard.press('ArrowRight');
  await untilStep(1);
  expect(await stepShown()).toBe(1);
  await page.keyboard.press('ArrowRight');
  await untilStep(2);
  expect(await stepShown()).toBe(2);
  await page.focus(`${controls}#rate`);
  await page.keyboard.press('r');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press(' ');
  await frames();
  expect(await stepShown()).toBe(2);
  await page.focus(`${bar}button.play`);
  await page.keyboard.press('r');
  await untilStep(1);
  expect(await stepShown()).toBe(1);
  await page.keyboard.press(' ');
  await until('finished');
});

it('moves a slider by keys in steps that suit its scale', async () => {
  await open();
  await page.focus(`${controls}input[aria-label="learning rate, slider"]`);
  await page.keyboard.press('ArrowRight');
  const raised = (await config('rate')) as number;
  expect(raised).toBeGreaterThan(0.11);
  expect(raised).toBeLessThan(0.2);
  await page.keyboard.press('Home');
  expect(await config('rate')).toBe(1e-5);
  await page.focus(`${controls}input[aria-label="steps, slider"]`);
  await page.keyboard.press('ArrowUp');
  expect(await config('steps')).toBe(21);
  await page.click(`${controls}button[aria-label="Reset steps"]`);
  expect(await config('steps')).toBe(20);
});

it('says which changes wait for a restart, and applies live ones at once', async () => {
  await open();
  await page.click(`${bar}button[aria-label="One step"]`);
  await until('paused');
  await page.$eval(`${controls}#start`, (input) => {
    (input as HTMLInputElement).value = '3';
    input.dispatchEvent(new Event('change'));
  });
  await frames();
  expect(await text('chalk-lab-demo >>> .pending[role=status]')).toMatch(/Changed: start/);
  await page.$eval(`${controls}#rate`, (input) => {
    (input as HTMLInputElement).value = '0.5';
    input.dispatchEvent(new Event('change'));
  });
  await page.click('chalk-lab-demo >>> .pending[role=status] button');
  await until('starting').catch(() => undefined);
  await until('paused');
  await frames();
  expect(await page.$('chalk-lab-demo >>> .pending[role=status]')).toBeNull();
  expect(await text('chalk-lab-demo >>> chalk-phase-progress >>> .line')).toMatch(/step 1 of 20 loss 0/);
});

it('survives a lost device and says so', async () => {
  await open({ page: '', faults: 'loseAt=8&losses=1' });
  await page.click(`${bar}button.play`);
  await until('finished');
  await frames();
  expect(await text('chalk-lab-demo >>> chalk-banner')).toMatch(/goes on from its checkpoint at step 5/);
  expect(await stepShown()).toBe(20);
});

it('shows the error of a run, at its control too, and can run again', async () => {
  await open({ page: '', faults: 'refuseAt=4' });
  await page.click(`${bar}button.play`);
  await until('failed');
  await frames();
  const banner = await page.$eval('chalk-lab-demo >>> chalk-banner', (b) => [
    b.getAttribute('kind'),
    b.getAttribute('heading'),
    b.textContent,
  ]);
  expect(banner).toEqual(['error', 'ConfigError', expect.stringContaining('too steep from here')]);
  expect(await page.$eval(`${controls}[aria-invalid="true"]`, (field) => field.id)).toBe('rate');
  expect(await text(`${controls}#rate-fault`)).toBe('too steep from here: set to 0.05.');
  expect(await page.$('chalk-lab-demo >>> .view chalk-banner')).not.toBeNull();
  expect(await text(`${bar}button.play`)).toBe('Run');
});

it('says that its worker died, and makes a new one', async () => {
  await open({ page: '', faults: 'crashAt=300' }, '#v=1&steps=1000');
  await page.select(`${bar}#speed`, '10');
  await page.click(`${bar}button.play`);
  await until('failed');
  await frames();
  const banner = await page.$eval('chalk-lab-demo >>> chalk-banner', (b) => [b.getAttribute('heading'), b.textContent]);
  expect(banner).toEqual(['The worker stopped.', expect.stringContaining('crashed on purpose')]);
  problems = problems.filter((problem) => !problem.includes('crashed on purpose'));
  await page.evaluate(() => Object.assign(globalThis, { demoFaults: '' }));
  await page.select(`${bar}#speed`, 'Infinity');
  await page.click(`${bar}button.play`);
  await until('finished');
});

it('plays its recording until the reader starts', async () => {
  const recorder = new Recorder();
  for (let step = 1; step <= 5; step++) {
    recorder.add({ type: 'metric', series: 'loss', x: step, y: 1 / step });
    recorder.add({ type: 'step', step, total: 5 });
  }
  const device = { kind: 'webgpu', name: 'A GPU', software: false } as const;
  const recording = writeRecording(recorder.finish({ lab: 'demo', version: 1, config: {}, device }));
  await open({ page: '', recording });
  await page.waitForSelector('chalk-lab-demo >>> .source .tag', { visible: true });
  await frames();
  expect(await stepShown()).toBe(5);
  expect(await text('chalk-lab-demo >>> chalk-adapter-badge >>> .badge')).toMatch(/recorded on WebGPU A GPU/);
  expect(await text(`${bar}button.play`)).toBe('Run live');
  expect(await axe()).toEqual([]);
  await page.click('chalk-lab-demo >>> .source button');
  await until('finished');
  await page.click(`${bar}button.play`);
  await page.waitForFunction(() => !(document.querySelector('chalk-lab-demo') as unknown as DemoLab).recorded);
  await until('finished');
  await frames();
  expect(await page.$('chalk-lab-demo >>> .source .tag')).toBeNull();
  expect(await stepShown()).toBe(20);
});

it('lets one lab of a page run at a time', async () => {
  await open({ steps: '1000' }, '', 2);
  const play = (i: number) =>
    page.evaluate((n) => (document.querySelectorAll('chalk-lab-demo')[n] as unknown as DemoLab).play(), i);
  const slow = await page.$$(`${bar}#speed`);
  for (const select of slow) await select.select('10');
  await play(0);
  await until('running', 0);
  await play(1);
  await until('running', 1);
  await until('paused', 0);
  expect(await text('chalk-lab-demo >>> chalk-banner')).toMatch(/another lab on this page runs now/);
});

it('runs labs that start by themselves one after the other', async () => {
  await open({ steps: '400', autostart: '' }, '', 2);
  // Whichever was ready first: the other waits for it, and both come to their end.
  for (const index of [0, 1]) await until('finished', index);
  await frames();
  expect(await page.$('chalk-lab-demo >>> chalk-banner')).toBeNull();
});

it('goes on, and shows what it showed, when it is moved within the page', async () => {
  const recorder = new Recorder();
  recorder.add({ type: 'metric', series: 'loss', x: 77, y: 1 });
  recorder.add({ type: 'step', step: 77, total: 77 });
  const device = { kind: 'webgpu', name: 'A GPU', software: false } as const;
  const recording = writeRecording(recorder.finish({ lab: 'demo', version: 1, config: {}, device }));
  await open({ steps: '1000', recording });
  await page.select(`${bar}#speed`, '30');
  await page.click(`${bar}button.play`);
  await until('running');
  await page.waitForFunction(() => (document.querySelector('chalk-lab-demo') as unknown as DemoLab).store.step?.total === 1000);
  const seen = await page.evaluate(async () => {
    const lab = document.querySelector('chalk-lab-demo') as unknown as DemoLab & HTMLElement;
    const states: string[] = [];
    lab.addEventListener('chalk-state', (event) => states.push((event as CustomEvent<{ state: string }>).detail.state));
    const { store } = lab;
    // Connected again, it shall not start by itself a second time.
    lab.setAttribute('autostart', '');
    const place = document.createElement('section');
    document.body.append(place);
    place.append(lab);
    await new Promise((resolve) => setTimeout(resolve, 600));
    return { same: store === lab.store, states, state: lab.runState, steps: lab.store.charts.get('loss')?.get('loss')?.x };
  });
  expect([seen.same, seen.state, seen.states]).toEqual([true, 'running', []]);
  expect(seen.steps).toEqual(seen.steps?.map((_, i) => i + 1));
});

it('pauses off-screen and goes on when seen again', async () => {
  await open({ steps: '1000' });
  await page.select(`${bar}#speed`, '30');
  await page.click(`${bar}button.play`);
  await until('running');
  await page.evaluate(() => {
    const space = document.createElement('div');
    space.style.height = '3000px';
    document.body.prepend(space);
    scrollTo(0, 0);
  });
  await until('paused');
  await page.evaluate(() => scrollTo(0, 3000));
  await until('running');
});

it('pauses in a hidden tab, unless it is told to keep running', async () => {
  // A page takes its settings from its address.
  await open({ page: '' }, '#v=1&steps=1000');
  const hide = (hidden: boolean) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => (value ? 'hidden' : 'visible') });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await page.select(`${bar}#speed`, '30');
  await page.click(`${bar}button.play`);
  await until('running');
  await hide(true);
  await until('paused');
  await hide(false);
  await until('running');
  await page.click('chalk-lab-demo >>> .background input');
  await hide(true);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await state()).toBe('running');
  await hide(false);
});

it('draws little where the reader wants little motion', async () => {
  await open({ page: '' }, '#v=1&steps=1000');
  await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
  const renders = await page.evaluate(async () => {
    const lab = document.querySelector('chalk-lab-demo') as unknown as DemoLab & { renderFigure(): unknown };
    let count = 0;
    const original = lab.renderFigure.bind(lab);
    lab.renderFigure = () => {
      count += 1;
      return original();
    };
    lab.shadowRoot
      ?.querySelector('chalk-transport-bar')
      ?.dispatchEvent(new CustomEvent('transport-speed', { detail: { stepsPerSecond: 100 } }));
    lab.play();
    await new Promise((resolve) => setTimeout(resolve, 500));
    count = 0;
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return count;
  });
  expect(renders).toBeGreaterThan(0);
  expect(renders).toBeLessThanOrEqual(6);
});

it('builds links for teachers', async () => {
  await open();
  await page.evaluate(() => {
    const buttons = [...(document.querySelector('chalk-lab-demo')?.shadowRoot?.querySelectorAll('button') ?? [])];
    buttons.find((b) => b.textContent?.includes('teachers'))?.click();
  });
  await page.waitForSelector('chalk-lab-demo >>> chalk-link-builder >>> dialog[open]', { visible: true });
  await page.select('chalk-lab-demo >>> chalk-link-builder >>> #choice-all', 'lock');
  await frames();
  expect(await page.$eval('chalk-lab-demo >>> chalk-link-builder >>> textarea', (area) => area.value)).toMatch(/&lock=\*$/);
  await page.select('chalk-lab-demo >>> chalk-link-builder >>> #choice-all', 'free');
  await page.select('chalk-lab-demo >>> chalk-link-builder >>> #choice-rate', 'lock');
  await page.select('chalk-lab-demo >>> chalk-link-builder >>> #choice-start', 'hide');
  await frames();
  const texts = await page.$$eval('chalk-lab-demo >>> chalk-link-builder >>> textarea', (areas) =>
    areas.map((a) => (a as HTMLTextAreaElement).value),
  );
  expect(texts[0]).toMatch(/#v=1&seed=1&hide=start&lock=rate$/);
  expect(texts[1]).toMatch(/<iframe src="[^"]*&amp;embed=1" title="Descent"/);
  expect(texts[2]).toMatch(/<chalk-lab-demo seed="1" hide="start" lock="rate">/);
  expect(await axe()).toEqual([]);
});

it.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 360],
  ['dark', 360],
])('has nothing for axe to complain about: %s, %d px, and no sideways scrolling', async (theme, width) => {
  await open({ page: '' }, '#v=1&rate=99&noisy=1');
  await page.setViewport({ width, height: 800 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
  // Not by the mouse: the page may still be taking its new width, and the button moves.
  await page.$eval(`${bar}button.play`, (button) => (button as HTMLElement).click());
  await until('finished');
  await frames();
  expect(await axe()).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
});

it('leads from the symbol of a parameter to its terms, and from a term to its parameter alone', async () => {
  await open();
  const marked = () =>
    page.$$eval('chalk-lab-demo >>> chalk-math-card', (cards) =>
      cards.flatMap((card) => (card.card?.id === 'sgd' ? [] : [`${card.card?.id}/${card.term}`])),
    );
  await page.click(`${controls}button.symbol`);
  await page.waitForFunction(
    () => {
      const section = document.querySelector('chalk-lab-demo')?.shadowRoot?.querySelector('chalk-card-section');
      const focused = section?.shadowRoot?.activeElement?.shadowRoot?.activeElement;
      return focused?.matches('.terms [aria-checked=true]') && focused.getBoundingClientRect().bottom <= innerHeight;
    },
    { timeout: 20_000 },
  );
  expect(await marked()).toEqual(['sgd-momentum/eta', 'adam/eta', 'weight-decay/']);
  // Gradients of two cards are g both; that is no reason to mark the other.
  await page.$$eval('chalk-lab-demo >>> chalk-math-card', (cards) => {
    const card = cards.find((one) => one.card?.id === 'sgd-momentum');
    card?.shadowRoot?.querySelector('.equation [data-term="g"]')?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  });
  await frames();
  expect(await marked()).toEqual(['sgd-momentum/g', 'adam/', 'weight-decay/']);
  expect(await page.$$(`${controls}.control.selected`)).toHaveLength(0);
  await page.$$eval('chalk-lab-demo >>> chalk-math-card', (cards) => {
    const card = cards.find((one) => one.card?.id === 'weight-decay');
    card?.shadowRoot?.querySelector('.equation [data-term="lambda"]')?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  });
  await frames();
  expect(await marked()).toEqual(['sgd-momentum/', 'adam/', 'weight-decay/lambda']);
  expect(await page.$$(`${controls}.control.selected`)).toHaveLength(1);
});

it('shows in forced colours what is selected, pressed and focused, on the page’s own background', async () => {
  await open();
  const cdp = await page.createCDPSession();
  await cdp.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: 'active' }] });
  await page.focus(`${controls}button.symbol`);
  await frames();
  const look = (selector: string) =>
    page.$eval(selector, (element) => {
      const { backgroundColor, outlineStyle, borderInlineStartColor } = getComputedStyle(element);
      return { backgroundColor, outlineStyle, borderInlineStartColor };
    });
  const paper = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const selected = await look(`${controls}.control.selected`);
  expect(selected.outlineStyle).toBe('solid');
  // Text has a backplate of the page's colour: on any other background it would be a bar.
  expect(selected.backgroundColor).toBe(paper);
  expect((await look(`${controls}.control:not(.selected)`)).borderInlineStartColor).toBe(paper);
  await page.$eval('chalk-lab-demo >>> chalk-chart >>> button[aria-pressed]', (button) => (button as HTMLElement).click());
  await frames();
  const pressed = await look('chalk-lab-demo >>> chalk-chart >>> button[aria-pressed=true]');
  expect(pressed.backgroundColor).not.toBe(paper);
});
