import { WebGpuDevice } from '/work/main/engine/device/webgpu/webgpu-device.ts';
import { init } from '/work/main/engine/index.ts';
import { scope } from '/work/main/engine/memory.ts';
import * as arch from '/work/main/engine/nn/architectures.ts';
import { buildNetwork } from '/work/main/engine/nn/network.ts';
import * as ops from '/work/main/engine/ops/index.ts';
import { createOptimiser } from '/work/main/engine/optim/optimiser.ts';
import { tensor } from '/work/main/engine/tensor.ts';

const cpu = () => {
  const u = process.cpuUsage();
  return (u.user + u.system) / 2000;
};
const device = await init({ device: 'webgpu' });
const log: { name: string; kernel: any; buffers: any; params: any }[] = [];
const original = WebGpuDevice.prototype.run;
let on = false;
WebGpuDevice.prototype.run = function (this: any, kernel: any, buffers: any, params: any, options: any) {
  if (on) log.push({ name: kernel.name, kernel, buffers, params });
  return original.call(this, kernel, buffers, params, options);
} as any;
const which = process.env.NET ?? 'MNIST_CNN';
const B = Number(process.env.B ?? 64);
const a = (arch as any)[which];
const net = buildNetwork(a.definition, { inputShape: a.inputShape, rng: 1 } as any);
const opt = createOptimiser(net, { type: 'adam', lr: 1e-3 });
const x = tensor(
  Float32Array.from({ length: B * a.inputShape.reduce((p: number, q: number) => p * q, 1) }, (_, i) => (i % 17) / 17),
  [B, ...a.inputShape],
);
const out = net.forward(x);
console.log('output', out.shape);
const classes = out.shape.at(-1)!;
const y = tensor(
  Int32Array.from({ length: out.size / classes }, (_, i) => i % classes),
  [out.size / classes],
  { dtype: 'i32' } as any,
);
const step = () =>
  scope(() => {
    net.train();
    opt.prepare();
    net.rng.advance();
    const logits = net.forward(x);
    const l = (ops as any).crossEntropy((ops as any).reshape(logits, [-1, classes]), y);
    opt.apply(opt.gradients(l));
  });
step();
step();
await device.sync();
on = true;
step();
on = false;
await device.sync();
const inner: any =
  (device as any).inner ?? (device as any).device ?? Object.values(device).find((v) => v instanceof WebGpuDevice) ?? device;
const t0 = cpu();
for (let k = 0; k < 3; k++) step();
await device.sync();
console.log(which, 'step cpu/2', ((cpu() - t0) / 3).toFixed(1), 'ms; kernels', log.length);
// replay each kernel alone with fresh buffers
const rows: [string, number, string][] = [];
const gpu: WebGpuDevice =
  inner instanceof WebGpuDevice
    ? inner
    : new (WebGpuDevice as any)(await (await import('/work/main/engine/device/webgpu/adapter.ts')).openAdapter());
for (const { name, kernel, params } of log) {
  const sizes = kernel.sizes(params);
  const buffers: any = {};
  for (const [n, c] of Object.entries(sizes) as any) {
    buffers[n] = gpu.allocate(4 * c);
    gpu.write(buffers[n], (kernel.types?.[n] ?? 'f32') === 'f32' ? (new Float32Array(c).fill(0.5) as any) : new Uint32Array(c));
  }
  gpu.run(kernel, buffers, params);
  await gpu.sync();
  let best = Infinity;
  for (let r = 0; r < 3; r++) {
    const t = cpu();
    gpu.run(kernel, buffers, params);
    await gpu.sync();
    best = Math.min(best, cpu() - t);
  }
  rows.push([name, best, JSON.stringify(params).slice(0, 150)]);
  for (const b of Object.values(buffers)) gpu.release(b as any);
}
const total = rows.reduce((s, r) => s + r[1], 0);
console.log('sum', total.toFixed(1));
for (const r of rows.sort((p, q) => q[1] - p[1]).slice(0, 28)) console.log(r[1].toFixed(2).padStart(8), r[0].padEnd(24), r[2]);
process.exit(0);
