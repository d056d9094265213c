/** Layer types of one's own, for definitions. */
import { ArgumentError, ConfigError, kindOf } from '../errors.ts';
import type { Shape } from '../tensor.ts';
import type { LayerDefinition } from './definition.ts';
import { declareFields, type Fields, layerFields } from './fields.ts';
import { Module } from './module.ts';

export interface LayerRegistration<Options extends object> {
  /** What a definition may hold besides type, name and init; it is checked before `create` is called. Default: nothing. */
  readonly fields?: Fields;
  /**
   * Describes the layer; its parameters get memory later, when the network is built.
   * @param inputShape of one sample, [H, W, C] or [F]
   * @throws LayerError where the layer does not fit its input
   */
  create(options: Options, inputShape: Shape): Module;
}

const creators = new Map<string, (definition: object, inputShape: Shape) => Module>();

/**
 * Makes a type of layer known to definitions, `validateNetwork`, `buildNetwork` and checkpoints; a page that opens such a checkpoint must
 * have registered it too. A type of one's own that is registered again is replaced.
 *
 * ```ts
 * class Scale extends Module {
 *   readonly type = 'scale';
 *   readonly factor: ParameterSlot;
 *   constructor({ start }: { start: number }, shape: Shape) {
 *     super(shape, shape); // input and output shape
 *     this.factor = new ParameterSlot({ name: 'factor', role: 'scale', shape: [1], border: () => sameBorder([1]) });
 *     this.ownParameters.push(this.factor);
 *   }
 *   protected override compute(x: Tensor) { return mul(x, this.factor.tensor); }
 * }
 * const scale = registerLayer('scale', { fields: { optional: { start: 'number' } }, create: (o: { start: number }, s) => new Scale(o, s) });
 * buildNetwork([{ type: 'linear', in: 4, out: 3 }, scale({ start: 2 })], { inputShape: [4], rng: 0 });
 * ```
 * @param type in lower case, as definitions name it
 * @returns makes the layer's definition, plain JSON: { type, … }
 * @throws ConfigError for a type that the engine has itself or a name that is not in lower case
 */
export function registerLayer<Options extends object = object>(
  type: string,
  registration: LayerRegistration<Options>,
): (options: Options & { readonly name?: string }) => LayerDefinition {
  const { fields = {}, create } = registration ?? {};
  if (typeof create !== 'function')
    throw new ArgumentError('registerLayer', `create must be a function (options, inputShape) => Module, not ${kindOf(create)}`);
  if (typeof type !== 'string' || !/^[a-z][a-z0-9_-]*$/.test(type))
    throw new ConfigError('type', `the name of a layer type must be of lower-case letters, digits, - and _, got '${type}'.`);
  if (Object.hasOwn(layerFields, type)) throw new ConfigError('type', `'${type}' is a layer of the engine; choose another name.`);
  declareFields(type, fields);
  creators.set(type, (definition, inputShape) => {
    const module: unknown = create(definition as Options, inputShape);
    if (!(module instanceof Module))
      throw new ArgumentError('registerLayer', `create of '${type}' must return a Module, not ${kindOf(module)}`);
    return module;
  });
  return (options) => ({ ...options, type }) as unknown as LayerDefinition;
}

/** A layer of a registered type, or undefined for other types. */
export function registeredLayer(definition: LayerDefinition, inputShape: Shape): Module | undefined {
  return creators.get(definition.type)?.(definition, inputShape);
}
