import { openAdapter } from '/work/main/engine/device/webgpu/adapter.ts';
import { WebGpuDevice } from '/work/main/engine/device/webgpu/webgpu-device.ts';
import { unaryKernels, unaryGradientKernels } from '/work/main/engine/kernels/unary.ts';
import { binaryKernels, binaryParams } from '/work/main/engine/kernels/binary.ts';
import { copy, permuteParams } from '/work/main/engine/kernels/copy.ts';
import { fill } from '/work/main/engine/kernels/fill.ts';
import { reductionKernels } from '/work/main/engine/kernels/reduction.ts';
import { argmax } from '/work/main/engine/kernels/arg-reduction.ts';
import { softmax, crossEntropy } from '/work/main/engine/kernels/softmax.ts';
import { maxPool, maxPoolGradient, averagePool } from '/work/main/engine/kernels/pooling.ts';
import { resize, resizeGradient, resizeParams } from '/work/main/engine/kernels/resize.ts';
import { batchNorm, batchNormGradient, batchNormStatistics } from '/work/main/engine/kernels/batch-norm.ts';
import { layerNorm, layerNormGradient } from '/work/main/engine/kernels/layer-norm.ts';
import { randomNormal, randomUniform, dropout } from '/work/main/engine/kernels/random.ts';
import { adam, sgdMomentum } from '/work/main/engine/kernels/optimizer.ts';
import { gatherImages } from '/work/main/engine/kernels/batch.ts';
import { gather, gatherGradient } from '/work/main/engine/kernels/gather.ts';
import { countNonFinite } from '/work/main/engine/kernels/finite.ts';

