/** The saliency lab: its parameters, presets and question. */
import { METHOD_NAMES, type MethodName } from '../../../engine/explain/method-names.ts';
import { boolean, choice, defineLab, defineSchema, int, json, number, text } from '../../runtime/index.ts';

const restart = 'restart' as const;
const live = 'live' as const;
const trained = ['scenes', 'cifar-10', 'clean digits', 'tainted digits', 'own pictures'] as const;

/** @throws Error naming what is no method */
function parseMethods(value: unknown): readonly MethodName[] {
  if (!Array.isArray(value)) throw new Error('it must be a list of methods');
  for (const name of value)
    if (!METHOD_NAMES.includes(name)) throw new Error(`'${name}' is no method: ${METHOD_NAMES.join(', ')}`);
  return METHOD_NAMES.filter((name) => value.includes(name));
}

/** Scenes that are measured; those that are shown are the first of them. */
export const TEST_SCENES = 200;

export const schema = defineSchema({
  network: choice([...trained, 'tiny-darknet', 'file'], {
    default: 'scenes',
    names: {
      scenes: 'trained here on scenes',
      'cifar-10': 'trained here on CIFAR-10',
      'clean digits': 'failure modes, clean',
      'tainted digits': 'failure modes, tainted',
      'own pictures': 'trained here on your pictures',
      'tiny-darknet': 'Tiny Darknet (ImageNet)',
      file: 'from a file',
    },
    label: 'network',
    help: 'Scenes are balloons in the sky and houses on meadows, made by the lab: what is object and what is background is known for each pixel.',
    live: restart,
    group: 'network',
  }),
  correlation: number({
    default: 1,
    min: 0.5,
    max: 1,
    label: 'background goes with class',
    symbol: 'p',
    help: 'Probability that a balloon is in the sky and a house on a meadow. At 0.5 the background says nothing.',
    live: restart,
    group: 'network',
    when: { key: 'network', is: ['scenes'] },
  }),
  images: int({
    default: 2000,
    min: 100,
    max: 50000,
    scale: 'log',
    label: 'training images',
    live: restart,
    group: 'network',
    when: { key: 'network', is: trained },
  }),
  epochs: int({
    default: 4,
    min: 1,
    max: 75,
    label: 'epochs',
    live: restart,
    group: 'network',
    when: { key: 'network', is: trained },
  }),
  lastRelu: boolean({
    default: false,
    label: 'ReLU on the class maps',
    help: 'As the source has it: logits cannot fall below 0, and a class map that is dead gives no gradient.',
    live: restart,
    group: 'network',
    when: { key: 'network', is: ['scenes', 'cifar-10', 'own pictures'] },
  }),
  fold: boolean({
    default: true,
    label: 'fold batch normalisation',
    help: 'Into the convolution before it: the scores are the same, the passes fewer. Unfolded, the maps before and after a normalisation can be chosen too.',
    live: restart,
    group: 'network',
  }),
  pictures: int({ default: 6, min: 1, max: 24, label: 'pictures', live: restart, group: 'network' }),
  methods: json<readonly MethodName[]>({ default: METHOD_NAMES, label: 'methods', live, hidden: true, parse: parseMethods }),
  target: choice(['predicted', 'true', 'chosen'], {
    default: 'predicted',
    names: { predicted: 'the predicted class', true: 'the true class', chosen: 'the class below' },
    label: 'class to explain',
    symbol: 'c',
    live,
    group: 'attribution',
  }),
  class: int({
    default: 0,
    min: 0,
    max: 999,
    label: 'class number',
    live,
    group: 'attribution',
    when: { key: 'target', is: ['chosen'] },
  }),
  layer: text({ default: '', maxLength: 60, label: 'layer of the CAM family', live, hidden: true }),
  from: text({ default: '', maxLength: 60, label: 'layer of the gradient methods', live, hidden: true }),
  rectify: boolean({
    default: true,
    label: 'ReLU on the map',
    symbol: 'ReLU',
    term: ['grad-cam/relu', 'xgrad-cam/relu'],
    help: 'CAM family: cuts what speaks against the class.',
    live,
    group: 'attribution',
  }),
  grid: choice(['enlarged', 'raw'], {
    default: 'enlarged',
    names: { enlarged: 'enlarged to the picture (bilinear)', raw: 'the grid as it is' },
    label: 'maps',
    live,
    group: 'attribution',
  }),
  normalise: choice(['none', 'min–max', 'sum'], {
    default: 'none',
    names: { none: 'none: logits and their gradients', 'min–max': 'min–max to [0, 1]', sum: 'magnitudes sum to 1' },
    label: 'normalisation',
    help: 'For each map by itself. Without it, the values are those of the equation.',
    live,
    group: 'attribution',
  }),
  samples: int({
    default: 50,
    min: 1,
    max: 200,
    scale: 'log',
    label: 'SmoothGrad: copies',
    symbol: 'n',
    term: 'smooth-grad/n',
    live,
    group: 'attribution',
  }),
  sigma: number({
    default: 0.15,
    min: 0.01,
    max: 0.5,
    label: 'SmoothGrad: noise',
    symbol: 'σ',
    term: 'smooth-grad/sigma',
    help: 'As a share of the range of each picture.',
    live,
    group: 'attribution',
  }),
  nodes: int({
    default: 50,
    min: 2,
    max: 200,
    scale: 'log',
    label: 'integrated gradients: nodes',
    symbol: 'm',
    term: 'integrated-gradients/nodes',
    live,
    group: 'attribution',
  }),
  baseline: choice(['black', 'mean', 'white'], {
    default: 'black',
    names: { mean: 'zero of the network’s units' },
    label: 'baseline and fill',
    symbol: 'x′',
    term: 'integrated-gradients/baseline',
    help: 'Where the path of integrated gradients starts, what occlusion fills its window with, and what Score-CAM leaves where its mask is 0.',
    live,
    group: 'attribution',
  }),
  window: number({
    default: 0.25,
    min: 0.05,
    max: 0.6,
    label: 'occlusion: window',
    help: 'Its side as a share of the picture’s shorter side. Neighbouring windows overlap by half.',
    live,
    group: 'attribution',
  }),
  depth: int({
    default: 1,
    min: 1,
    max: 40,
    label: 'control: layers randomised',
    help: 'From the top. A map that stays as it was although the weights behind it are random does not explain them.',
    live,
    group: 'attribution',
  }),
  perClass: int({
    default: 3,
    min: 1,
    max: 50,
    label: 'files: images of each class',
    help: 'For npm run lab -- saliency --files FOLDER: image, map and overlay of so many test images of each class.',
    live: restart,
    hidden: true,
  }),
});

