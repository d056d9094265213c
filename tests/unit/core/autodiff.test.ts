import { beforeEach, describe, expect, it } from 'vitest';
import { backward, customGradient, grad, noGrad, onGradient, withGradients } from '../../../engine/autodiff.ts';
import { ArgumentError, DisposedTensorError, ShapeError } from '../../../engine/errors.ts';
import { gradCheck } from '../../../engine/grad-check.ts';
import { keep, liveTensors, scope } from '../../../engine/memory.ts';
import { add, mul, sub } from '../../../engine/ops/binary.ts';
import { mean, sum } from '../../../engine/ops/reduce.ts';
import { exp, log, relu, square, tanh } from '../../../engine/ops/unary.ts';
import { setDevice, type Tensor, tensor, zeros } from '../../../engine/tensor.ts';
import { availableDevices } from './devices.ts';

const numbers = async (x: Tensor) => [...(await x.data())];

describe.each(await availableDevices())('on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  it('back-propagates through a shared tensor and adds its gradients', async () => {
    const x = tensor([1, 2, 3], undefined, { requiresGrad: true });
    const y = sum(add(mul(x, x), x));
    backward(y);
    expect(await numbers(x.grad as Tensor)).toEqual([3, 5, 7]);
    backward(sum(x));
    expect(await numbers(x.grad as Tensor)).toEqual([4, 6, 8]);
  });

  it('gives gradients with respect to tensors in between', async () => {
    const x = tensor([1, 2], undefined, { requiresGrad: true });
    const h = mul(x, 3);
    const y = sum(square(h));
    const [gh, gx] = grad(y, [h, x]) as [Tensor, Tensor];
    expect(await numbers(gh)).toEqual([6, 12]);
    expect(await numbers(gx)).toEqual([18, 36]);
  });

  it('refuses a gradient whose inputs were overwritten after the forward pass, and only such a one', async () => {
    const x = tensor([1, 2], undefined, { requiresGrad: true });
    const [reads, reads2, sums] = [
      sum(square(x)),
      customGradient([x], { name: 'twice', forward: ([a]) => mul(a as Tensor, 2), gradient: (gy) => [mul(gy, 2)] }),
      sum(x),
    ];
    x.detach().write([5, 6]);
    expect(() => grad(reads, [x])).toThrow(/the gradient of square needs the values.*overwritten/);
    expect(() => grad(sum(reads2), [x])).toThrow(ArgumentError);
    // The sum's gradient reads nothing of x.
    expect(await numbers((grad(sums, [x]) as [Tensor])[0])).toEqual([1, 1]);
    expect(await numbers((grad(sum(square(x)), [x]) as [Tensor])[0])).toEqual([10, 12]);
  });

  it('differentiates twice', async () => {
    const x = tensor([0.5, -1], undefined, { requiresGrad: true });
    const [first] = grad(sum(exp(mul(x, x))), [x], { createGraph: true }) as [Tensor];
    const [second] = grad(sum(first), [x]) as [Tensor];
    const expected = [0.5, -1].map((v) => Math.exp(v * v) * (2 + 4 * v * v));
    (await numbers(second)).forEach((v, i) => {
      expect(v).toBeCloseTo(expected[i] as number, 4);
    });
  });

  it('says which input the output does not depend on', () => {
    const x = tensor([1], undefined, { requiresGrad: true });
    const other = tensor([1], undefined, { requiresGrad: true });
    other.name = 'unused';
    expect(() => grad(sum(x), [other])).toThrow(/does not depend on input 'unused'/);
    expect(grad(sum(square(x)), [other], { allowUnused: true })).toEqual([null]);
    expect(() => backward(square(tensor([1, 2], undefined, { requiresGrad: true })))).toThrow(ShapeError);
  });

  it('records nothing inside noGrad', () => {
    const x = tensor([1], undefined, { requiresGrad: true });
    expect(noGrad(() => mul(x, 2)).requiresGrad).toBe(false);
  });

  it('lets hooks, overrides and custom gradients replace what flows', async () => {
    const x = tensor([-1, 2], undefined, { requiresGrad: true });
    const h = mul(x, 2);
    const remove = onGradient(h, (g) => mul(g, 10));
    expect(await numbers(grad(sum(h), [x])[0] as Tensor)).toEqual([20, 20]);
    remove();
    expect(await numbers(grad(sum(h), [x])[0] as Tensor)).toEqual([2, 2]);
    const y = withGradients({ relu: (gy: Tensor) => [mul(gy, 7)] }, () => relu(x));
    expect(await numbers(grad(sum(y), [x])[0] as Tensor)).toEqual([7, 7]);
    expect(await numbers(grad(sum(relu(x)), [x])[0] as Tensor)).toEqual([0, 1]);
    const straight = customGradient([x], { name: 'straight', forward: ([v]) => relu(v as Tensor), gradient: (gy) => [gy] });
    expect(await numbers(grad(sum(straight), [x])[0] as Tensor)).toEqual([1, 1]);
  });

  it('leaves a hook its own tensor, and releases the gradient that it replaces', async () => {
    const x = tensor([1, 2], undefined, { requiresGrad: true });
    const h = mul(x, 3);
    const fixed = keep(tensor([5, 7]));
    const given: Tensor[] = [];
    const kept: Tensor[] = [];
    for (const at of [h, x]) {
      const remove = onGradient(at, (gy) => {
        given.push(gy);
        kept.push(gy.alias());
        return fixed;
      });
      const [gradient] = grad(sum(h), [x]) as [Tensor];
      expect(await numbers(gradient)).toEqual(at === h ? [15, 21] : [5, 7]);
      gradient.dispose();
      expect(await numbers(fixed)).toEqual([5, 7]);
      remove();
    }
    expect(given.map((gy) => gy.isDisposed)).toEqual([true, true]);
    expect(await Promise.all(kept.map(numbers))).toEqual([[1, 1], [3, 3]]); // biome-ignore format: a pair
    // Two hooks, and second derivatives: a recorded gradient keeps its history.
    onGradient(h, (gy) => mul(gy, 2));
    onGradient(h, (gy) => mul(gy, h));
    const [first] = grad(sum(h), [x], { createGraph: true }) as [Tensor];
    expect(await numbers(first)).toEqual([18, 36]);
    expect(await numbers(grad(sum(h), [x])[0] as Tensor)).toEqual([18, 36]);
  });

  it('agrees with central differences, and notices when it does not', async () => {
    const x = tensor([0.3, -0.7, 1.1]);
    const good = await gradCheck((v) => tanh(mul(v, v)), [x]);
    expect(good).toMatchObject({ passed: true, checked: 3 });
    const wrong = await gradCheck(
      (v) =>
        customGradient([v], {
          name: 'wrong',
          forward: ([u]) => square(u as Tensor),
          gradient: (gy, [u]) => [mul(gy, u as Tensor)],
        }),
      [x],
    );
    expect(wrong.passed).toBe(false);
    expect(wrong.message).toMatch(/worst element: input 0, index/);
  });

  it('never passes a gradient that is not finite, wherever it stands', async () => {
    const broken = (at: number, value: number) => (v: Tensor) =>
      customGradient([v], {
        name: 'broken',
        forward: ([u]) => square(u as Tensor),
        gradient: (gy, [u]) => {
          const slopes = new Float32Array(3);
          slopes[at] = value;
          return [add(mul(gy, mul(u as Tensor, 2)), tensor(slopes))];
        },
      });
    const x = () => [tensor([0.3, -0.7, 1.1])];
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const at of [0, 1, 2]) {
        const result = await gradCheck(broken(at, value), x());
        expect(result).toMatchObject({ passed: false, maxError: Number.POSITIVE_INFINITY, worst: { index: at, tape: value } });
        // Also where no difference is taken there.
        expect((await gradCheck(broken(at, value), x(), { maxElements: 1 })).passed).toBe(false);
      }
    }
    // The function itself: the logarithm has no value below 0.
    expect((await gradCheck((v) => log(v), [tensor([1, -1, 2])])).passed).toBe(false);
    expect((await gradCheck((v) => square(v), x())).passed).toBe(true);
  });

  it('sees a wrong gradient of any size', async () => {
    // 1 % off, on scales where an absolute tolerance would say nothing.
    for (const scale of [1e-6, 1e-2, 1, 1e4]) {
      const off = (factor: number) => (v: Tensor) =>
        customGradient([v], {
          name: 'off',
          forward: ([u]) => mul(square(u as Tensor), scale),
          gradient: (gy, [u]) => [mul(mul(gy, u as Tensor), 2 * scale * factor)],
        });
      const x = [tensor([0.3, -0.7, 1.1])];
      expect((await gradCheck(off(1.01), x)).passed, `${scale}`).toBe(false);
      expect((await gradCheck(off(1), x)).passed, `${scale}`).toBe(true);
    }
    const constant = (v: Tensor) => mul(v, 0);
    expect(await gradCheck(constant, [tensor([1, 2])])).toMatchObject({ passed: true, maxError: 0 });
    await expect(gradCheck(constant, [tensor(Int32Array.of(1))])).rejects.toThrow(ArgumentError);
    await expect(gradCheck((async (v: Tensor) => v) as never, [tensor([1])])).rejects.toThrow(ArgumentError);
  });

  it('releases what a scope makes, and keeps what it returns or is told to', async () => {
    const before = liveTensors();
    const kept: Tensor[] = [];
    const { a } = scope(() => {
      const x = tensor([1, 2]);
      kept.push(keep(mul(x, 5)));
      return { a: add(x, 1) };
    });
    expect(liveTensors() - before).toBe(2);
    expect(await numbers(a)).toEqual([2, 3]);
    expect(await numbers(kept[0] as Tensor)).toEqual([5, 10]);
    a.dispose();
    a.dispose();
    for (const t of kept) t.dispose();
    expect(liveTensors()).toBe(before);
    expect(() => add(a, 1)).toThrow(DisposedTensorError);
    expect(() => add(a, 1)).toThrow(/affine: .*made by/);
  });

  it('refuses functions that go on after their frame is closed', async () => {
    const x = tensor([1, 2], undefined, { requiresGrad: true });
    const frames: [string, (fn: () => unknown) => unknown][] = [
      ['scope', scope],
      ['noGrad', noGrad],
      ['withGradients', (fn) => withGradients({}, fn)],
      ['record', (fn) => device.record(fn)],
    ];
    for (const [name, frame] of frames) {
      const late = async () => {
        await Promise.resolve();
        return mul(x, 2);
      };
      expect(() => frame(late), name).toThrow(ArgumentError);
      expect(() => frame(late), name).toThrow(`${name}(fn): fn must be synchronous`);
    }
    // Nothing stays switched off.
    expect(mul(x, 2).requiresGrad).toBe(true);
    expect(() => withGradients({ rleu: (gy: Tensor) => [gy] }, () => relu(x))).toThrow(/'rleu' is no operation/);
    expect(await numbers(scope(() => mul(x, 2)))).toEqual([2, 4]);
  });

  it('refuses to differentiate through what has been released, instead of losing the gradient', async () => {
    const w = tensor([1, 2], undefined, { requiresGrad: true });
    const b = tensor([1, 1], undefined, { requiresGrad: true });
    const loss = scope(() => sum(square(mul(w, 2))));
    for (const differentiate of [() => backward(loss), () => grad(loss, [w]), () => grad(loss, [w], { allowUnused: true })]) {
      expect(differentiate).toThrow(DisposedTensorError);
      expect(differentiate).toThrow(/scope\(\).*keep\(\)/);
    }
    expect(w.grad).toBeNull();
    // A branch that does not lead to what is asked for may be gone.
    const h = mul(w, 3);
    const y = sum(add(h, b));
    h.dispose();
    expect(await numbers(grad(y, [b])[0] as Tensor)).toEqual([1, 1]);
    expect(() => grad(y, [w])).toThrow(DisposedTensorError);
    y.dispose();
    expect(() => backward(y)).toThrow(DisposedTensorError);
    const kept = scope(() => {
      const inner = keep(square(keep(mul(w, 2))));
      return sum(inner);
    });
    expect(await numbers(grad(kept, [w])[0] as Tensor)).toEqual([8, 16]);
  });

  it('keeps memory constant over a thousand steps', () => {
    const w = tensor([0.1, 0.2, 0.3], undefined, { requiresGrad: true });
    const step = () =>
      scope(() => {
        backward(mean(square(sub(w, 1))));
        w.grad?.dispose();
        w.grad = null;
      });
    for (let i = 0; i < 10; i++) step();
    const { bytes, buffers } = device.memory();
    const live = liveTensors();
    for (let i = 0; i < 1000; i++) step();
    expect(device.memory()).toMatchObject({ bytes, buffers });
    expect(liveTensors()).toBe(live);
    w.dispose();
  });

  it('replays a recorded step with the same bits, new inputs and shared memory', async () => {
    const x = zeros([64]);
    const w = tensor(
      Float32Array.from({ length: 64 }, (_, i) => i / 64),
      [64],
      { requiresGrad: true },
    );
    const step = () =>
      scope(() => {
        const loss = mean(square(tanh(mul(add(mul(w, x), 0.5), 2))));
        return { loss, gradient: grad(loss, [w])[0] as Tensor };
      });
    const recording = device.record(step);
    expect(recording.bytes.planned).toBeLessThan(recording.bytes.unshared);
    for (const seed of [1, 2]) {
      x.write(Float32Array.from({ length: 64 }, (_, i) => Math.sin(seed * i)));
      recording.execute();
      const eager = step();
      expect(await numbers(recording.result.loss)).toEqual(await numbers(eager.loss));
      expect(await numbers(recording.result.gradient)).toEqual(await numbers(eager.gradient));
    }
    recording.dispose();
  });
});
