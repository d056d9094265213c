import { DataFormatError } from '../errors.ts';
import { isRecord, parseJson, shown } from '../json.ts';

/** Attributes of a Keras layer as model.json gives them. */
export type Config = Readonly<Record<string, unknown>>;

/** One layer of a Keras network. */
export interface KerasLayer {
  readonly className: string;
  readonly name: string;
  readonly config: Config;
}

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
    const name = item.config.name ?? item.name;
    if (typeof name !== 'string') return fail(`a name for each layer, found ${shown(name)}`);
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
  if (!Array.isArray(shape) || shape.length !== 4 || !shape.slice(1).every((size) => isSize(size))) {
    throw new DataFormatError(
      file,
      0,
      `a first layer with batch_input_shape [null, height, width, channels], found ${shown(shape)}`,
    );
  }
  return [shape[1], shape[2], shape[3]];
}

/** Largest side, number of channels or of units, far above any network's; keeps absurd ones from allocating. */
const MOST = 2 ** 20;

/** True for a whole number from 1 to 2^20. */
export const isSize = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) <= MOST;

/** Parses the text of a model.json. */
export function parseModel(bytes: Uint8Array, file: string): Config {
  const model = parseJson(new TextDecoder().decode(bytes), file, 0, 'JSON');
  if (isRecord(model) && isRecord(model.modelTopology)) return model;
  throw new DataFormatError(file, 0, 'the modelTopology of a TensorFlow.js layers model');
}
