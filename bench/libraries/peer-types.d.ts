/**
 * The part of the peers' APIs that the benchmark uses. The peers are installed on first use of the benchmark, so the project's
 * type check must not depend on their own declarations.
 */
declare module '@jax-js/jax' {
  export interface JaxArray {
    readonly ref: JaxArray;
    readonly shape: number[];
    dispose(): void;
    data(): Promise<Float32Array>;
    add(other: JaxArray | number): JaxArray;
    sub(other: JaxArray | number): JaxArray;
    mul(other: JaxArray | number): JaxArray;
    div(other: JaxArray | number): JaxArray;
    neg(): JaxArray;
    sum(axis?: number | number[]): JaxArray;
    mean(axis?: number | number[]): JaxArray;
    max(axis?: number | number[]): JaxArray;
    reshape(shape: number[]): JaxArray;
    transpose(axes?: number[]): JaxArray;
  }
  type Tree = JaxArray | readonly Tree[] | { readonly [key: string]: Tree };
  type Device = 'cpu' | 'wasm' | 'webgpu' | 'webgl';
  export function init(...devices: Device[]): Promise<Device[]>;
  export function defaultDevice(device?: Device): Device;
  export function blockUntilReady<T extends Tree>(tree: T): Promise<T>;
  export function jit<A extends Tree[], R extends Tree>(f: (...args: A) => R): ((...args: A) => R) & { dispose(): void };
  export function vjp<A extends JaxArray[]>(
    f: (...args: A) => JaxArray,
    primals: A,
  ): [JaxArray, ((dy: JaxArray) => JaxArray[]) & { dispose(): void }];
  export function valueAndGrad<P extends Tree, A extends Tree[], X extends Tree>(
    f: (parameters: P, ...rest: A) => [JaxArray, X],
    options: { hasAux: true },
  ): (parameters: P, ...rest: A) => [[JaxArray, X], P];
  export const numpy: {
    array(values: Float32Array | Int32Array | number[], options?: { shape?: number[]; dtype?: string }): JaxArray;
    readonly int32: string;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    einsum(subscripts: string, ...operands: JaxArray[]): JaxArray;
    max(x: JaxArray, axis?: number | number[]): JaxArray;
    mean(x: JaxArray, axis?: number | number[]): JaxArray;
    sum(x: JaxArray, axis?: number | number[]): JaxArray;
    square(x: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    concatenate(xs: JaxArray[], axis?: number): JaxArray;
  };
  export const nn: {
    relu(x: JaxArray): JaxArray;
    logSoftmax(x: JaxArray, axis?: number): JaxArray;
    oneHot(x: JaxArray, classes: number): JaxArray;
  };
  export const lax: {
    conv(x: JaxArray, weight: JaxArray, strides: number[], padding: 'VALID' | 'SAME' | [number, number][]): JaxArray;
    reduceWindow(x: JaxArray, f: (x: JaxArray) => JaxArray, window: number[], strides: number[]): JaxArray;
  };
}

declare module '@tensorflow/tfjs-core' {
  export interface Tensor {
    readonly shape: number[];
    data(): Promise<Float32Array>;
    dispose(): void;
    reshape(shape: number[]): Tensor;
    slice(begin: number[], size: number[]): Tensor;
    add(other: Tensor | number): Tensor;
    sub(other: Tensor | number): Tensor;
    mul(other: Tensor | number): Tensor;
    div(other: Tensor | number): Tensor;
    sqrt(): Tensor;
    square(): Tensor;
    relu(): Tensor;
    mean(axis?: number | number[]): Tensor;
    sum(axis?: number | number[]): Tensor;
  }
  export interface Variable extends Tensor {
    assign(value: Tensor): void;
  }
  export interface Optimizer {
    applyGradients(gradients: Record<string, Tensor>): void;
    dispose(): void;
  }
  export const train: {
    sgd(learningRate: number): Optimizer;
    momentum(learningRate: number, momentum: number): Optimizer;
    adam(learningRate: number, beta1: number, beta2: number, epsilon: number): Optimizer;
  };
  export const losses: { softmaxCrossEntropy(onehot: Tensor, logits: Tensor): Tensor };
  export const version_core: string;
  export function setBackend(name: string): Promise<boolean>;
  export function ready(): Promise<void>;
  export function backend(): object;
  export function enableProdMode(): void;
  export function registerBackend(name: string, factory: () => object | Promise<object>, priority?: number): boolean;
  export function env(): { set(flag: string, value: boolean | number): void };
  export function tensor(values: Float32Array | Int32Array, shape: number[], type?: string): Tensor;
  export function variable(initial: Tensor, trainable?: boolean, name?: string): Variable;
  export function tidy<T>(f: () => T): T;
  export function keep<T extends Tensor>(x: T): T;
  export function variableGrads(f: () => Tensor, variables: Variable[]): { value: Tensor; grads: Record<string, Tensor> };
  export function grads(f: (...args: Tensor[]) => Tensor): (args: Tensor[], dy?: Tensor) => Tensor[];
  export function disposeVariables(): void;
  export function matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  export function conv2d(x: Tensor, filter: Tensor, strides: number, padding: number | 'valid' | 'same'): Tensor;
  export function maxPool(x: Tensor, size: number, strides: number, padding: 'valid' | 'same'): Tensor;
  export function moments(x: Tensor, axes: number[]): { mean: Tensor; variance: Tensor };
  export function batchNorm(x: Tensor, mean: Tensor, variance: Tensor, offset: Tensor, scale: Tensor, epsilon: number): Tensor;
  export function concat(xs: Tensor[], axis: number): Tensor;
  export function oneHot(indices: Tensor, depth: number): Tensor;
  export function engine(): {
    runKernel(name: string, inputs: Record<string, Tensor>, attributes: Record<string, unknown>): Tensor;
  };
  export const fused: {
    conv2d(options: {
      x: Tensor;
      filter: Tensor;
      strides: number;
      pad: number | 'valid';
      bias: Tensor;
      activation: 'linear' | 'relu';
    }): Tensor;
    matMul(options: { a: Tensor; b: Tensor; bias: Tensor; activation: 'linear' | 'relu' }): Tensor;
  };
}
declare module '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
declare module '@tensorflow/tfjs-core/dist/register_all_gradients';
declare module '@tensorflow/tfjs-backend-cpu';
declare module '@tensorflow/tfjs-backend-webgl';
declare module '@tensorflow/tfjs-backend-webgpu';
declare module '@tensorflow/tfjs-backend-wasm' {
  export function setWasmPaths(path: string): void;
  export function getThreadsCount(): number;
  export function getThreadsCount(): number;
}

declare module 'onnxruntime-web/webgpu' {
  export class Tensor {
    constructor(type: 'float32', data: Float32Array, dims: readonly number[]);
    static fromGpuBuffer(buffer: GPUBuffer, options: { dataType: 'float32'; dims: readonly number[] }): Tensor;
    getData(): Promise<Float32Array>;
    dispose(): void;
  }
  export interface Session {
    run(feeds: Record<string, Tensor>, fetches?: Record<string, Tensor>): Promise<Record<string, Tensor>>;
    release(): Promise<void>;
  }
  export const InferenceSession: {
    create(
      model: Uint8Array,
      options: { executionProviders: string[]; preferredOutputLocation?: 'gpu-buffer'; graphOptimizationLevel?: 'all' },
    ): Promise<Session>;
  };
  export const env: {
    readonly versions: { readonly web?: string };
    readonly wasm: { wasmPaths?: string; numThreads?: number };
    readonly webgpu: { readonly device: Promise<GPUDevice> | GPUDevice };
    logLevel: 'error' | 'warning';
  };
}
