import { describe, expect, it } from 'vitest';
import type { KernelChoice } from '../../../bench/cases/case.ts';
import { allCases } from '../../../bench/cases/cases.ts';
import type { BenchResult } from '../../../bench/measure/result.ts';
import { compareResults } from '../../../bench/report/compare.ts';
import { resultName } from '../../../bench/report/files.ts';
import { digits, formatPercent, formatSeconds } from '../../../bench/report/format.ts';
import { headline } from '../../../bench/report/headline.ts';
import { htmlReport } from '../../../bench/report/html.ts';
import { counterpart, kindOf } from '../../../bench/report/kinds.ts';
import { markdownReport } from '../../../bench/report/markdown.ts';
import { barChart } from '../../../bench/report/plot.ts';
import { BEGIN, END, lacksRows, readmeSection, replaceSection } from '../../../bench/report/readme.ts';
import { variantList, variantText } from '../../../bench/report/variants.ts';
import { dispatchCost, fastestOf, fastestPeer, shareOfRoof, speedup, warnings } from '../../../bench/report/view.ts';
import {
  controlledResult,
  ladderCase,
  overheadCase,
  processorResult,
  sampleResult,
  streamingCase,
  timed,
  trainingCase,
} from './sample-result.ts';

describe('numbers for readers', () => {
  it('have three digits and a unit that fits', () => {
    expect([0.00001234, 0.01234, 1.234, 123.4].map(formatSeconds)).toEqual(['12.3 µs', '12.3 ms', '1.23 s', '123 s']);
    expect([0.1234, 1.2, 99.95, 1234.5].map(digits)).toEqual(['0.123', '1.20', '100', '1,235']);
    expect([0.051, 0.5, 0.0997].map(formatPercent)).toEqual(['5.10 %', '50 %', '10 %']);
  });
});

describe('ratios', () => {
  it('compare medians of the fastest contenders', () => {
    const ours = timed('chalkgrad webgpu', [100, 110, 90]);
    expect(fastestPeer(trainingCase)?.id).toBe('jax-js wasm');
    expect(fastestOf(trainingCase, 'tfjs')).toBeUndefined();
    expect(speedup(ours, fastestPeer(trainingCase))).toBeCloseTo(4, 12);
  });

  it('take the binding roof', () => {
    expect(shareOfRoof(sampleResult, streamingCase, streamingCase.contenders[0])).toBeCloseTo(0.5, 12);
    expect(shareOfRoof(sampleResult, trainingCase, trainingCase.contenders[0])).toBeCloseTo(0.2, 12);
  });

  it('are said in one sentence', () => {
    expect(headline(sampleResult)).toBe('On WebGPU, a ConvNet training step takes 100 ms: 6.00× faster than jax-js webgpu.');
    expect(headline(processorResult)).toBe(
      'On WebGPU, a ConvNet training step takes 100 ms: 6.00× faster than jax-js webgpu. ' +
        'On the processor with one thread, a ConvNet training step takes 80.0 ms: 5.00× faster than jax-js wasm, 2 threads, 25.0× faster than tfjs cpu. ' +
        'On the processor with 2 threads, a ConvNet training step takes 40.0 ms: 10.0× faster than jax-js wasm, 2 threads, 50.0× faster than tfjs cpu.',
    );
  });

  it('say where a peer is ahead', () => {
    const one = { ...trainingCase, contenders: [timed('chalkgrad webgpu', [100]), timed('tfjs webgl', [50])] };
    expect(headline({ ...sampleResult, cases: [one] })).toContain('100 ms: 2.00× slower than tfjs webgl.');
  });

  it('compare like with like', () => {
    const ids = ['chalkgrad webgpu', 'tfjs webgl', 'tfjs cpu', 'chalkgrad wasm-threads', 'chalkgrad wasm · naive'];
    expect(ids.map(kindOf)).toEqual(['gpu', 'gpu', 'cpu', 'cpu', 'cpu']);
    const one = processorResult.cases[0] ?? trainingCase;
    const beside = (id: string) => counterpart(processorResult, one, id)?.id;
    expect(['jax-js webgpu', 'jax-js wasm', 'tfjs cpu'].map(beside)).toEqual([
      'chalkgrad webgpu',
      'chalkgrad wasm-threads',
      'chalkgrad wasm',
    ]);
    expect(counterpart(sampleResult, trainingCase, 'jax-js wasm')).toBeUndefined();
    expect(fastestPeer(one, 'gpu')?.id).toBe('jax-js webgpu');
  });

  it('take the roof of what a contender computes on', () => {
    const one = processorResult.cases[0] ?? trainingCase;
    // 0.4 GFLOP in 100, 80 and 40 ms beside 10, 8 and 20 GFLOP/s.
    const shares = one.contenders.slice(0, 3).map((candidate) => shareOfRoof(processorResult, one, candidate));
    for (const [i, wanted] of [0.4, 0.625, 0.5].entries()) expect(shares[i]).toBeCloseTo(wanted, 12);
    expect(shareOfRoof(sampleResult, trainingCase, timed('chalkgrad wasm', [10]))).toBeUndefined();
    const row = '<td>roof of the processor: multiply-adds, all threads</td><td>10.0 ms</td>';
    expect(htmlReport(processorResult)).toContain(row);
    for (const report of [markdownReport(processorResult), htmlReport(processorResult)]) {
      expect(report).toContain('Roofline of the processor');
      expect(report).toContain('20.0 GFLOP/s');
    }
  });
});

