/** The methods of the fixtures (kind `method`): one row each, from the file's name to the engine's function. */
import type { RecordingDevice } from '../../engine/device/recording-device.ts';
import type { NetworkDefinition } from '../../engine/nn/definition.ts';
import type { Network } from '../../engine/nn/network.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { explainMethods } from './explain-methods.ts';
import { type Files, networkFor, stored, upload } from './fixture-files.ts';
import type { HostTensor, Layout } from './fixture-layouts.ts';
import type { Attrs } from './fixture-ops.ts';

/** What a method is given. */
export class MethodCall {
  readonly attrs: Attrs;
  readonly device: RecordingDevice;
  readonly #files: Files;
  readonly #inputs: Readonly<Record<string, string>>;
  #network: Network | undefined;

  constructor(files: Files, inputs: Readonly<Record<string, string>>, attrs: Attrs) {
    this.attrs = attrs;
    this.device = files.device;
    this.#files = files;
    this.#inputs = inputs;
  }

  #nameOf(input: string): string {
    const name = this.#inputs[input];
    if (name === undefined) throw new Error(`the case has no input '${input}'`);
    return name;
  }

  /** An input on the device; 'image' makes [N, H, W, C] of the file's [N, C, H, W]. Whole numbers become i32. */
  tensor(input: string, layout: Layout = 'plain'): Tensor {
    return upload(this.#files, this.#nameOf(input), layout);
  }

  /** An input on the host, as it lies in the file. */
  values(input: string): HostTensor {
    return stored(this.#files, this.#nameOf(input));
  }

  /** The network of `attrs.network` with the weights of `attrs.state`, in evaluation mode. It goes away after the case. */
  network(input = 'input'): Network {
    const { network, state } = this.attrs as { network: NetworkDefinition; state: Readonly<Record<string, string>> };
    this.#network ??= networkFor(this.#files, network, this.#nameOf(input), state).eval();
    return this.#network;
  }

  dispose(): void {
    this.#network?.dispose();
  }
}

export interface MethodOutput {
  /** A tensor, or shape and numbers on the host in the file's layout. */
  readonly value: Tensor | HostTensor;
  /** Of a tensor; default 'plain'. */
  readonly layout?: Layout;
}

/** Every output that the file names must be there. */
export type Method = (
  call: MethodCall,
) => Readonly<Record<string, MethodOutput>> | Promise<Readonly<Record<string, MethodOutput>>>;

export const methods: Readonly<Record<string, Method>> = explainMethods;
