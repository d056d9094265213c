import { describe, expect, it } from 'vitest';
import { compare, expectAll } from '../../../bench/cases/agreement.ts';
import { convMultiplyAdds } from '../../../bench/cases/case.ts';
import { allCases } from '../../../bench/cases/cases.ts';
import { permute, uniform } from '../../../bench/cases/data.ts';
import stored from '../../../bench/cases/expected-losses.json';
import {
  activationShapes,
  forwardMultiplyAdds,
  initialParameters,
  trainingBatch,
  trainingFlops,
} from '../../../bench/cases/network.ts';
import { cifarCnn, convNet, mlp, networks, smallCnn, unet16 } from '../../../bench/cases/networks.ts';
import { operands } from '../../../bench/cases/operands.ts';
import { expected } from '../../../bench/cases/reference.ts';

const parameterCount = (network: typeof mlp) => initialParameters(network).reduce((sum, one) => sum + one.values.length, 0);

describe('networks of the benchmark', () => {
  it('have the published numbers of parameters', () => {
    expect(parameterCount(mlp)).toBe(55_050);
    expect(parameterCount(smallCnn)).toBe(149_202);
    expect(parameterCount(cifarCnn)).toBe(746_698);
  });

  it('have the published multiply-adds per sample', () => {
    expect(forwardMultiplyAdds(mlp) / 1e6).toBeCloseTo(0.055, 3);
    expect(forwardMultiplyAdds(smallCnn) / 1e6).toBeCloseTo(2.8, 1);
    expect(forwardMultiplyAdds(cifarCnn) / 1e6).toBeCloseTo(44.5, 1);
    expect(forwardMultiplyAdds(unet16) / 1e6).toBeCloseTo(347 / 16, 0);
  });

  it('end in logits or in an image of the input size', () => {
    for (const network of networks) {
      const last = activationShapes(network).at(-1);
      expect(last).toEqual(network.loss === 'cross-entropy' ? [network.classes] : [...network.input]);
    }
  });

  it('count no input gradient for the first layer', () => {
    const first = 24 * 24 * 24 * 25;
    expect(trainingFlops(convNet)).toBe(2 * 64 * (3 * forwardMultiplyAdds(convNet) - first));
  });

  it('draw the same parameters and batches every time, with labels in range', () => {
    expect(initialParameters(convNet)).toEqual(initialParameters(convNet));
    const { labels, images } = trainingBatch(convNet);
    expect(images).toEqual(trainingBatch(convNet).images);
    expect([...labels].every((label) => label >= 0 && label < 10)).toBe(true);
    expect(new Set(labels).size).toBe(10);
  });

  it('have stored losses near those of guessing', () => {
    const losses = stored.losses as Record<string, number[]>;
    for (const network of networks) {
      expect(losses[network.name]).toHaveLength(3);
      if (network.loss === 'cross-entropy') expect(losses[network.name]?.[0]).toBeGreaterThan(0.5 * Math.log(network.classes));
    }
  });
});

describe('cases', () => {
  const cases = allCases();

  it('have unique names and positive work', () => {
    expect(new Set(cases.map((one) => one.name)).size).toBe(cases.length);
    for (const one of cases) {
      expect(one.flops).toBeGreaterThan(0);
      expect(one.bytes > 0 || one.group === 'forward' || one.group === 'training-step').toBe(true);
    }
  });

  it('hold every shape that the project promises to report', () => {
    const names = cases.map((one) => one.name);
    for (const size of [256, 512, 1024]) expect(names).toContain(`matmul ${size}`);
    for (const pass of ['forward', 'input-gradient', 'weight-gradient']) {
      for (const channels of ['16→32', '13→31']) expect(names).toContain(`conv 3×3 ${pass} 32×28×28, ${channels}`);
    }
    for (const { name } of networks) expect(names).toContain(`${name} training step`);
  });

  it('show the cost of a dispatch with next to no work first, and keep the name of the older case', () => {
    const overhead = cases.filter((one) => one.group === 'overhead');
    const replays = overhead.map(({ name, workload }) => [name, workload]);
    expect(replays).toEqual([
      ['200 replayed dispatches of 64 elements', { type: 'replay', dispatches: 200, count: 64 }],
      ['200 replayed dispatches', { type: 'replay', dispatches: 200, count: 1024 }],
    ]);
  });

  it('give operands whose lengths match their shapes', () => {
    for (const one of cases) {
      if (one.workload.type === 'training-step' || one.workload.type === 'forward' || one.group === 'streaming') continue;
      for (const { shape, values } of Object.values(operands(one.workload))) {
        expect(values.length).toBe(shape.reduce((a, b) => a * b, 1));
      }
    }
  });
});

