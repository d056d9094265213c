/** The components that take input, and the math card, in a real browser: keyboard, events, files. */
import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '../../engine/io/safetensors.ts';
import { appears, listen, open, page, press, text, useGallery } from './gallery-page.ts';

useGallery();

describe('input', () => {
  it('digit pad: pointer and keyboard draw digits that are centred', async () => {
    await open();
    const digits = await listen('digit-change');
    const last = async () => (await digits()).at(-1) as { pixels: number[]; empty: boolean };
    await page.$eval('chalk-digit-pad', (pad) => pad.scrollIntoView({ block: 'center' }));
    const box = await (await page.$('chalk-digit-pad >>> canvas'))?.boundingBox();
    if (!box) throw new Error('no pad');
    await page.mouse.move(box.x + 40, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + 40, box.y + 120, { steps: 6 });
    await page.mouse.up();
    await page.waitForFunction(() => (globalThis as unknown as Record<string, unknown[]>)['seen digit-change']?.length);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const drawn = await last();
    expect(drawn.pixels).toHaveLength(784);
    expect(drawn.pixels[14 * 28 + 14]).toBeGreaterThan(200);
    expect(drawn.pixels[5]).toBe(0);
    await page.focus('chalk-digit-pad >>> .pad');
    await press('Delete');
    await page.waitForFunction(
      () => (globalThis as unknown as Record<string, { empty: boolean }[]>)['seen digit-change']?.at(-1)?.empty,
    );
    await press('ArrowDown', ' ', 'ArrowDown', 'ArrowDown', 'ArrowDown', ' ');
    await page.waitForFunction(
      () => !(globalThis as unknown as Record<string, { empty: boolean }[]>)['seen digit-change']?.at(-1)?.empty,
    );
    expect(Math.max(...(await last()).pixels)).toBeGreaterThan(200);
  });

  it('network editor: changes layers, shows errors where they are', async () => {
    await open();
    const changes = await listen('network-change');
    const wrong = () =>
      page.$$eval('chalk-network-editor >>> li.wrong', (rows) => rows.map((row) => row.getAttribute('aria-label')));
    await appears('chalk-network-editor >>> li.wrong');
    expect(await wrong()).toEqual(['Layer 4, linear']);
    // The layer says what would fit, and does it; what the layer before hands on need not be stated.
    const field = (label: string) => page.$(`chalk-network-editor >>> input[aria-label="${label}"]`);
    expect(await (await field('in of layer 0'))?.evaluate(({ value, placeholder }) => [value, placeholder])).toEqual(['', '1']);
    expect(await text('chalk-network-editor >>> .problem button')).toBe('Set in to 5408');
    await page.click('chalk-network-editor >>> .problem button');
    await page.waitForFunction(
      () => document.querySelector('chalk-network-editor')?.shadowRoot?.querySelector('li.wrong') === null,
    );
    expect(await changes()).toMatchObject([{ valid: true }]);
    expect(await (await field('in of layer 4'))?.evaluate(({ value }) => value)).toBe('5408');
    expect(await text('chalk-network-editor >>> .total')).toBe('351,306 parameters');
    await page.click('chalk-network-editor >>> button[aria-label="Remove layer 3"]');
    await appears('chalk-network-editor >>> li.wrong');
    expect((await changes()).at(-1)).toMatchObject({ valid: false });
  });

  it('data set picker: a drop of folders gives classes', async () => {
    await open();
    const files = await listen('files-add');
    const chosen = await listen('dataset-change');
    await page.click('chalk-dataset-picker >>> #set-fashion');
    expect(await chosen()).toEqual([{ id: 'fashion' }]);
    await page.$eval('chalk-dataset-picker', (picker) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['x'], 'one.png', { type: 'image/png' }));
      transfer.items.add(new File(['x'], 'notes.txt'));
      picker.shadowRoot
        ?.querySelector('.drop')
        ?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, cancelable: true }));
    });
    await page.waitForFunction(() => (globalThis as unknown as Record<string, unknown[]>)['seen files-add']?.length);
    expect(await files()).toMatchObject([{ images: [{ path: 'one.png', label: null }], skipped: ['notes.txt'] }]);
    expect(await text('chalk-dataset-picker >>> .status')).toBe('1 images, 1 other files left out');
  });

  it('checkpoint bar: takes sound files, names what is wrong with others, remembers', async () => {
    await open();
    const loads = await listen('checkpoint-load');
    const bytes = writeSafetensors(new Map([['w', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]]), {});
    const drop = (content: number[], name: string) =>
      page.$eval(
        'chalk-checkpoint-bar',
        (bar, data, file) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(data)], file));
          bar.shadowRoot
            ?.querySelector('.bar')
            ?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, cancelable: true }));
        },
        content,
        name,
      );
    await drop([1, 2, 3], 'broken.safetensors');
    await appears('chalk-checkpoint-bar >>> .failure');
    expect(await text('chalk-checkpoint-bar >>> .failure')).toContain('broken.safetensors is no checkpoint');
    await drop(Array.from(bytes), 'model.safetensors');
    await page.waitForFunction(() => (globalThis as unknown as Record<string, unknown[]>)['seen checkpoint-load']?.length);
    expect(await loads()).toEqual([{ name: 'model.safetensors', bytes: Array.from(bytes) }]);
    // Whoever listens may refuse it.
    await page.$eval('chalk-checkpoint-bar', (bar) =>
      bar.addEventListener('checkpoint-load', (event) => event.preventDefault(), { once: true }),
    );
    await drop(Array.from(bytes), 'other.safetensors');
    await appears('chalk-checkpoint-bar >>> .failure');
    expect(await text('chalk-checkpoint-bar >>> .failure')).toContain('other.safetensors is of another lab');
    // The gallery's bar stored its checkpoint; a bar of the same key that comes later offers it.
    await page.waitForFunction(async () => {
      const bar = document.createElement('chalk-checkpoint-bar');
      bar.key = 'gallery';
      document.body.append(bar);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const offered = bar.shadowRoot?.querySelector('button.primary')?.textContent?.replace(/\s+/g, ' ').trim();
      bar.remove();
      return offered === 'Continue where I was (step 1,200, sample)';
    });
  });

  it('runs table: toggles, restores, sorts and follows a cursor', async () => {
    await open();
    const toggles = await listen('run-toggle');
    const restores = await listen('run-restore');
    await page.click('chalk-runs-table >>> tbody input');
    expect(await toggles()).toEqual([{ id: 'a', shown: false }]);
    await page.click('chalk-runs-table >>> button[aria-label="Use the settings of λ = 0.001"]');
    expect(await restores()).toEqual([{ id: 'b' }]);
    const names = () =>
      page.$$eval('chalk-runs-table >>> tbody th .name', (cells) => cells.map((cell) => cell.textContent?.trim()));
    await page.click('chalk-runs-table >>> thead th:last-of-type button');
    expect(await names()).toEqual(['λ = 0.001', 'dropout', 'no decay']);
  });

  it('export menu: opens, provides, closes by Escape', async () => {
    await open();
    const done = await listen('export-done');
    await page.click('chalk-export-menu >>> summary');
    await page.click('chalk-export-menu >>> li:nth-child(2) .take');
    await page.waitForFunction(() => (globalThis as unknown as Record<string, unknown[]>)['seen export-done']?.length);
    expect(await done()).toEqual([{ id: 'csv', bytes: 16 }]);
    expect(await text('chalk-export-menu >>> .message')).toBe('Saved loss.csv.');
    await press('Escape');
    expect(await page.$eval('chalk-export-menu', (menu) => menu.open)).toBe(false);
  });
});

