/** Replays the cases of kinds `attribution` (the layer methods) and `method` of a folder of fixtures. */

import type { RecordingDevice } from '../../engine/device/recording-device.ts';
import { readSafetensors } from '../../engine/io/safetensors.ts';
import type { NetworkDefinition } from '../../engine/nn/definition.ts';
import { buildNetwork, type Network } from '../../engine/nn/network.ts';
import { type Tensor, tensor } from '../../engine/tensor.ts';
import { explainMethods, layerAttributions, type MethodInputs, type MethodResult } from './explain-methods.ts';
import { fromEngine, type HostTensor, type Layout, toEngine } from './fixture-layouts.ts';
import type { Attrs } from './fixture-ops.ts';

interface Case {
  readonly kind: string;
  readonly name: string;
  readonly method: string;
  readonly attrs: Attrs;
  readonly rtol: number;
  readonly atol: number;
  readonly network: NetworkDefinition;
  readonly state: Readonly<Record<string, string>>;
  readonly input: string;
  readonly target: string;
  readonly output: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface ReplayOutcome {
  readonly name: string;
  /** The largest difference, in tolerances; above 1 it is an error. */
  readonly worst: number;
  readonly message?: string;
}

type Stored = HostTensor & { readonly whole: boolean };

function upload(found: Stored, layout: Layout, device: RecordingDevice): Tensor {
  const { shape, data } = toEngine(found, layout);
  const dtype = found.whole ? 'i32' : 'f32';
  return tensor(found.whole ? Int32Array.from(data) : Float32Array.from(data), shape, { dtype, device });
}

function networkOf(
  definition: NetworkDefinition,
  state: Readonly<Record<string, string>>,
  input: Stored,
  stored: (name: string) => Stored,
  device: RecordingDevice,
): Network {
  const [, c, h, w] = input.shape as [number, number, number, number];
  const network = buildNetwork(definition, {
    inputShape: input.shape.length === 4 ? [h, w, c] : input.shape.slice(1),
    rng: 0,
    device,
  });
  network.loadStateDict(
    new Map(
      Object.entries(state).map(([name, key]) => {
        const { shape, data } = stored(key);
        return [name, { shape, data: Float32Array.from(data) }];
      }),
    ),
  );
  return network.eval();
}

async function worstOf({ value, layout = 'plain' }: MethodResult, expected: HostTensor, { rtol, atol }: Case): Promise<number> {
  const host =
    typeof value.data === 'function'
      ? fromEngine({ shape: value.shape, data: await value.data() }, layout)
      : (value as HostTensor);
  const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  if (host.shape.join() !== expected.shape.join() && !(size(host.shape) === 1 && size(expected.shape) === 1)) {
    throw new Error(`shape [${host.shape.join(', ')}], expected [${expected.shape.join(', ')}]`);
  }
  let worst = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const [g, e] = [host.data[i] as number, expected.data[i] as number];
    const excess = Math.abs(g - e) / (atol + rtol * Math.abs(e));
    worst = Math.max(worst, Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess);
  }
  return worst;
}

/** One outcome for each case that is about a method of this project's own. */
export async function replayMethods(json: string, bytes: Uint8Array, device: RecordingDevice): Promise<ReplayOutcome[]> {
  const { tensors } = readSafetensors(bytes);
  const stored = (name: string): Stored => {
    const found = tensors.get(name);
    if (!found) throw new Error(`the file of tensors has no '${name}'`);
    const { shape, data, dtype } = found;
    return { shape, data: data instanceof BigInt64Array ? Array.from(data, Number) : data, whole: dtype !== 'F32' };
  };
  const outcomes: ReplayOutcome[] = [];
  for (const test of (JSON.parse(json) as { cases: Case[] }).cases) {
    const attribution = test.kind === 'attribution' ? layerAttributions[test.method] : undefined;
    if (test.kind !== 'method' && !attribution) continue;
    const networks: Network[] = [];
    const network = (definition: NetworkDefinition, state: Readonly<Record<string, string>>, input: string): Network => {
      const made = networkOf(definition, state, stored(input), stored, device);
      networks.push(made);
      return made;
    };
    try {
      const results: [MethodResult, string][] = [];
      if (attribution) {
        const x = upload(stored(test.input), 'image', device);
        const made = network(test.network, test.state, test.input);
        const { map, layout } = attribution(made, x, upload(stored(test.target), 'plain', device), test.attrs);
        results.push([{ value: map, layout }, test.output]);
      } else {
        const method = explainMethods[test.method];
        if (!method) throw new Error(`there is no method '${test.method}'`);
        const call: MethodInputs = {
          attrs: test.attrs,
          tensor: (input, layout = 'plain') => upload(stored(test.inputs[input] as string), layout, device),
          network: (input = 'input') =>
            network(
              test.attrs.network as NetworkDefinition,
              test.attrs.state as Record<string, string>,
              test.inputs[input] as string,
            ),
        };
        const found = await method(call);
        for (const [name, key] of Object.entries(test.outputs)) {
          const result = found[name];
          if (!result) throw new Error(`no output '${name}'`);
          results.push([result, key]);
        }
      }
      let worst = 0;
      for (const [result, key] of results) worst = Math.max(worst, await worstOf(result, stored(key), test));
      outcomes.push({ name: test.name, worst });
    } catch (error) {
      outcomes.push({ name: test.name, worst: Number.POSITIVE_INFINITY, message: String(error) });
    } finally {
      for (const made of networks) made.dispose();
    }
  }
  return outcomes;
}