describe('references', () => {
  it('multiply matrices', () => {
    const a = { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const b = { shape: [3, 2], values: Float32Array.of(7, 8, 9, 10, 11, 12) };
    const plain = expected({ type: 'matmul', m: 2, k: 3, n: 2 }, { a, b });
    expect([...(plain?.values ?? [])]).toEqual([58, 64, 139, 154]);
  });

  it('hold the convolution and its gradients in one bilinear form', () => {
    // ⟨conv(x, w), dy⟩ = ⟨x, dx⟩ = ⟨w, dw⟩ for every x, w, dy.
    const shape = { n: 2, h: 5, w: 4, c: 3, o: 2, kernel: 3, padding: 1 };
    const x = { shape: [2, 5, 4, 3], values: uniform(120, 1) };
    const weight = { shape: [3, 3, 3, 2], values: uniform(54, 2) };
    const dy = { shape: [2, 5, 4, 2], values: uniform(80, 3) };
    const input = { x, weight, dy };
    const dot = (pass: 'forward' | 'input-gradient' | 'weight-gradient', other: Float32Array) => {
      const result = expected({ type: 'conv2d', pass, ...shape }, input);
      expect(result?.indices).toHaveLength(other.length);
      return (result?.indices ?? []).reduce((sum, index, i) => sum + (other[index] ?? 0) * (result?.values[i] ?? 0), 0);
    };
    const forward = dot('forward', dy.values);
    expect(dot('input-gradient', x.values)).toBeCloseTo(forward, 10);
    expect(dot('weight-gradient', weight.values)).toBeCloseTo(forward, 10);
    expect(convMultiplyAdds(shape)).toBe(2 * 5 * 4 * 3 * 2 * 9);
  });

  it('give the batch-norm gradient that differences give', () => {
    const rows = 7;
    const c = 2;
    const random = (count: number, seed: number) => ({ shape: [count], values: uniform(count, seed) });
    const input = { x: random(rows * c, 1), gamma: random(c, 2), beta: random(c, 3), dy: random(rows * c, 4) };
    const gradient = expected({ type: 'batch-norm', pass: 'training', rows, c }, input);
    const loss = (x: Float32Array) => {
      const y = expected({ type: 'batch-norm', pass: 'forward', rows, c }, { ...input, x: { shape: [rows * c], values: x } });
      return Array.from(y?.values ?? []).reduce((sum, value, i) => sum + value * (input.dy.values[i] ?? 0), 0);
    };
    for (let i = 0; i < rows * c; i++) {
      const up = Float32Array.from(input.x.values);
      const down = Float32Array.from(input.x.values);
      up[i] = (up[i] ?? 0) + 1e-3;
      down[i] = (down[i] ?? 0) - 1e-3;
      const step = (up[i] ?? 0) - (down[i] ?? 0);
      expect(gradient?.values[i]).toBeCloseTo((loss(up) - loss(down)) / step, 4);
    }
  });
});

describe('agreement', () => {
  const wanted = expectAll([1, -2, 4]);

  it('accepts rounding and reports the worst element', () => {
    const result = compare(Float32Array.of(1, -2, 4.0001), wanted, 1e-4);
    expect(result.ok).toBe(true);
    expect(result.error).toBeCloseTo(0.0001 / 4, 6);
  });

  it('rejects a wrong value, NaN and a short result', () => {
    expect(compare(Float32Array.of(1, 2, 4), wanted, 1e-3).message).toMatch(/element 1: 2, expected -2/);
    expect(compare(Float32Array.of(1, Number.NaN, 4), wanted, 1e-3).ok).toBe(false);
    expect(compare(Float32Array.of(1, -2), wanted, 1e-3).ok).toBe(false);
  });
});

describe('permute', () => {
  it('transposes matrices and moves channels', () => {
    expect([...permute(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], [1, 0])]).toEqual([1, 4, 2, 5, 3, 6]);
    const values = uniform(2 * 3 * 4 * 5, 9);
    const there = permute(values, [2, 3, 4, 5], [0, 3, 1, 2]);
    expect(there[1 * 3 * 4 + 2 * 4 + 3]).toBe(values[(2 * 4 + 3) * 5 + 1]);
    expect(permute(there, [2, 5, 3, 4], [0, 2, 3, 1])).toEqual(values);
  });
});
