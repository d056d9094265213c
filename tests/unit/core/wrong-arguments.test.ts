/** The wrong kind of argument is told by a typed error that names it, at the door and not somewhere inside. */
import { describe, expect, it } from 'vitest';
import * as engine from '../../../engine/index.ts';
import { availableDevices } from './devices.ts';

for (const [, device] of (await availableDevices()).slice(0, 1)) engine.setDevice(device);

const x = engine.tensor([[1], [2]]);
const network = engine.buildNetwork([{ type: 'linear', in: 1, out: 2 }], { inputShape: [1], rng: 0 });
const nonsense: readonly unknown[] = [undefined, null, Number.NaN, 'text', {}, [], () => {}, true];
type Loose = (...args: readonly unknown[]) => unknown;
const loose = engine as unknown as Record<string, Loose>;

/** Functions, what stands before the argument in question, and values of it that are right. */
const takesA: Record<string, readonly (readonly [string, readonly unknown[]])[]> = {
  network: ['saliency', 'inputXGradient', 'integratedGradients', 'smoothGrad', 'guidedBackpropagation', 'gradCam', 'gradCamPlusPlus', 'xGradCam', 'cam', 'classScores', 'channelAttribution', 'channelEvidence', 'spatialAttribution', 'layerSaliency', 'scoresFrom', 'layerToLayer', 'fgsm', 'pgd', 'penalisedAttack'].map((name) => [name, []]), // biome-ignore format: a list of names
  'tensor behind a network': ['saliency', 'inputXGradient', 'integratedGradients', 'gradCam', 'cam', 'classScores', 'fgsm', 'pgd'].map((name) => [name, [network]]), // biome-ignore format: a list of names
  'data set': ['imageAt', 'subset', 'take', 'classCounts', 'shuffle', 'splitDataset', 'channelStatistics', 'toFloat32'].map((name) => [name, []]), // biome-ignore format: a list of names
  tensor: ['onGradient', 'backward', 'grad', 'sum', 'relu', 'softmax', 'edgeMap', 'inputMap', 'uniformMap', 'randomMap', 'gradCamFrom'].map((name) => [name, []]), // biome-ignore format: a list of names
};

describe.each(Object.entries(takesA))('no %s', (_, functions) => {
  it.each(functions)('%s', async (name, before) => {
    for (const value of nonsense) {
      const attempt = (async () => (loose[name] as Loose)(...before, value))();
      await expect(attempt, `${name}(${String(value)})`).rejects.toBeInstanceOf(engine.ChalkgradError);
    }
  });
});

/** Calls that are right, and which of their arguments are replaced by nonsense, one at a time. */
const image = engine.tensor([1, 2, 3, 4], [1, 2, 2, 1]);
const generator = new engine.DeviceGenerator(1, 'nonsense');
const flat = engine.buildNetwork([{ type: 'flatten' }, { type: 'linear', in: 4, out: 2 }], { inputShape: [2, 2, 1], rng: 0 });
const pictures = engine.arrayData(
  { values: Float32Array.of(1, 2, 3, 4), shape: [2, 2, 1] },
  { values: Int32Array.of(1), shape: [] },
  2,
);
const plane = { axes: [image, image], at: [[0, 1], [0]] };
const right: Record<string, readonly [args: readonly unknown[], replaced: readonly number[]]> = {
  lossPlane: [
    [flat, image, 1, plane],
    [0, 1, 2, 3],
  ],
  classPlane: [
    [flat, image, plane],
    [0, 1, 2],
  ],
  walkPlane: [
    [new Float32Array(2), [Float32Array.of(1, 0)], Float32Array.of(0, 1)],
    [0, 1, 2],
  ],
  robustAccuracy: [
    [flat, pictures, { attack: 'noise', epsilons: [0.1], rng: generator }],
    [0, 1, 2],
  ],
  signNoise: [
    [image, { epsilon: 0.1, rng: generator }],
    [0, 1],
  ],
  pixelNetwork: [[flat, { mean: [0], std: [1] }], [0]],
  adversarialTransform: [
    [flat, { epsilon: 0.1 }],
    [0, 1],
  ],
  maxSensitivity: [
    [image, (v: engine.Tensor) => v, { radius: 0.1, rng: generator, samples: 1 }],
    [0, 1, 2],
  ],
  infidelity: [
    [flat, image, [1], engine.ones([1, 2, 2]), { rng: new engine.Generator(1), samples: 1, window: 1 }],
    [0, 1, 2, 3, 4],
  ],
  squareEffects: [
    [flat, image, [1], { rng: new engine.Generator(1), samples: 1, window: 1 }],
    [0, 1, 2, 3],
  ],
  infidelityOf: [
    [engine.ones([1, 2, 2]), { height: 2, width: 2, window: 1, places: Int32Array.of(0, 0), effects: Float32Array.of(1) }],
    [0, 1],
  ],
  deletion: [
    [flat, image, [1], engine.ones([1, 2, 2])],
    [0, 1, 2, 3],
  ],
  cueScore: [
    [
      [1, 2],
      [0, 1],
    ],
    [0, 1],
  ],
  correlation: [
    [
      [1, 2],
      [2, 1],
    ],
    [0, 1],
  ],
  rankCorrelation: [
    [
      [1, 2],
      [2, 1],
    ],
    [0, 1],
  ],
};

