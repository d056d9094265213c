import { DataFormatError } from '../errors.ts';

/** Attributes of a Keras layer as model.json gives them. */
export type Config = Readonly<Record<string, unknown>>;

/** One layer of a Keras network. */
export interface KerasLayer {
  readonly className: string;
  readonly name: string;
  readonly config: Config;
}

const isRecord = (value: unknown): value is Config => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The layers of a topology in order, refusing networks that branch. */
export function chainOf(topology: unknown, file: string): readonly KerasLayer[] {
  const fail = (expectation: string): never => {
    throw new DataFormatError(file, 0, expectation);
  };
  const root = isRecord(topology) && isRecord(topology.model_config) ? topology.model_config : topology;
  if (!isRecord(root)) return fail('a modelTopology');
  const config = root.config;
  const list = Array.isArray(config) ? config : isRecord(config) ? config.layers : undefined;
  if (!Array.isArray(list) || list.length === 0) return fail('a modelTopology with a list of layers');
  const sequential = root.class_name === 'Sequential';
  let previous: string | undefined;
  return list.map((item: unknown) => {
    if (!isRecord(item) || typeof item.class_name !== 'string' || !isRecord(item.config))
      return fail('layers with class_name and config');
    const name = String(item.config.name ?? item.name);
    if (!sequential) {
      const nodes = Array.isArray(item.inbound_nodes) ? item.inbound_nodes : [];
      const sources: unknown[] = Array.isArray(nodes[0])
        ? nodes[0].map((node: unknown) => (Array.isArray(node) ? node[0] : node))
        : [];
      const chained =
        previous === undefined ? sources.length === 0 : nodes.length === 1 && sources.length === 1 && sources[0] === previous;
      if (!chained) return fail(`a chain of layers; '${name}' does not follow '${previous}' alone`);
    }
    previous = name;
    return { className: item.class_name, name, config: item.config };
  });
}

/** Height, width and channels of the input that the first layer declares. */
export function inputShapeOf(layers: readonly KerasLayer[], file: string): readonly [number, number, number] {
  const shape = layers[0]?.config.batch_input_shape;
  if (!Array.isArray(shape) || shape.length !== 4 || !shape.slice(1).every((size) => Number.isInteger(size) && size > 0)) {
    throw new DataFormatError(
      file,
      0,
      `a first layer with batch_input_shape [null, height, width, channels], found ${JSON.stringify(shape)}`,
    );
  }
  return [shape[1], shape[2], shape[3]];
}

/** Parses the text of a model.json. */
export function parseModel(bytes: Uint8Array, file: string): Config {
  try {
    const model: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isRecord(model) && isRecord(model.modelTopology)) return model;
  } catch (error) {
    throw new DataFormatError(file, 0, 'JSON', { cause: error });
  }
  throw new DataFormatError(file, 0, 'the modelTopology of a TensorFlow.js layers model');
}
