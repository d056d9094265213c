/** The kinds of cases in a fixtures file, and how each is replayed on a device. */
import { grad } from '../../engine/autodiff.ts';
import type { NetworkDefinition } from '../../engine/nn/definition.ts';
import { bceWithLogits, crossEntropy, l1Loss, mseLoss } from '../../engine/ops/index.ts';
import type { OptimiserConfig } from '../../engine/optim/config.ts';
import { createOptimiser } from '../../engine/optim/optimiser.ts';
import { sameShape, type Tensor } from '../../engine/tensor.ts';
import { attributionMethods } from './fixture-attributions.ts';
import { compare, type Files, networkFor, requireClose, stored, type Tolerance, upload } from './fixture-files.ts';
import type { Layout } from './fixture-layouts.ts';
import { MethodCall, methods } from './fixture-methods.ts';
import { type Attrs, fixtureOps } from './fixture-ops.ts';

interface Common extends Tolerance {
  readonly name: string;
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
  /** Parameter name → [from, to): in these steps it takes no gradient and is not updated. */
  readonly frozen?: Readonly<Record<string, readonly [from: number, to: number]>>;
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

export interface MethodCase extends Common {
  readonly kind: 'method';
  readonly method: string;
  readonly attrs: Attrs;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

export type FixtureCase = OpCase | TrainCase | AttributionCase | MethodCase;

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
  const slots = new Map(network.parameterSlots());
  for (const name of Object.keys(test.frozen ?? {}))
    if (!slots.has(name)) throw new Error(`the network has no parameter '${name}'`);
  const losses: number[] = [];
  for (const [step, name] of test.inputs.entries()) {
    for (const [frozen, [from, to]] of Object.entries(test.frozen ?? {})) {
      (slots.get(frozen) as { tensor: Tensor }).tensor.requiresGrad = step < from || step >= to;
    }
    const x = upload(files, name, 'image');
    const target = upload(files, test.targets[step] as string, 'image');
    const loss = lossOf(network.forward(x), target);
    optimiser.step(optimiser.gradients(loss));
    losses.push(await loss.item());
  }
  requireClose('losses', { shape: [losses.length], data: losses }, { shape: [test.losses.length], data: test.losses }, test);
  const state = await network.stateDict();
  for (const [name, key] of Object.entries(test.final)) {
    const got = state.get(name);
    if (!got) throw new Error(`the trained network has no '${name}'`);
    requireClose(`final '${name}'`, got, stored(files, key), test);
  }
  optimiser.dispose();
  network.dispose();
}

export async function replayAttribution(files: Files, test: AttributionCase): Promise<void> {
  const method = attributionMethods[test.method];
  if (!method) throw new Error(`there is no attribution method '${test.method}'`);
  const network = networkFor(files, test.network, test.input, test.state).eval();
  const x = upload(files, test.input, 'image');
  const { map, layout } = method(files, network, x, upload(files, test.target, 'plain'), test.attrs ?? {});
  await compare(files, 'map', map, layout, test.output, test);
  network.dispose();
}

export async function replayMethod(files: Files, test: MethodCase): Promise<void> {
  const method = methods[test.method];
  if (!method) throw new Error(`there is no method '${test.method}'`);
  const call = new MethodCall(files, test.inputs, test.attrs ?? {});
  try {
    const outputs = await method(call);
    for (const [output, name] of Object.entries(test.outputs)) {
      const got = outputs[output];
      if (!got) throw new Error(`'${test.method}' gave no '${output}'`);
      await compare(files, output, got.value, got.layout ?? 'plain', name, test);
    }
  } finally {
    call.dispose();
  }
}