describe('the roof beside a case', () => {
  const caseNamed = (name: string) => controlledResult.cases.find((one) => one.name === name) ?? trainingCase;
  const share = (name: string, i = 0) => shareOfRoof(controlledResult, caseNamed(name), caseNamed(name).contenders[i]);

  it('gives the share as a ratio of medians', () => {
    // 0.1 GB in 50 ms, where the streaming kernel moved 0.2 GB in 100 ms.
    expect(share(streamingCase.name)).toBeCloseTo(1, 12);
    expect(share(streamingCase.name, 1)).toBeCloseTo(0.5, 12);
    expect(share(trainingCase.name)).toBeCloseTo(0.4, 12);
    // 15 µs a dispatch beside 10.
    expect(share(overheadCase.name)).toBeCloseTo(2 / 3, 12);
  });

  it('leaves a share open where the control of a case is missing', () => {
    const result = { ...controlledResult, cases: [...controlledResult.cases, { ...streamingCase, name: 'ReLU' }] };
    expect(shareOfRoof(result, { ...streamingCase, name: 'ReLU' }, streamingCase.contenders[0])).toBeUndefined();
  });

  it('gives the cost of a dispatch with and without the engine', () => {
    const [ours] = overheadCase.contenders;
    const cost = dispatchCost(controlledResult, caseNamed(overheadCase.name), ours);
    expect(cost?.replayed).toBeCloseTo(15e-6, 12);
    expect(cost?.empty).toBeCloseTo(10e-6, 12);
    expect(markdownReport(controlledResult)).toContain(
      '| 200 replayed dispatches (batch 64) | chalkgrad webgpu | 15.0 µs | 10.0 µs |',
    );
    const before = dispatchCost(sampleResult, overheadCase, ours);
    expect(before).toEqual({ replayed: cost?.replayed, empty: 11e-6 });
  });

  it('stands in the table of all numbers', () => {
    const row =
      '<td>add</td><td>roof: streaming</td><td>100 ms</td><td>90.0 ms</td><td>95.0–105 ms</td><td>3</td><td>2.00 GB/s</td>';
    expect(htmlReport(controlledResult)).toContain(row);
    expect(htmlReport(controlledResult)).toContain('<td>10.0 µs a dispatch</td>');
    expect(htmlReport(sampleResult)).not.toContain('<td>roof: ');
  });

  it('is named in both reports, and so is the older way', () => {
    for (const report of [markdownReport, htmlReport]) {
      expect(report(controlledResult)).toContain('ran in the same interleaved rounds, and the share is the ratio');
      expect(report(sampleResult)).toContain('by the best rates of the roofline, which was measured once before the cases');
    }
  });
});

describe('contenders that are too slow for the full protocol', () => {
  const result: BenchResult = {
    ...sampleResult,
    caseSeconds: 60,
    cases: [
      {
        ...trainingCase,
        contenders: [
          { ...timed('chalkgrad webgpu', [100, 100, 100]), checkedSteps: 3 },
          { ...timed('jax-js wasm', [400, 400]), checkedSteps: 2 },
          { id: 'tfjs webgpu', status: 'too slow', message: '> 61.0 s a step' },
        ],
      },
      {
        ...streamingCase,
        contenders: [
          timed('chalkgrad webgpu', [50, 50, 50]),
          { id: 'tfjs webgpu', status: 'too slow', message: '> 61.0 s an execution' },
        ],
      },
    ],
  };

  it('are in the tables with what there is', () => {
    const report = markdownReport(result);
    expect(report).toContain('| 100 ms [100–100 ms] | 400 ms [400–400 ms] *2 | too slow: > 61.0 s a step |');
    expect(report).toContain('| add | 2.00 (50 %) | too slow: > 61.0 s an execution |');
    expect(report).toContain('*n: only n batches, because a contender has 60 s for a case.');
    expect(report).toContain('because steps are slow: 2 of jax-js wasm in “ConvNet training step”.');
    const page = htmlReport(result);
    expect(page).toContain('<td>tfjs webgpu</td><td>too slow: &gt; 61.0 s a step</td>');
    expect(page).toContain('<td>1e-7, 2 losses</td>');
  });

  it('are not mentioned in results of the time before there was a limit', () => {
    const report = markdownReport(sampleResult);
    expect(report).toContain('*n: only n batches, because one takes many seconds.');
    expect(report).not.toContain('Fewer losses');
    expect(htmlReport(sampleResult)).not.toContain('losses</td>');
  });
});

