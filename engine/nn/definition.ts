/**
 * Network definitions: plain JSON that a page can edit, a checkpoint can store and `buildNetwork` can build. The names of types
 * and fields are those of PyTorch's modules in lower case; sizes are given as there (channels, kernel, stride, padding).
 */

/** One number for both axes, or [vertical, horizontal]. */
export type Pair = number | readonly [vertical: number, horizontal: number];

/** How weights are drawn. `pytorch` is the default of PyTorch's layers; `glorotUniform` is Keras's name for `xavierUniform`. */
export type WeightInitialiser =
  | 'pytorch'
  | 'xavierUniform'
  | 'glorotUniform'
  | 'xavierNormal'
  | 'kaimingNormal'
  | 'kaimingUniform'
  | 'zeros'
  | NormalInitialiser
  | UniformInitialiser;

/** N(mean, std²). */
export interface NormalInitialiser {
  readonly normal: { readonly mean?: number; readonly std: number };
}

/** U(low, high). */
export interface UniformInitialiser {
  readonly uniform: { readonly low: number; readonly high: number };
}

/** How the parameters of a layer start. */
export interface Initialiser {
  readonly weight?: WeightInitialiser;
  /** A number fills every bias with it; `pytorch` draws from U(−1/√f, 1/√f), f the fan-in. */
  readonly bias?: number | 'pytorch' | NormalInitialiser | UniformInitialiser;
}

interface Common {
  /** A name for captures, besides the path ('3.body.0'). */
  readonly name?: string;
  /** Replaces the network's initialiser for this layer (and what is nested in it). */
  readonly init?: Initialiser;
}

export interface LinearDefinition extends Common {
  readonly type: 'linear';
  /** Features or channels of the input; left out: those that arrive. */
  readonly in?: number;
  readonly out: number;
  /** Default true. */
  readonly bias?: boolean;
}

export interface Conv2dDefinition extends Common {
  readonly type: 'conv2d';
  /** Features or channels of the input; left out: those that arrive. */
  readonly in?: number;
  readonly out: number;
  readonly kernel: Pair;
  /** Default 1. */
  readonly stride?: Pair;
  /** Default 0; 'same' keeps the size (stride 1). */
  readonly padding?: Pair | 'same';
  readonly dilation?: Pair;
  readonly groups?: number;
  readonly bias?: boolean;
}

export interface ConvTranspose2dDefinition extends Common {
  readonly type: 'convtranspose2d';
  /** Features or channels of the input; left out: those that arrive. */
  readonly in?: number;
  readonly out: number;
  readonly kernel: Pair;
  readonly stride?: Pair;
  readonly padding?: Pair;
  readonly outputPadding?: Pair;
  readonly dilation?: Pair;
  readonly groups?: number;
  readonly bias?: boolean;
}

export interface BatchNormDefinition extends Common {
  /** `batchnorm2d` takes [H, W, C], `batchnorm1d` takes [F]. */
  readonly type: 'batchnorm2d' | 'batchnorm1d';
  /** Left out: those that arrive. */
  readonly features?: number;
  /** Default 1e-5. */
  readonly eps?: number;
  /** Weight of the new batch in the running statistics, default 0.1. */
  readonly momentum?: number;
}

export interface LayerNormDefinition extends Common {
  readonly type: 'layernorm';
  /** Left out: those that arrive. */
  readonly features?: number;
  readonly eps?: number;
}

export interface ActivationDefinition extends Common {
  readonly type: 'relu' | 'tanh' | 'sigmoid' | 'silu' | 'softplus' | 'identity' | 'globalavgpool2d' | 'flatten';
}

export interface GeluDefinition extends Common {
  readonly type: 'gelu';
  /** Default 'none', exact, as in PyTorch. */
  readonly approximate?: 'tanh' | 'none';
}

export interface LeakyReluDefinition extends Common {
  readonly type: 'leakyrelu';
  /** Factor of negative values, default 0.01. */
  readonly slope?: number;
}

export interface EluDefinition extends Common {
  readonly type: 'elu';
  readonly alpha?: number;
}

/** Softmax or its logarithm over the classes or channels (the last axis of NHWC). */
export interface SoftmaxDefinition extends Common {
  readonly type: 'softmax' | 'logsoftmax';
}

export interface DropoutDefinition extends Common {
  /** `dropout2d` drops whole channels of an image. */
  readonly type: 'dropout' | 'dropout2d';
  /** Probability of being dropped, default 0.5. */
  readonly p?: number;
}

export interface PoolDefinition extends Common {
  readonly type: 'maxpool2d' | 'avgpool2d';
  readonly kernel: Pair;
  /** Default: the kernel. */
  readonly stride?: Pair;
  readonly padding?: Pair;
}

export interface Upsample2dDefinition extends Common {
  readonly type: 'upsample2d';
  readonly scale: number;
  /** Default 'nearest'. */
  readonly mode?: 'nearest' | 'bilinear';
  readonly alignCorners?: boolean;
}

/** y = bridge(x) + body(x); without a bridge, y = x + body(x). PyTorch names: '3.body.0.weight', '3.bridge.0.weight'. */
export interface ResidualDefinition extends Common {
  readonly type: 'residual';
  readonly layers: readonly LayerDefinition[];
  /** A list ('3.bridge.0.weight') or one layer ('3.bridge.weight'). */
  readonly bridge?: readonly LayerDefinition[] | LayerDefinition;
}

export interface SequentialDefinition extends Common {
  readonly type: 'sequential';
  readonly layers: readonly LayerDefinition[];
}

/**
 * UNet (Ronneberger et al. 2015) in the form of dlmbl-unet: blocks of two 3×3 convolutions with ReLU, max pooling, upsampling,
 * encoder features first in each concatenation, a 1×1 convolution at the end.
 */
export interface UNetDefinition extends Common {
  readonly type: 'unet';
  /** Features or channels of the input; left out: those that arrive. */
  readonly in?: number;
  readonly out: number;
  /** Levels, at least 1; the sides must be divisible by 2^(depth−1). Default 3. */
  readonly depth?: number;
  /** Channels of the first level. Default 64. */
  readonly maps?: number;
  /** Growth of the channels from level to level. Default 2. */
  readonly factor?: number;
  /** Odd. Default 3. */
  readonly kernel?: number;
  /** Default 'bilinear'. */
  readonly upsample?: 'nearest' | 'bilinear';
  /** Which skip connections exist, the uppermost first; true or absent: all. */
  readonly skips?: boolean | readonly boolean[];
}

export type LayerDefinition =
  | LinearDefinition
  | Conv2dDefinition
  | ConvTranspose2dDefinition
  | BatchNormDefinition
  | LayerNormDefinition
  | ActivationDefinition
  | GeluDefinition
  | LeakyReluDefinition
  | EluDefinition
  | SoftmaxDefinition
  | DropoutDefinition
  | PoolDefinition
  | Upsample2dDefinition
  | ResidualDefinition
  | SequentialDefinition
  | UNetDefinition;

export type LayerType = LayerDefinition['type'];

/** A network: its layers in order. */
export type NetworkDefinition = readonly LayerDefinition[];

/** Both axes of a pair. */
export function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}