describe('math card', () => {
  const marked = () =>
    page.$eval('chalk-math-card', (card) => {
      const root = card.shadowRoot as ShadowRoot;
      const count = (selector: string) => root.querySelectorAll(`${selector} [data-term].on`).length;
      return {
        equation: count('.equation'),
        typescript: count('#pane-typescript'),
        wgsl: count('#pane-wgsl'),
        tensors: root.querySelectorAll('.tensor.on').length,
      };
    });

  it('marks a term in all panes, by keys and by click, and tells the controls', async () => {
    await open();
    const selects = await listen('term-select');
    await page.focus('chalk-math-card >>> .terms [tabindex="0"]');
    await press('ArrowRight');
    expect((await selects()).at(-1)).toMatchObject({
      card: 'linear',
      terms: ['linear/b'],
      id: 'b',
      symbol: 'b',
      label: 'weights',
    });
    const { equation, typescript, wgsl, tensors } = await marked();
    expect([equation, tensors]).toEqual([1, 1]);
    expect(typescript).toBeGreaterThan(1);
    expect(wgsl).toBeGreaterThan(1);
    await page.click('chalk-math-card >>> .equation [data-term="bias"]');
    expect((await selects()).at(-1)).toMatchObject({ id: 'bias' });
    await page.$eval('chalk-math-card', (card) => card.selectTerms(['adam/v', 'linear/y']));
    expect((await marked()).equation).toBe(1);
    expect(await selects()).toHaveLength(2);
  });

  it('has tabs that arrow keys choose where there is room for one pane', async () => {
    await open();
    await page.setViewport({ width: 420, height: 800 });
    const chosen = () =>
      page.$$eval('chalk-math-card >>> [role=tab]', (tabs) =>
        tabs.map((tab) => [tab.textContent, tab.getAttribute('aria-selected'), (tab as HTMLElement).tabIndex]),
      );
    const shown = () => page.$$eval('chalk-math-card >>> .pane.shown', (panes) => panes.map(({ id }) => id));
    await page.focus('chalk-math-card >>> [role=tab][tabindex="0"]');
    await press('ArrowRight');
    expect(await chosen()).toEqual([
      ['TypeScript', 'false', -1],
      ['WGSL', 'true', 0],
      ['Tensors', 'false', -1],
    ]);
    expect(await shown()).toEqual(['pane-wgsl']);
    await press('End');
    expect(await shown()).toEqual(['pane-tensors']);
    await press('ArrowRight');
    expect(await shown()).toEqual(['pane-typescript']);
  });

  it('shows new tensors when it comes into sight, and does not draw them before', async () => {
    await open();
    const numbers = () => text('chalk-math-card >>> chalk-tensor-view >>> header');
    const before = await numbers();
    await page.$eval('chalk-math-card', async (card) => {
      window.scrollTo(0, 0);
      await new Promise((resolve) => setTimeout(resolve, 200));
      card.tensors = card.tensors.map((tensor) => ({ ...tensor, data: Float32Array.from(tensor.data, () => 42) }));
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await numbers()).toBe(before);
    await page.$eval('chalk-math-card', (card) => card.scrollIntoView());
    await page.waitForFunction(() =>
      document
        .querySelector('chalk-math-card')
        ?.shadowRoot?.querySelector('chalk-tensor-view')
        ?.shadowRoot?.querySelector('header')
        ?.textContent?.includes('mean 42'),
    );
  });

  it('folds its code away and opens it again', async () => {
    await open();
    await page.$eval('chalk-math-card', (card) => {
      card.folded = true;
    });
    const code = () => page.$$eval('chalk-math-card >>> .code', (panes) => panes.length);
    expect(await code()).toBe(0);
    await page.$eval('chalk-math-card >>> .fold', (button) => (button as HTMLElement).click());
    expect(await code()).toBe(2);
    expect((await marked()).typescript).toBeGreaterThan(0);
  });

  it('verifies the kernel on this device', async () => {
    await open();
    await page.$eval('chalk-math-card', (card) => card.shadowRoot?.querySelector<HTMLElement>('footer button.primary')?.click());
    await appears('chalk-math-card >>> .checks table');
    expect(await text('chalk-math-card >>> .checks tbody th')).toMatch(
      /^✓ equal kernel matmul against its reference: y \([\w-]+, Web(GPU|Assembly)\)$/,
    );
  });

  it('shows the unrolled form of what runs, and goes back to a file that has the selected term', async () => {
    await open();
    await page.select('chalk-math-card >>> .pane-head select', 'register-tile');
    const lines = () => page.$$eval('chalk-math-card >>> #pane-wgsl .line', (all) => all.length);
    const plain = await lines();
    await page.evaluate(() =>
      [...(document.querySelector('chalk-math-card')?.shadowRoot?.querySelectorAll('.pane-head button') ?? [])]
        .find((b) => b.textContent === 'unrolled')
        ?.dispatchEvent(new MouseEvent('click')),
    );
    await page.waitForFunction(
      (n) => (document.querySelector('chalk-math-card')?.shadowRoot?.querySelectorAll('#pane-wgsl .line').length ?? 0) > n,
      {},
      plain,
    );
  });
});
