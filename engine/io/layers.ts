/**
 * A network as data: the editable layer list of a page, the record in a checkpoint's header, the result of an import. Names and
 * arguments are PyTorch's in camelCase; what is left out has PyTorch's default.
 */
export type LayerRecord =
  | Conv2dRecord
  | { readonly type: 'linear'; readonly in: number; readonly out: number; readonly bias?: boolean }
  | BatchNormRecord
  | { readonly type: 'maxpool2d' | 'avgpool2d'; readonly kernel: Pair; readonly stride?: Pair; readonly padding?: Pair }
  | { readonly type: 'leakyrelu'; readonly slope: number }
  | { readonly type: 'dropout' | 'dropout2d'; readonly p: number }
  /** Zeros around the image: left, right, top, bottom (PyTorch's `ZeroPad2d`). */
  | { readonly type: 'zeropad2d'; readonly padding: readonly [number, number, number, number] }
  | { readonly type: 'relu' | 'tanh' | 'sigmoid' | 'softmax' | 'flatten' | 'globalavgpool2d' };

/** One number for both axes, or [vertical, horizontal]. */
export type Pair = number | readonly [number, number];

/** A two-dimensional convolution. */
export interface Conv2dRecord {
  readonly type: 'conv2d';
  readonly in: number;
  readonly out: number;
  readonly kernel: Pair;
  readonly stride?: Pair;
  readonly padding?: Pair;
  readonly bias?: boolean;
}

/** Batch normalisation over images (2d) or vectors (1d). */
export interface BatchNormRecord {
  readonly type: 'batchnorm2d' | 'batchnorm1d';
  readonly features: number;
  readonly eps?: number;
  /** Share of the batch in the running statistics. */
  readonly momentum?: number;
}

/** A tensor of a state dictionary in PyTorch's layout: convolutions [out, in, kh, kw], linear layers [out, in]. */
export interface StateTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A network that somebody else trained: layers, values under PyTorch's names ('0.weight', '1.running_mean' …), input [height, width, channels]. */
export interface ImportedNetwork {
  readonly network: readonly LayerRecord[];
  readonly state: ReadonlyMap<string, StateTensor>;
  readonly inputShape: readonly [number, number, number];
}
