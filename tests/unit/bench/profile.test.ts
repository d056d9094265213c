import { describe, expect, it } from 'vitest';
import type { Prepared, StepKernel } from '../../../bench/cases/case.ts';
import { profileOf } from '../../../bench/measure/profile.ts';
import type { ProfiledKernel, StepProfile } from '../../../bench/measure/result.ts';
import { htmlReport } from '../../../bench/report/html.ts';
import { markdownReport } from '../../../bench/report/markdown.ts';
import { fakeControls } from './fake-controls.ts';
import { control, sampleResult, timed, trainingCase } from './sample-result.ts';

/** A step whose parts write their names into `order`. */
function fakeStep(order: string[], kernels: Partial<StepKernel>[]): Prepared {
  const running = (name: string) => async () => {
    order.push(name);
  };
  const parts = kernels.map((change, i): StepKernel => {
    const sizes = { variant: 'v', shape: '8', calls: 1, bytes: 64, dispatches: 1 };
    return { kernel: `k${i}`, ...sizes, run: running(`k${i}`), ...change };
  });
  return {
    run: running('step'),
    check: async () => new Float32Array(0),
    dispose: () => {},
    takeApart: () => ({ kernels: parts, dispose: () => order.push('disposed') }),
  };
}

describe('the profile of a step', () => {
  it('times the step, the roofs and the kernels in turns', async () => {
    const order: string[] = [];
    const step = fakeStep(order, [{ flops: 1000 }, {}]);
    const controls = fakeControls({ dispose: () => order.push('roof disposed') });
    const profile = await profileOf(step, { batches: 2, profileSeconds: 60, controls }, () => {});
    const timed = order.slice(order.indexOf('roof disposed') - 6, -3);
    const rounds = [timed.slice(0, 3), timed.slice(3)];
    expect(rounds.map((round) => round.sort())).toEqual([
      ['k0', 'k1', 'step'],
      ['k0', 'k1', 'step'],
    ]);
    expect(order.slice(-3)).toEqual(['roof disposed', 'roof disposed', 'disposed']);
    expect(profile).toMatchObject({ rounds: 2, step: { seconds: { count: 2 } } });
    const kernels = profile?.kernels.map(({ kernel, roof, flops, seconds }) => [kernel, roof, flops, seconds.count]);
    expect(kernels).toEqual([
      ['k0', 'fma-scalar', 1000, 2],
      ['k1', 'stream', undefined, 2],
    ]);
    expect(profile?.controls.map(({ kernel, samples }) => [kernel, samples.length])).toEqual([
      ['fma-scalar', 2],
      ['stream', 2],
    ]);
  });

  it('ends before a round that would exceed its time, but measures one', async () => {
    // The clock is asked before and after the warm-ups, which take 4 s, and after every round: 2 s each.
    const rounds = async (profileSeconds: number) => {
      const times = [0, 4, 6, 8, 10, 12, 14];
      const now = () => times.shift() ?? Number.NaN;
      return (await profileOf(fakeStep([], [{}]), { batches: 9, profileSeconds, now }, () => {}))?.rounds;
    };
    expect(await rounds(11)).toBe(3);
    expect(await rounds(1)).toBe(1);
  });

  it('is absent where a kernel fails, because a sum without it would mislead', async () => {
    const order: string[] = [];
    const lines: string[] = [];
    const run = () => Promise.reject(new Error('lost'));
    const step = fakeStep(order, [{}, { kernel: 'broken', run }]);
    const controls = fakeControls({ dispose: () => order.push('roof disposed') });
    const profile = await profileOf(step, { batches: 2, profileSeconds: 60, controls }, (line) => lines.push(line));
    expect(profile).toBeUndefined();
    expect(lines).toEqual(['  no profile: Error: broken: Error: lost']);
    expect(order.slice(-2)).toEqual(['roof disposed', 'disposed']);
  });
});

describe('the profile in the reports', () => {
  const kernel = (change: Partial<ProfiledKernel> & Pick<ProfiledKernel, 'kernel'>, milliseconds: number): ProfiledKernel => {
    const { samples = [], seconds = sampleResult.roofline.copy.seconds } = timed('', [milliseconds]);
    const work = { variant: 'vectors', shape: 'count 8', calls: 1, bytes: 1e6, dispatches: 1, executions: 1 };
    return { ...work, samples, seconds, ...change };
  };
  const profile: StepProfile = {
    rounds: 5,
    step: kernel({ kernel: 'step' }, 11),
    kernels: [
      kernel({ kernel: 'relu', calls: 2, roof: 'stream' }, 1),
      kernel({ kernel: 'conv2d', shape: '64×28×28, 1→24, 5×5', flops: 1e8, roof: 'fma-vector' }, 7.9),
      kernel({ kernel: 'fill', bytes: 4, roof: 'empty' }, 0.1),
    ],
    controls: [control('stream', 4e6, [1]), control('fma-vector', 1e8, [3.95]), control('empty', 100, [5])],
  };
  const result = { ...sampleResult, cases: [{ ...trainingCase, profile }] };

  it('shows the costliest kernel first, then the sum and the whole step', () => {
    const report = markdownReport(result);
    const rows = [
      '| conv2d | vectors | 64×28×28, 1→24, 5×5 | 1 | 7.90 ms | 7.90 ms | 79 % | 12.7 GFLOP/s | multiply-adds | 50 % |',
      '| relu | vectors | count 8 | 2 | 1.00 ms | 2.00 ms | 20 % | 1.00 GB/s | memory | 25 % |',
      '| fill | vectors | count 8 | 1 | 100 µs | 100 µs | 1.00 % | – | dispatch | 50 % |',
      '| all kernels |  |  | 4 |  | 10.0 ms | 100 % |  |  |  |',
      '| the whole step |  |  |  |  | 11.0 ms | 110 % |  |  |  |',
    ];
    expect(report).toContain(`${rows.join('\n')}\n\n</details>`);
    expect(report).toContain('<details><summary>ConvNet training step, kernel by kernel</summary>\n\nEach kernel alone');
    expect(report).toContain('medians of 5 rounds');
  });

  it('stands in the page, too, and nowhere without a profile', () => {
    const page = htmlReport(result);
    expect(page).toContain('<details><summary>ConvNet training step, kernel by kernel</summary>');
    expect(page).toContain('<td>conv2d</td><td>vectors</td><td>64×28×28, 1→24, 5×5</td><td>1</td><td>7.90 ms</td>');
    expect(htmlReport(sampleResult)).not.toContain('kernel by kernel');
    expect(markdownReport(sampleResult)).not.toContain('kernel by kernel');
  });

  it('leaves the share open without its roof', () => {
    const report = markdownReport({ ...result, cases: [{ ...trainingCase, profile: { ...profile, controls: [] } }] });
    expect(report).toContain('| relu | vectors | count 8 | 2 | 1.00 ms | 2.00 ms | 20 % | 1.00 GB/s | – | – |');
  });
});