/** Methods that one pass or two make; on a large network the others take their time. */
const quickMethods: readonly MethodName[] = [
  'saliency',
  'gradient × input',
  'guided back-propagation',
  'CAM',
  'Grad-CAM',
  'XGrad-CAM',
];

export const definition = defineLab({
  id: 'saliency',
  title: 'Saliency',
  question: 'Where does a network look, and is the map that says so to be believed?',
  version: 1,
  schema,
  presets: {
    quick: {
      label: 'quick: right for the wrong reason',
      values: { images: 1000, epochs: 4, pictures: 4 },
      shows: 'Balloons are always in the sky, houses always on meadows: the network looks at the background.',
    },
    full: { label: 'full: more scenes', values: { images: 6000, epochs: 8, pictures: 6 } },
    honest: {
      label: 'the background says nothing',
      shows: 'The same training where either background comes with either class: the maps move onto the objects.',
      values: { correlation: 0.5, images: 1000, epochs: 4, pictures: 4 },
    },
    photographs: {
      label: 'photographs, Tiny Darknet',
      shows: 'An ImageNet network on photographs, its class maps exact CAMs; paint on a picture and see its logits move.',
      values: { network: 'tiny-darknet', pictures: 4, methods: quickMethods, depth: 1 },
    },
    cifar: {
      label: 'CIFAR-10',
      shows: 'A convolutional network with a global-average head, trained in the page.',
      values: { network: 'cifar-10', images: 4000, epochs: 3, pictures: 6 },
    },
    tainted: {
      label: 'the dot of the failure modes',
      shows: 'A network without maps that has learned a single pixel: gradient methods alone are defined, and they find it.',
      values: { network: 'tainted digits', images: 4000, epochs: 2, pictures: 6 },
    },
  },
  device: 'any',
  parts: {
    explain: { label: 'explaining and painting pictures', free: true },
    checkpoint: { label: 'networks and pictures from files' },
  },
});