describe('nonsense in one place of a call that is right otherwise', () => {
  it.each(Object.entries(right))('%s', async (name, [args, replaced]) => {
    await (loose[name] as Loose)(...args);
    for (const at of replaced) {
      for (const value of nonsense) {
        const call = `${name} with ${String(value)} as argument ${at}`;
        if (typeof args[at] === 'function' && typeof value === 'function') continue;
        const attempt = (async () => (loose[name] as Loose)(...args.with(at, value)))();
        await expect(attempt, call).rejects.toBeInstanceOf(engine.ChalkgradError);
      }
    }
  });
});

describe('options that are none', () => {
  it.each([
    ['tensor', [[1], undefined]],
    ['full', [[1], 1]],
    ['zeros', [[1]]],
    ['ones', [[1]]],
    ['gradCheck', [(a: engine.Tensor) => a, [x]]],
    ['smoothGrad', [network, x, [0, 0]]],
    ['fgsm', [network, x, [0, 0]]],
    ['withGradients', []],
    ['customGradient', [[x]]],
    ['defineOperation', []],
  ] as const)('%s', async (name, before) => {
    for (const value of [null, 'text', 3]) {
      const attempt = (async () => (loose[name] as Loose)(...before, value))();
      await expect(attempt, `${name}(…, ${String(value)})`).rejects.toBeInstanceOf(engine.ChalkgradError);
    }
  });
});

describe('what would pass in silence', () => {
  it('backward from what no leaf reaches, as in PyTorch', () => {
    expect(() => engine.backward(engine.sum(engine.tensor([1, 2])))).toThrow(engine.ArgumentError);
    const leaf = engine.tensor([1, 2], undefined, { requiresGrad: true });
    expect(() => engine.backward(engine.noGrad(() => engine.sum(leaf)))).toThrow('noGrad');
    engine.backward(engine.sum(leaf));
    expect(leaf.grad).not.toBeNull();
  });

  it('grad by what the output does not depend on', () => {
    const leaf = engine.tensor([1], undefined, { requiresGrad: true });
    expect(() => engine.grad(engine.sum(leaf), [engine.tensor([1])])).toThrow(engine.ArgumentError);
  });

  it('writing over a value that a gradient reads', () => {
    const leaf = engine.tensor([1, 2], undefined, { requiresGrad: true });
    expect(() => engine.exp(leaf).write([5, 5])).toThrow(engine.ArgumentError);
  });

  it.each([{ maxElements: 0 }, { epsilon: 0 }, { tolerance: Number.NaN }, { maxElements: -1 }])(
    'gradCheck with %j',
    async (options) => {
      await expect(engine.gradCheck((a) => engine.mul(a, 2), [engine.tensor([1])], options)).rejects.toBeInstanceOf(
        engine.ConfigError,
      );
    },
  );

  it('neighbours and labels that do not belong together (an endless loop once)', () => {
    const agreement = engine.neighbourAgreement as unknown as Loose;
    expect(() => agreement([null], [null], [null])).toThrow(engine.ChalkgradError);
    expect(() => agreement(Uint32Array.of(1, 0), [0], 1)).toThrow(engine.ArgumentError);
    expect(agreement(Uint32Array.of(1, 0), [0, 0], 1)).toBe(1);
  });

  it('points that are none, before anything is computed', async () => {
    await expect(engine.preparePoints(Float32Array.of(1, Number.NaN), 2, 0)).rejects.toBeInstanceOf(engine.ConfigError);
    await expect(engine.initialLayout(Float32Array.of(1, Number.NaN), 2, { scale: 1 })).rejects.toBeInstanceOf(
      engine.ConfigError,
    );
  });

  it.each([undefined, -1, 0.5, 'x', x])('a seed that is none: %s', (seed) => {
    expect(() => new engine.Generator(seed as number)).toThrow(engine.ConfigError);
  });

  it('memory of no device', () => {
    expect(() => (loose.memory as Loose)()).toThrow('getDevice()');
  });
});