const opened = await openAdapter();
const device = new WebGpuDevice(opened);
const S = Number(process.env.SCALE ?? 1); // size multiplier
const only = process.env.ONLY;
console.log(device.info.name, device.info.vendor, 'software', device.info.software, 'scale', S);
async function bench(label: string, kernel: any, params: any) {
  if (only && !label.includes(only)) return;
  const sizes = kernel.sizes(params);
  const buffers: any = {};
  let bytes = 0;
  for (const [n, c] of Object.entries(sizes) as [string, number][]) {
    bytes += 4 * c * (kernel.inPlace?.includes(n) ? 2 : 1);
    const b = device.allocate(4 * c, n);
    const type = kernel.types?.[n] ?? 'f32';
    const data = type === 'f32' ? Float32Array.from({ length: c }, (_, i) => 0.1 + (i % 97) / 97) : new Uint32Array(c);
    device.write(b, data as any);
    buffers[n] = b;
  }
  let line = label.padEnd(26) + (bytes / 1e6).toFixed(1).padStart(8) + ' MB ';
  for (const v of kernel.variants) {
    if (v.applies && !v.applies(params, device.caps)) continue; if (process.env.FAST && v.id === 'naive' && kernel.variants.length > 1) continue;
    const run = () => device.run(kernel, buffers, params, { variant: v.id });
    run(); await device.sync();
    let n = 1, best = Infinity;
    const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) / 2000; };
    for (;;) { const t = cpu(); for (let k = 0; k < n; k++) run(); await device.sync(); const d = cpu() - t; if (d > 40 || n > 2000) { best = d / n; break; } n = Math.ceil(n * Math.min(10, Math.max(2, 50 / Math.max(d, 0.5)))); }
    for (let r = 0; r < 4; r++) { const t = cpu(); for (let k = 0; k < n; k++) run(); await device.sync(); best = Math.min(best, (cpu() - t) / n); }
    line += ` | ${v.id} ${best.toFixed(3)} ms ${(bytes / 1e6 / best).toFixed(2)} GB/s`;
  }
  for (const b of Object.values(buffers)) device.release(b as any);
  console.log(line);
}
const N = 1_000_000 * S;
const u = { count: N, alpha: 0.5, beta: 1 };
await bench('relu', unaryKernels.relu, u);
await bench('exp', unaryKernels.exp, u);
await bench('sin', unaryKernels.sin, u);
await bench('gelu', unaryKernels.gelu, u);
await bench('reluGradient', unaryGradientKernels.relu, u);
await bench('add', binaryKernels.add, binaryParams([N], [N])!.params);
await bench('add bias C=32', binaryKernels.add, binaryParams([N / 32, 32], [32])!.params);
await bench('add bias C=10', binaryKernels.add, binaryParams([N / 10, 10], [10])!.params);
await bench('mul column', binaryKernels.mul, binaryParams([N / 32, 32], [N / 32, 1])!.params);
await bench('add general', binaryKernels.add, binaryParams([N / 200, 5, 1, 8], [1, 5, 5, 8])!.params);
await bench('fill', fill, { count: N, bits: 0 });
await bench('permute NCHW-NHWC', copy, permuteParams([N / 65536 | 0 || 1, 64, 32, 32], [0, 2, 3, 1]));
await bench('permute odd', copy, permuteParams([N / 9216 | 0, 9, 32, 32], [0, 2, 3, 1]));
await bench('transpose', copy, permuteParams([1000 * S, 1000], [1, 0]));
await bench('sum all', reductionKernels.sum, { outer: 1, reduce: N, inner: 1 });
await bench('sum rows 1000', reductionKernels.sum, { outer: N / 1000, reduce: 1000, inner: 1 });
await bench('sum rows 10', reductionKernels.sum, { outer: N / 10, reduce: 10, inner: 1 });
await bench('sum cols C=32', reductionKernels.sum, { outer: 1, reduce: N / 32, inner: 32 });
await bench('sum cols C=10', reductionKernels.sum, { outer: 1, reduce: N / 10, inner: 10 });
await bench('mean HW', reductionKernels.mean, { outer: N / 64000, reduce: 1000, inner: 64 });
await bench('argmax all', argmax, { outer: 1, reduce: N, inner: 1 });
await bench('softmax 10', softmax, { rows: N / 10, classes: 10 });
await bench('softmax 1000', softmax, { rows: N / 1000, classes: 1000 });
await bench('crossEntropy 10', crossEntropy, { rows: N / 10, classes: 10 });
await bench('crossEntropy 1000', crossEntropy, { rows: N / 1000, classes: 1000 });
const pool = { batch: 64 * S, height: 26, width: 26, channels: 32, outHeight: 13, outWidth: 13, kernelHeight: 2, kernelWidth: 2, strideY: 2, strideX: 2, padY: 0, padX: 0 };
await bench('maxPool 2/2', maxPool, pool);
await bench('maxPoolGradient 2/2', maxPoolGradient, pool);
await bench('averagePool 2/2', averagePool, pool);
const up = resizeParams({ shape: [4 * S, 32, 32, 64], size: [64, 64], mode: 'bilinear' });
await bench('resize x2', resize, up);
await bench('resizeGradient x2', resizeGradient, up);
const bn = { rows: N / 64, channels: 64 };
await bench('bn statistics', batchNormStatistics, bn);
await bench('bn forward', batchNorm, { ...bn, epsilon: 1e-5, relu: 0 });
await bench('bn gradient', batchNormGradient, { ...bn, epsilon: 1e-5, training: 1 });
await bench('ln forward', layerNorm, { rows: N / 500, features: 500, epsilon: 1e-5 });
await bench('ln gradient', layerNormGradient, { rows: N / 500, features: 500, epsilon: 1e-5 });
await bench('uniform', randomUniform, { count: N, draw: 0, low: 0, high: 1 });
await bench('normal', randomNormal, { count: N, draw: 0, mean: 0, std: 1 });
await bench('dropout', dropout, { count: N, draw: 0, p: 0.5 });
await bench('sgdMomentum', sgdMomentum, { count: N });
await bench('adam', adam, { count: N });
await bench('gatherImages', gatherImages, { batch: 64 * S, length: 784, channels: 1, samples: 60000, steps: 60000, mean: [0.13], std: [0.3] });
await bench('gather rows', gather, { outer: 1, extent: 10000, inner: 100, count: N / 100 });
await bench('gatherGradient', gatherGradient, { outer: 1, extent: 1000, inner: 64, count: 512 });
await bench('nonFinite', countNonFinite, { count: N });
process.exit(0);
