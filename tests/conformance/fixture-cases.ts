/** The three kinds of cases in a fixtures file, and how each is replayed on a device. */
import { grad } from '../../engine/autodiff.ts';
import type { RecordingDevice } from '../../engine/device/recording-device.ts';
import { fgsm, pgd } from '../../engine/explain/adversarial.ts';
import { guidedBackpropagation, inputXGradient, integratedGradients, saliency } from '../../engine/explain/attribution.ts';
import { cam, gradCam, xGradCam } from '../../engine/explain/cam.ts';
import type { QuadratureRule } from '../../engine/explain/quadrature.ts';
import type { SafetensorsTensor } from '../../engine/io/safetensors.ts';
import type { NetworkDefinition } from '../../engine/nn/definition.ts';
import { buildNetwork, type Network } from '../../engine/nn/network.ts';
import { bceWithLogits, crossEntropy, l1Loss, mseLoss } from '../../engine/ops/index.ts';
import type { OptimiserConfig } from '../../engine/optim/config.ts';
import { createOptimiser } from '../../engine/optim/optimiser.ts';
import { sameShape, sizeOf, type Tensor, tensor } from '../../engine/tensor.ts';
import { fromEngine, type HostTensor, type Layout, toEngine } from './fixture-layouts.ts';
import { type Attrs, fixtureOps } from './fixture-ops.ts';

interface Common {
  readonly name: string;
  readonly rtol: number;
  readonly atol: number;
}

export interface OpCase extends Common {
  readonly kind: 'op';
  readonly op: string;
  readonly attrs: Attrs;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly upstream: string | null;
  readonly grads: readonly (string | null)[];
}

export interface TrainCase extends Common {
  readonly kind: 'train';
  readonly network: NetworkDefinition;
  readonly init: Readonly<Record<string, string>>;
  readonly final: Readonly<Record<string, string>>;
  readonly loss: string;
  readonly optimizer: OptimiserConfig;
  readonly inputs: readonly string[];
  readonly targets: readonly string[];
  readonly losses: readonly number[];
}

export interface AttributionCase extends Common {
  readonly kind: 'attribution';
  readonly method: string;
  readonly network: NetworkDefinition;
  readonly state: Readonly<Record<string, string>>;
  readonly input: string;
  readonly target: string;
  readonly attrs: Attrs;
  readonly output: string;
}

export type FixtureCase = OpCase | TrainCase | AttributionCase;

/** What a case needs of its file. */
export interface Files {
  readonly device: RecordingDevice;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
}

function stored(files: Files, name: string): SafetensorsTensor {
  const found = files.tensors.get(name);
  if (!found) throw new Error(`the file of tensors has no '${name}'`);
  return found;
}

function values({ data }: SafetensorsTensor): ArrayLike<number> {
  return data instanceof BigInt64Array ? Array.from(data, Number) : data;
}

/** A tensor of the file on the device, in the engine's layout. Whole numbers become i32. */
function upload(files: Files, name: string, layout: Layout): Tensor {
  const found = stored(files, name);
  const { shape, data } = toEngine({ shape: found.shape, data: values(found) }, layout);
  const dtype = found.dtype === 'F32' ? 'f32' : 'i32';
  return tensor(dtype === 'f32' ? Float32Array.from(data) : Int32Array.from(data), shape, { dtype, device: files.device });
}

function requireClose(what: string, got: HostTensor, expected: HostTensor, { rtol, atol }: Common): void {
  // A reduction to nothing is [] here and [1] in the files.
  if (!sameShape(got.shape, expected.shape) && !(sizeOf(got.shape) === 1 && sizeOf(expected.shape) === 1)) {
    throw new Error(`${what} has shape [${got.shape.join(', ')}], expected [${expected.shape.join(', ')}]`);
  }
  let worst = 0;
  let at = -1;
  for (let i = 0; i < expected.data.length; i++) {
    const [g, e] = [got.data[i] as number, expected.data[i] as number];
    const excess = Math.abs(g - e) / (atol + rtol * Math.abs(e));
    // Equal infinities differ by NaN.
    if (g !== e && !(excess <= Math.max(1, worst))) [worst, at] = [Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess, i];
  }
  if (at >= 0) {
    const side = `${got.data[at]}, expected ${expected.data[at]}`;
    throw new Error(`${what}[${at}] is ${side} (${worst.toPrecision(3)} times the tolerance)`);
  }
}

async function download(t: Tensor, layout: Layout): Promise<HostTensor> {
  return fromEngine({ shape: t.shape, data: await t.data() }, layout);
}

async function compare(files: Files, what: string, got: Tensor, layout: Layout, name: string, tolerance: Common): Promise<void> {
  const expected = stored(files, name);
  requireClose(what, await download(got, layout), { shape: expected.shape, data: values(expected) }, tolerance);
}

export async function replayOp(files: Files, test: OpCase): Promise<void> {
  const op = fixtureOps[test.op];
  if (!op) throw new Error(`there is no operation '${test.op}'`);
  const layoutOf = (index: number) => op.inputs[Math.min(index, op.inputs.length - 1)] as Layout;
  const inputs = test.inputs.map((name, index) => upload(files, name, layoutOf(index)));
  test.grads.forEach((name, index) => {
    (inputs[index] as Tensor).requiresGrad = name !== null;
  });
  const output = op.run(inputs, test.attrs ?? {});
  await compare(files, 'output', output, op.output, test.output, test);
  const wanted = test.grads.flatMap((name, index) => (name === null ? [] : [{ name, index }]));
  if (test.upstream === null || wanted.length === 0) return;
  const upstream = upload(files, test.upstream, op.output);
  const gradOutput = sameShape(upstream.shape, output.shape) ? upstream : upstream.alias(output.shape);
  const gradients = grad(
    output,
    wanted.map(({ index }) => inputs[index] as Tensor),
    { gradOutput },
  );
  for (const [i, { name, index }] of wanted.entries()) {
    await compare(files, `gradient ${index}`, gradients[i] as Tensor, layoutOf(index), name, test);
  }
}

