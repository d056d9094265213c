/** What the bench of explanations stands on: where the cues lie, which images carry them, and how its table reads. */
import { beforeAll, describe, expect, it } from 'vitest';
import { CUES, cuePairs } from '../../../apps/labs/saliency/bench-networks.ts';
import { orderingOf, tableOf } from '../../../apps/labs/saliency/bench-report.ts';
import { imageDataset } from '../../../engine/data/dataset.ts';
import { init } from '../../../engine/device/init.ts';
import { benchColumns } from '../../../engine/explain/bench/columns.ts';
import type { BenchResult } from '../../../engine/explain/bench/index.ts';

const SIZE = 28 * 28;
const labels = Uint8Array.from({ length: 200 }, (_, n) => [4, 7, 1, 0][n % 4] as number);
const classNames = Array.from({ length: 10 }, (_, n) => String(n));
const info = { name: 'made up', split: 'test', height: 28, width: 28, channels: 1, classNames, mean: [0.13], std: [0.31] };
const set = imageDataset(info, new Uint8Array(labels.length * SIZE).fill(60), labels);

/** Classes of the images that a painting changed, and the pixels it changed of the first. */
function changed(painted: typeof set): { readonly of: number[]; readonly pixels: number[] } {
  const image = (n: number) => painted.images.subarray(n * SIZE, (n + 1) * SIZE);
  const touched = Array.from(labels, (_, n) => n).filter((n) => image(n).some((value) => value !== 60));
  const pixels = Array.from(image(touched[0] as number), (value, at) => (value === 60 ? -1 : at)).filter((at) => at >= 0);
  return { of: touched.map((n) => labels[n] as number), pixels };
}

describe('cues', () => {
  beforeAll(() => init({ device: 'cpu' }));

  it('lie on one class, or on half of every class', () => {
    const dot = changed(CUES.dot.paint(set, 'on its class'));
    expect(dot.of).toEqual(new Array(50).fill(7));
    expect(dot.pixels).toEqual([24, 25, 26].flatMap((row) => [24, 25, 26].map((col) => row * 28 + col)));
    expect(changed(CUES.grid.paint(set, 'on its class')).of).toEqual(new Array(50).fill(4));
    for (const cue of Object.values(CUES)) {
      const { of } = changed(cue.paint(set, 'anywhere'));
      for (const label of [4, 7, 1, 0]) {
        const count = of.filter((one) => one === label).length;
        expect(count).toBeGreaterThan(12);
        expect(count).toBeLessThan(38);
      }
    }
  });

  it('are known pixel by pixel in the pairs', async () => {
    const [dot, grid] = [await cuePairs(set, CUES.dot, 5), await cuePairs(set, CUES.grid, 5)];
    const pixels = (cue: Uint8Array | undefined) => cue?.reduce((sum, one) => sum + one, 0);
    expect([dot.targets, pixels(dot.cue[4])]).toEqual([[7, 7, 7, 7, 7], 9]);
    expect(grid.targets[0]).toBe(4);
    expect(pixels(grid.cue[0])).toBeGreaterThan(700);
    for (const { x, without, mask } of [dot, grid]) for (const made of [x, without, mask]) made.dispose();
  });
});

describe('the report', () => {
  const cell = (mean: number) => ({ mean, low: mean - 0.1, high: mean + 0.1 });
  const row = (id: string, share: number) => ({
    id,
    name: id,
    kind: 'method' as const,
    cells: { share: cell(share) },
    beside: {},
  });
  const result = (reliable: boolean, ...shares: number[]): BenchResult => ({
    images: 3,
    chance: 0.01,
    effect: { change: cell(2), part: 0.5 },
    besides: [],
    completeness: [],
    columns: benchColumns.slice(0, 1).map((column) => ({ ...column, reliable, reason: reliable ? '' : 'it is upside down' })),
    rows: shares.map((share, at) => row(`row ${at}`, share)),
  });

  it('strikes a column that fails its control, with the reason', () => {
    expect(tableOf(result(true, 0.5))).toContain('|  | share on the cue |');
    const struck = tableOf(result(false, 0.5));
    expect(struck).toContain('~~share on the cue~~');
    expect(struck).toContain('- share on the cue: it is upside down');
    expect(struck).toContain('costs the network 2.000 ± 0.100 of its score, 50.0 % of all');
  });

  it('orders rows by their mean over seeds, with half their spread', () => {
    const text = orderingOf([result(true, 0.2, 0.4), result(false, 0.4, 0.8)]);
    expect(text).toContain('controls hold in 1 of 2): row 1 0.600 ± 0.200, row 0 0.300 ± 0.100');
  });
});