describe('warnings', () => {
  it('are silent about a full run on a GPU, but name libraries that were left out', () => {
    const clean = { ...sampleResult, cases: [streamingCase] };
    expect(warnings(clean)).toEqual([]);
    expect(warnings(sampleResult).join()).toMatch(/tfjs webgpu is left out of “ConvNet training step”: disagrees/);
  });

  it('tell that a run was interrupted', () => {
    const report = markdownReport({ ...sampleResult, partial: true, interrupted: 'the page ended' });
    expect(report).toContain('> The run was interrupted: the page ended');
  });

  it('mark a software adapter, a hidden tab, a partial run and a busy machine in every output', () => {
    const doubtful: BenchResult = {
      ...sampleResult,
      partial: true,
      adapter: { ...sampleResult.adapter, software: true },
      environment: { ...sampleResult.environment, hidden: true },
      cases: [{ ...streamingCase, idle: 0.3 }],
      runtimes: [{ id: 'jax-js webgpu', version: '', error: 'not comparable: other adapter' }],
    };
    expect(warnings(doubtful)).toHaveLength(5);
    for (const output of [markdownReport(doubtful), htmlReport(doubtful)]) {
      for (const word of ['Software adapter', 'hidden', 'Partial run', 'busy', 'other adapter']) expect(output).toContain(word);
    }
    expect(resultName(doubtful)).toBe('2026-11-22-gpu-1-partial');
    expect(resultName({ ...doubtful, interrupted: 'its 5 minutes ended' })).toBe('2026-11-22-gpu-1-interrupted');
  });
});

describe('Markdown report', () => {
  const report = markdownReport(sampleResult);

  it('shows times with ratios, dashes for what was not run and names for what failed', () => {
    expect(report).toContain(
      '| ConvNet training step (batch 64) | 100 ms [95.0–105 ms] | 600 ms [595–605 ms] (6.00×) | 400 ms [400–400 ms] *1 | – | disagrees |',
    );
    expect(report).toContain('| Geometric mean of the ratios |  | 6.00× |  |  |  |');
    expect(markdownReport(processorResult)).toContain('| 400 ms [400–400 ms] *1 (10.0×) | 2.00 s [2.00–2.00 s] *1 (25.0×) |');
  });

  it('shows rates of streaming kernels, rungs over the first and the first step', () => {
    expect(report).toContain('| add | 2.00 (50 %) | 1.00 (2.00×) |');
    expect(report).toContain('| register-tile | 100 ms | 100–100 ms | 4.00 GFLOP/s | 4.00× | 20 % |');
    expect(report).toContain('| chalkgrad webgpu | 100 ms | 1.50 s |');
    expect(report).toContain('| 200 replayed dispatches (batch 64) | chalkgrad webgpu | 15.0 µs | 11.0 µs |');
  });

  it('has a ladder for each device, over its own first rung', () => {
    const ladders = markdownReport(processorResult);
    expect(ladders).toContain('**Ladder: matmul 512, chalkgrad webgpu**');
    expect(ladders).toContain('**Ladder: matmul 512, chalkgrad wasm**');
    expect(ladders).toContain('| register-tile | 30.0 ms | 30.0–30.0 ms | 13.3 GFLOP/s | 3.00× |');
  });

  it('goes between the markers of a README and nowhere else', () => {
    const readme = `# Title\n${BEGIN}\nold\n${END}\nrest\n`;
    const brief = readmeSection(processorResult, 'results/whole.md');
    expect(brief).toContain('[The whole report](results/whole.md)');
    expect(brief).toContain('Measured 2026-11-22 on Acme GPU and 2 × CPU, Chrome/156.0.');
    expect(brief).toContain(
      '| ConvNet training step | 100 ms | 600 ms (jax-js webgpu) | 80.0 ms | 40.0 ms | 400 ms (jax-js wasm) |',
    );
    const many = allCases().map((one) => ({ ...trainingCase, ...one, contenders: trainingCase.contenders, reference: '' }));
    expect(readmeSection({ ...processorResult, cases: many }, 'whole.md').split('\n').length).toBeLessThanOrEqual(15);
    expect(lacksRows({ ...processorResult, cases: many, interrupted: 'at the end' })).toBe(false);
    expect(lacksRows({ ...processorResult, cases: [], interrupted: 'the page ended' })).toBe(true);
    const updated = replaceSection(readme, report);
    expect(updated).toContain(`${BEGIN}\n\n${report}\n\n${END}\nrest`);
    expect(updated).not.toContain('old');
    expect(replaceSection(updated, report)).toBe(updated);
    expect(() => replaceSection('# Title', report)).toThrow(/lacks the lines/);
  });
});

