/** The UNet joins and enlarges maps without making the tensors; here it is compared with the network that makes them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grad } from '../../../engine/autodiff.ts';
import { imageDataset } from '../../../engine/data/dataset.ts';
import { keep, scope } from '../../../engine/memory.ts';
import type { UNet } from '../../../engine/nn/layers/unet.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { concat, conv2d, maxPool2d, mul, relu, square, sum, upsample2d } from '../../../engine/ops/index.ts';
import { setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { imageData } from '../../../engine/train/data.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import { availableDevices } from '../core/devices.ts';

const opened = await availableDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const values = async (x: Tensor) => [...(await x.data())];

const wave = (shape: number[]) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * i * 0.7 + i)),
    shape,
  );

/** Depth 3, written out with concat and upsample2d, from the network's own parameters. */
function plain(parameters: ReadonlyMap<string, Tensor>, x: Tensor, mode: 'nearest' | 'bilinear', skips: boolean[], cut: number) {
  const of = (name: string) => parameters.get(`0.${name}`) as Tensor;
  const conv = (value: Tensor, name: string) => relu(conv2d(value, of(`${name}.weight`), of(`${name}.bias`), { padding: 1 }));
  const block = (value: Tensor, name: string) => conv(conv(value, `${name}.conv_pass.0`), `${name}.conv_pass.2`);
  const left0 = block(x, 'left_convs.0');
  const left1 = block(maxPool2d(left0, { kernel: 2 }), 'left_convs.1');
  let value = block(maxPool2d(left1, { kernel: 2 }), 'left_convs.2');
  for (const [level, skip] of [
    [1, left1],
    [0, left0],
  ] as const) {
    value = upsample2d(value, { scale: 2, mode });
    if (skips[level]) value = concat([level === cut ? mul(skip, 0) : skip, value], -1);
    value = block(value, `right_convs.${level}`);
  }
  return conv2d(value, of('final_conv.final_conv.weight'), of('final_conv.final_conv.bias'));
}

describe.each(opened)('on %s', (_, device) => {
  beforeAll(() => setDevice(device));

  test.each([
    ['nearest', [true, true], -1],
    ['nearest', [true, false], 0],
    ['bilinear', [true, true], 1],
    ['bilinear', [false, true], -1],
  ] as const)('%s, skips %j, cut %i: outputs and gradients are those of the plain network', async (upsample, skips, cut) => {
    const network = buildNetwork([{ type: 'unet', in: 1, out: 1, maps: 4, upsample, skips: [...skips] }], {
      inputShape: [8, 12, 1],
      rng: 5,
    });
    if (cut >= 0) (network.layer(0) as UNet).cut.add(cut);
    const parameters = new Map(network.namedParameters());
    const x = wave([2, 8, 12, 1]);
    const run = async (forward: () => Tensor) => {
      const y = forward();
      const gradients = grad(sum(square(y)), [...parameters.values()]);
      return { y: await values(y), gradients: await Promise.all(gradients.map(values)) };
    };
    const got = await run(() => network.forward(x));
    const expected = await run(() => plain(parameters, x, upsample, [...skips], cut));
    const close = (a: number[], b: number[], what: string) => {
      const scale = Math.max(...b.map(Math.abs), 1e-3);
      expect(Math.max(...b.map((value, i) => Math.abs(value - (a[i] as number)))) / scale, what).toBeLessThan(2e-5);
    };
    close(got.y, expected.y, 'output');
    for (const [i, name] of [...parameters.keys()].entries()) {
      close(got.gradients[i] as number[], expected.gradients[i] as number[], name);
    }
    network.dispose();
  });

  test('what a convolution of joined maps puts out can be captured, before and behind its ReLU', async () => {
    const network = buildNetwork([{ type: 'unet', in: 1, out: 1, depth: 2, maps: 2, upsample: 'nearest' }], {
      inputShape: [4, 6, 1],
      rng: 5,
    });
    const x = wave([1, 4, 6, 1]);
    const block = '0.right_convs.0';
    const conv = `${block}.conv_pass.0`;
    const { output, activations } = network.forward(x, { capture: [conv, `${block}.conv_pass.1`, block] });
    expect([...activations.keys()].toSorted()).toEqual([block, conv, `${block}.conv_pass.1`]);
    const before = await values(activations.get(conv) as Tensor);
    expect(Math.min(...before)).toBeLessThan(0);
    expect(await values(activations.get(`${block}.conv_pass.1`) as Tensor)).toEqual(before.map((value) => Math.max(value, 0)));
    expect(await values(output)).toEqual(await values(network.forward(x)));
    network.dispose();
  });

  test('a training whose skip connection is cut on the way takes the steps of an eager one', async () => {
    const losses = async (mode: 'recorded' | 'eager', cuts = true) => {
      const network = buildNetwork([{ type: 'unet', in: 1, out: 1, depth: 2, maps: 4 }], { inputShape: [4, 4, 1], rng: 5 });
      const images = Float32Array.from({ length: 8 * 16 }, (_, i) => Math.sin(i));
      const info = {
        name: 'waves',
        split: 'train' as const,
        height: 4,
        width: 4,
        channels: 1,
        classNames: ['a'],
        mean: [0],
        std: [1],
      };
      const bytes = Uint8Array.from(images, (value) => 127 * (value + 1));
      const trainer = new Trainer({
        network,
        data: imageData(imageDataset(info, bytes, new Uint8Array(8)), {
          targets: 'images',
          normalisation: { mean: [0.5], std: [0.25] },
        }),
        loss: 'mse',
        optimiser: { type: 'sgd', lr: 0.1 },
        batchSize: 4,
        epochs: 4,
        seed: 1,
        mode,
        evalEvery: 'never',
      });
      const found: number[] = [];
      const { cut } = trainer.network.layer(0) as UNet;
      for (const steps of [3, 3, 2]) {
        for await (const event of trainer.run({ steps })) if (event.type === 'step') found.push(event.loss);
        if (cut.size === 0 && cuts) cut.add(0);
        else cut.clear();
      }
      trainer.dispose();
      network.dispose();
      return found;
    };
    const [recorded, eager] = [await losses('recorded'), await losses('eager')];
    expect(recorded).toHaveLength(8);
    expect(recorded).toEqual(eager);
    const uncut = await losses('eager', false);
    expect(recorded.slice(0, 3)).toEqual(uncut.slice(0, 3));
    expect(recorded[3]).not.toBe(uncut[3]);
  });

  test('a recorded pass gives the bits of an eager one, when it is run again too', async () => {
    const network = buildNetwork([{ type: 'unet', in: 1, out: 1, depth: 2, maps: 4, upsample: 'nearest' }], {
      inputShape: [6, 4, 1],
      rng: 5,
    });
    const x = wave([2, 6, 4, 1]);
    const gradients = () =>
      scope(() => grad(sum(square(network.forward(x))), network.parameters()).map((gradient) => keep(gradient)));
    const expected = await Promise.all(gradients().map(values));
    const recording = device.record(gradients);
    for (let run = 0; run < 2; run++) {
      recording.execute();
      expect(await Promise.all(recording.result.map(values))).toEqual(expected);
    }
    recording.dispose();
    network.dispose();
  });
});