/** A network with the stored weights, for inputs of the given (PyTorch) shape. */
function networkFor(
  files: Files,
  definition: NetworkDefinition,
  input: string,
  state: Readonly<Record<string, string>>,
): Network {
  const { shape } = stored(files, input);
  const inputShape = shape.length === 4 ? [shape[2] as number, shape[3] as number, shape[1] as number] : shape.slice(1);
  const network = buildNetwork(definition, { inputShape, rng: 0, device: files.device });
  network.loadStateDict(
    new Map(
      Object.entries(state).map(([name, key]) => {
        const found = stored(files, key);
        return [name, { shape: found.shape, data: Float32Array.from(values(found)) }];
      }),
    ),
  );
  return network;
}

const LOSSES: Readonly<Record<string, (output: Tensor, target: Tensor) => Tensor>> = {
  crossEntropy,
  mse: mseLoss,
  mseLoss,
  l1: l1Loss,
  l1Loss,
  bceWithLogits,
};

export async function replayTrain(files: Files, test: TrainCase): Promise<void> {
  const lossOf = LOSSES[test.loss];
  if (!lossOf) throw new Error(`there is no loss '${test.loss}'`);
  const network = networkFor(files, test.network, test.inputs[0] as string, test.init).train();
  const optimiser = createOptimiser(network, test.optimizer);
  const losses: number[] = [];
  for (const [step, name] of test.inputs.entries()) {
    const x = upload(files, name, 'image');
    const target = upload(files, test.targets[step] as string, 'image');
    const loss = lossOf(network.forward(x), target);
    optimiser.step(grad(loss, optimiser.parameters, { allowUnused: true }));
    losses.push(await loss.item());
  }
  requireClose('losses', { shape: [losses.length], data: losses }, { shape: [test.losses.length], data: test.losses }, test);
  const state = await network.stateDict();
  for (const [name, key] of Object.entries(test.final)) {
    const got = state.get(name);
    if (!got) throw new Error(`the trained network has no '${name}'`);
    const expected = stored(files, key);
    requireClose(`final '${name}'`, got, { shape: expected.shape, data: values(expected) }, test);
  }
  optimiser.dispose();
  network.dispose();
}

function baseline(files: Files, given: unknown): Tensor | number {
  if (typeof given === 'number') return given;
  if (given === undefined || given === 'zeros') return 0;
  if (given === 'ones') return 1;
  return upload(files, String(given), 'image');
}

const METHODS: Readonly<
  Record<string, (files: Files, network: Network, x: Tensor, targets: Tensor, attrs: Attrs) => { map: Tensor; layout: Layout }>
> = {
  saliency: (_, network, x, t, attrs) => ({
    map: saliency(network, x, t, { absolute: (attrs.absolute as boolean | undefined) ?? true }),
    layout: 'image',
  }),
  inputXGradient: (_, network, x, t) => ({ map: inputXGradient(network, x, t), layout: 'image' }),
  guidedBackpropagation: (_, network, x, t) => ({ map: guidedBackpropagation(network, x, t), layout: 'image' }),
  integratedGradients: (files, network, x, t, attrs) => ({
    map: integratedGradients(network, x, t, {
      steps: attrs.steps as number,
      rule: attrs.rule as QuadratureRule,
      baseline: baseline(files, attrs.baseline),
    }),
    layout: 'image',
  }),
  cam: (_, network, x, t, attrs) => ({ map: cam(network, x, t, attrs.layer as number), layout: 'plain' }),
  gradCam: (_, network, x, t, attrs) => ({ map: gradCam(network, x, t, attrs.layer as number), layout: 'plain' }),
  xGradCam: (_, network, x, t, attrs) => ({ map: xGradCam(network, x, t, attrs.layer as number), layout: 'plain' }),
  fgsm: (_, network, x, t, attrs) => ({
    map: fgsm(network, x, t, {
      epsilon: attrs.epsilon as number,
      targeted: (attrs.targeted as boolean | undefined) ?? false,
    }),
    layout: 'image',
  }),
  pgd: (_, network, x, t, attrs) => ({
    map: pgd(network, x, t, {
      epsilon: attrs.epsilon as number,
      stepSize: attrs.stepSize as number,
      steps: attrs.steps as number,
      randomStart: (attrs.randomStart as boolean | undefined) ?? false,
      targeted: (attrs.targeted as boolean | undefined) ?? false,
    }),
    layout: 'image',
  }),
};

export async function replayAttribution(files: Files, test: AttributionCase): Promise<void> {
  const method = METHODS[test.method];
  if (!method) throw new Error(`there is no attribution method '${test.method}'`);
  const network = networkFor(files, test.network, test.input, test.state).eval();
  const x = upload(files, test.input, 'image');
  const { map, layout } = method(files, network, x, upload(files, test.target, 'plain'), test.attrs ?? {});
  await compare(files, 'map', map, layout, test.output, test);
  network.dispose();
}