describe('report page', () => {
  it('plots every measured case with text for readers who cannot see it', () => {
    const page = htmlReport(sampleResult);
    expect(page.match(/<svg /g)?.length).toBe(2 + sampleResult.cases.length);
    expect(page).toContain('aria-label="ConvNet training step: batch 64. chalkgrad webgpu: 100 ms;');
    expect(page).toContain(ladderCase.name);
    expect(page).not.toMatch(/<script|https?:\/\//);
  });

  it('escapes what comes from the machine', () => {
    const odd = { ...sampleResult, adapter: { ...sampleResult.adapter, description: '<b>"GPU"&' } };
    expect(htmlReport(odd)).toContain('&lt;b&gt;&quot;GPU&quot;&amp;');
  });

  it('draws bars in proportion', () => {
    const bars = [
      { label: 'a', value: 1, text: '1', ours: true },
      { label: 'b', value: 0.5, text: '0.5', ours: false },
    ];
    const widths = [...barChart({ title: 't', bars, scale: 'linear' }).matchAll(/width="([\d.]+)" height="14"/g)].map((m) =>
      Number(m[1]),
    );
    expect(widths[0]).toBeCloseTo(2 * (widths[1] ?? 0), 1);
  });
});

describe('comparison with an earlier result', () => {
  const faster = {
    ...sampleResult,
    cases: [{ ...trainingCase, contenders: [timed('chalkgrad webgpu', [50, 51, 49]), timed('jax-js webgpu', [600, 601, 599])] }],
  };

  it('gives before / after and marks only what lies outside the spread', () => {
    const text = compareResults(sampleResult, faster);
    expect(text).toContain('| ConvNet training step | chalkgrad webgpu | 100 ms | 50.0 ms | 2.00× | faster |');
    expect(text).toContain('| ConvNet training step | jax-js webgpu | 600 ms | 600 ms | 1.00× |  |');
    expect(text).toContain('| geometric mean | chalkgrad webgpu |');
  });

  it('refuses results from different adapters', () => {
    const other = { ...sampleResult, adapter: { ...sampleResult.adapter, description: 'Other GPU' } };
    expect(() => compareResults(sampleResult, other)).toThrow(/not the same adapter/);
  });

  it('says when there is nothing in common', () => {
    expect(compareResults({ ...sampleResult, cases: [] }, sampleResult)).toMatch(/no case in common/);
  });
});

describe('variants of kernels', () => {
  const conv = { kernel: 'conv2d', variant: 'register-tile', by: 'rule', calls: 4 } as const;
  const product = { kernel: 'matmul', variant: 'workgroup-tile', by: 'measured', calls: 1 } as const;
  const one = (choices: readonly KernelChoice[]) => ({ ...timed('chalkgrad webgpu', [1]), variant: 'own word', choices });

  it('stand with what chose them', () => {
    expect(variantText(one([conv]))).toBe('register-tile (rule)');
    expect(variantText(one([conv, product]))).toBe('register-tile (rule) + workgroup-tile (measured)');
    expect(variantText(one(Array(5).fill(conv)))).toBe('own word');
    expect(variantText({ ...timed('jax-js webgpu', [1]), variant: 'own word' })).toBe('own word');
    expect(variantList([conv, product])).toBe('conv2d register-tile ×4, matmul workgroup-tile (measured)');
  });

  it('are in both reports, and so is that they were measured', () => {
    const kernelCase = { ...streamingCase, name: 'matmul 256', contenders: [one([product])] };
    const stepCase = { ...trainingCase, contenders: [one([conv, product])] };
    const tuned: BenchResult = { ...sampleResult, tuned: true, cases: [stepCase, kernelCase] };
    const markdown = markdownReport(tuned);
    expect(markdown).toContain('- Variants: measured before each case (--tune)');
    expect(markdown).toContain('| matmul 256 | matmul workgroup-tile (measured) |');
    expect(markdown).toContain('| ConvNet training step | conv2d register-tile ×4, matmul workgroup-tile (measured) |');
    expect(htmlReport(tuned)).toContain('register-tile (rule) + workgroup-tile (measured)');
    expect(markdownReport(sampleResult)).not.toContain('Variants');
  });
});
