/** The regression lab: its decays by hand, its measures, and Verify on the network that ran. */
import { beforeAll, describe, expect, it, test } from 'vitest';
import { experiment } from '../../../apps/labs/regression/experiment.ts';
import { grid, meanSquaredError, roughnessOf } from '../../../apps/labs/regression/measures.ts';
import { polynomialFit } from '../../../apps/labs/regression/polynomial.ts';
import { elevenPoints, schema } from '../../../apps/labs/regression/schema.ts';
import { Training } from '../../../apps/labs/regression/training.ts';
import type { Verification } from '../../../apps/math/card.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import { type ConfigOf, defaults } from '../../../apps/runtime/schema.ts';
import { init } from '../../../engine/device/init.ts';

type Config = ConfigOf<typeof schema>;
const base = defaults(schema) as Config;

describe('measures', () => {
  test('roughness: 0 for a line, |2a| for a x², the integral of |y″| for a sine', () => {
    const curve = (f: (x: number) => number) => Float32Array.from(grid, f);
    // Second differences of float32: 200 · 199 roundings of 6e-8 at most.
    expect(roughnessOf(curve((x) => 3 * x - 1))).toBeLessThan(5e-3);
    expect(roughnessOf(curve((x) => 2.5 * x * x))).toBeCloseTo(5 * 0.995, 2);
    // ∫ |16π² sin 4πx| dx over [0, 1] = 32π.
    expect(roughnessOf(curve((x) => Math.sin(4 * Math.PI * x)))).toBeCloseTo(32 * Math.PI, 0);
  });

  test('polynomials have the errors of the source: constant .481, line .272, cubic .054, degree 9 4e-5', () => {
    const error = (degree: number) => polynomialFit(elevenPoints, degree).trainMSE;
    expect(error(0)).toBeCloseTo(0.481, 3);
    expect(error(1)).toBeCloseTo(0.272, 3);
    expect(error(3)).toBeCloseTo(0.054, 3);
    expect(error(9)).toBeGreaterThan(3.5e-5);
    expect(error(9)).toBeLessThan(4.5e-5);
    expect(error(10)).toBeLessThan(1e-12);
    expect(error(14)).toBeLessThan(1e-12);
    expect(polynomialFit(elevenPoints, 1).roughness).toBe(0);
    expect(polynomialFit(elevenPoints, 3).roughness).toBeCloseTo(15.6, 1);
    expect(
      meanSquaredError(
        [1, 2],
        [
          { x: 0, t: 0, held: false },
          { x: 1, t: 4, held: false },
        ],
      ),
    ).toBe(2.5);
  });
});

describe('one step of gradient descent with decay', () => {
  beforeAll(() => init({ device: 'cpu' }));

  /** Parameters before and after a step at η = 0.1, λ = 0.2, and the gradient of the plain error. */
  async function stepped(decayForm: Config['decayForm']) {
    const config = { ...base, optimiser: 'sgd', decayForm, rate: 0.1, decay: 0.2 } as const;
    const plain = new Training('none', config);
    const decayed = new Training('weight decay', config);
    try {
      const before = (await decayed.network.values()).map((v) => v.slice());
      plain.step(config);
      decayed.step(config);
      const [a, b] = [await plain.network.values(), await decayed.network.values()];
      return { before, plain: a, decayed: b };
    } finally {
      plain.dispose();
      decayed.dispose();
    }
  }

  const names = ['w¹', 'b¹', 'w²', 'b²'];

  it('decoupled: every parameter shrinks by ηλ, biases too', async () => {
    const { before, plain, decayed } = await stepped('decoupled');
    for (const [n, name] of names.entries())
      for (const [j, value] of (decayed[n] ?? []).entries())
        expect(value, name).toBeCloseTo((plain[n]?.[j] as number) - 0.1 * 0.2 * (before[n]?.[j] as number), 5);
  });

  it('L2: the weights lose 2ηλw, the biases nothing', async () => {
    const { before, plain, decayed } = await stepped('L2');
    for (const [n, name] of names.entries())
      for (const [j, value] of (decayed[n] ?? []).entries()) {
        const lost = name.startsWith('w') ? 2 * 0.1 * 0.2 * (before[n]?.[j] as number) : 0;
        expect(value, name).toBeCloseTo((plain[n]?.[j] as number) - lost, 5);
      }
  });
});

describe('Verify', () => {
  it.each([
    ['sigmoid', 'sgd', 'decoupled', 'sgd'],
    ['sin', 'adam', 'L2', 'adam'],
    ['relu', 'adam', 'decoupled', 'adam'],
  ] as const)('checks the network as it is: %s, %s, %s', async (activation, optimiser, decayForm, card) => {
    const { runner } = await runInNode(experiment, {
      environment: nodeEnvironment(),
      config: { steps: 200, samples: 0, activation, optimiser, decayForm, decay: 0.05, rate: 0.003 },
    });
    const verify = async (id: string) => (await runner.request('verify', { card: id })) as readonly Verification[];
    for (const id of [
      'linear',
      'linear-weight-gradient',
      activation,
      `${activation}-gradient`,
      'mse',
      'dropout',
      card,
      'weight-decay',
    ]) {
      const found = await verify(id);
      expect(found.length, id).toBeGreaterThan(0);
      for (const { name, maxError, tolerance } of found) expect(maxError, `${id}: ${name}`).toBeLessThanOrEqual(tolerance);
    }
    const names = (await verify('weight-decay')).map(({ name }) => name).join();
    // The penalty is in the loss, or in the step.
    expect(names).toContain(decayForm === 'L2' ? '∂(E + λΣw²)' : '∂E/');
    expect(names).toContain(optimiser === 'sgd' ? 'kernel sgd' : 'kernel adam');
    expect((await verify(activation))[0]?.name).toContain(`kernel ${activation}`);
    await runner.stop();
  });
});
