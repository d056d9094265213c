/**
 * PyTorch on one thread, in a Python process of its own that executes on request: so it takes its turn in the same rounds as all others.
 * A message to it takes some 0.1 ms and a batch 50.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { AdapterDescription, Library, Prepared, Runtime, Workload } from '../cases/case.ts';
import { initialParameters, trainingBatch } from '../cases/network.ts';
import { operands } from '../cases/operands.ts';
import { CPU_ADAPTER } from './adapters.ts';

/** The Python of the path may be one without torch beside a system's with it. */
const PYTHONS = process.env.PYTHON ? [process.env.PYTHON] : ['python3', '/usr/bin/python3'];
const SCRIPT = join(import.meta.dirname, 'pytorch.py');
const THREADS = 1;

export const pytorch: Library = {
  name: 'pytorch',
  backends: ['cpu'],
  /** @throws Error where there is no Python that has torch */
  async open() {
    let reason: unknown;
    for (const command of PYTHONS) {
      const python = new PythonProcess(command);
      try {
        const { version } = await python.ask({ do: 'open', threads: THREADS });
        return new PytorchRuntime(python, String(version));
      } catch (error) {
        python.end();
        reason = error;
      }
    }
    throw reason;
  },
};

const WORKLOADS: readonly Workload['type'][] = ['matmul', 'conv2d', 'add', 'relu', 'sum', 'training-step', 'forward'];

class PytorchRuntime implements Runtime {
  readonly version: string;
  readonly adapter: AdapterDescription = { ...CPU_ADAPTER, description: 'PyTorch, 1 thread', threads: THREADS };
  readonly #python: PythonProcess;

  constructor(python: PythonProcess, version: string) {
    this.#python = python;
    this.version = version;
  }

  unsupported({ type }: Workload): string | undefined {
    return WORKLOADS.includes(type) ? undefined : 'not written for PyTorch';
  }

  async prepare(workload: Workload): Promise<Prepared> {
    const python = this.#python;
    const given =
      workload.type === 'training-step' || workload.type === 'forward' ? networkInput(workload) : { tensors: operands(workload) };
    const tensors = Object.entries(given.tensors).map(([name, { shape, values }]) => ({ name, shape, ...encoded(values) }));
    const { id } = await python.ask({ do: 'prepare', workload, tensors });
    return {
      async run(n) {
        await python.ask({ do: 'run', id, n });
      },
      async check(steps) {
        const { values } = await python.ask({ do: 'check', id, steps });
        const bytes = Buffer.from(String(values), 'base64');
        return new Float32Array(new Uint8Array(bytes).buffer);
      },
      // Nothing waits for it: requests are answered in order.
      dispose: () => void python.ask({ do: 'dispose', id }).catch(() => {}),
    };
  }

  close(): void {
    this.#python.end();
  }
}

type Values = Float32Array | Int32Array;
type Tensors = Record<string, { readonly shape: readonly number[]; readonly values: Values }>;

function networkInput({ network }: Extract<Workload, { type: 'training-step' | 'forward' }>): { tensors: Tensors } {
  const { images, labels, targets } = trainingBatch(network);
  const shape = [network.batch, ...network.input];
  const tensors: Tensors = { '#images': { shape, values: images } };
  if (network.loss === 'cross-entropy') tensors['#labels'] = { shape: [network.batch], values: labels };
  else tensors['#targets'] = { shape, values: targets };
  for (const { name, shape: sizes, values } of initialParameters(network)) tensors[name] = { shape: sizes, values };
  return { tensors };
}

function encoded(values: Values): { dtype: 'f32' | 'i32'; data: string } {
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
  return { dtype: values instanceof Float32Array ? 'f32' : 'i32', data };
}

type Answer = Readonly<Record<string, unknown>>;

/** A line of JSON for each request and each answer, in the same order. */
class PythonProcess {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];
  #ended: Error | undefined;

  constructor(command: string) {
    const env = { ...process.env, OMP_NUM_THREADS: String(THREADS), MKL_NUM_THREADS: String(THREADS) };
    this.#child = spawn(command, [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'], env });
    if (!this.#child.stdout) throw new Error(`${command} has no output`);
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#lines.on('line', (line) => this.#answer(JSON.parse(line) as Answer));
    this.#child.stdin?.on('error', (error) => this.#fail(error));
    this.#child.on('error', (error) => this.#fail(error));
    this.#child.on('exit', (code) => this.#fail(new Error(`${command} ended with ${code}`)));
  }

  /** @throws Error with what Python says, or that it ended */
  ask(request: object): Promise<Answer> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
  }

  end(): void {
    this.#child.stdin?.end();
  }

  #answer(answer: Answer): void {
    const waiting = this.#waiting.shift();
    if (answer.error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(String(answer.error)));
  }

  #fail(error: Error): void {
    this.#ended = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
