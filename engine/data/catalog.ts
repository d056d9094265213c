/** The image sets that the labs know by name: what they are called, their constants and where they come from. */

/** Names that `loadDataset` takes. */
export type DatasetName = 'mnist' | 'fashion-mnist' | 'cifar-10' | 'imagenette';

/** Facts about a published set that do not depend on which copy of it is at hand. */
export interface DatasetFacts {
  readonly title: string;
  readonly classNames: readonly string[];
  /** Height and width in pixels; undefined where the images vary in size and the loader is told one. */
  readonly size: readonly [number, number] | undefined;
  readonly channels: number;
  /** Mean and standard deviation of each channel on the scale 0…1, as the literature uses them. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Images that the published set has in each split. */
  readonly published: { readonly train: number; readonly test: number };
  readonly citation: string;
  readonly licence: string;
}

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** Facts by name. */
export const DATASETS: Readonly<Record<DatasetName, DatasetFacts>> = {
  mnist: {
    title: 'MNIST',
    classNames: DIGITS,
    size: [28, 28],
    channels: 1,
    mean: [0.1307],
    std: [0.3081],
    published: { train: 60000, test: 10000 },
    citation: 'LeCun, Cortes & Burges 1998: The MNIST database of handwritten digits',
    licence: 'CC BY-SA 3.0',
  },
  'fashion-mnist': {
    title: 'Fashion-MNIST',
    classNames: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
    size: [28, 28],
    channels: 1,
    mean: [0.286],
    std: [0.353],
    published: { train: 60000, test: 10000 },
    citation: 'Xiao, Rasul & Vollgraf 2017, arXiv 1708.07747',
    licence: 'MIT',
  },
  'cifar-10': {
    title: 'CIFAR-10',
    classNames: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
    size: [32, 32],
    channels: 3,
    mean: [0.4914, 0.4822, 0.4465],
    std: [0.2023, 0.1994, 0.201],
    published: { train: 50000, test: 10000 },
    citation: 'Krizhevsky 2009: Learning multiple layers of features from tiny images',
    licence: 'for research and teaching, with citation',
  },
  imagenette: {
    title: 'Imagenette',
    classNames: [
      'tench',
      'English springer',
      'cassette player',
      'chain saw',
      'church',
      'French horn',
      'garbage truck',
      'gas pump',
      'golf ball',
      'parachute',
    ],
    size: undefined,
    channels: 3,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    published: { train: 9469, test: 3925 },
    citation: 'Howard 2019: Imagenette (fast.ai), ten classes of ImageNet (Deng et al. 2009)',
    licence: 'Apache 2.0 (the selection); the photographs belong to their authors',
  },
};

/** Folder of each class in Imagenette's archive, in the order of the class names (WordNet identifiers). */
export const IMAGENETTE_FOLDERS = [
  'n01440764',
  'n02102040',
  'n02979186',
  'n03000684',
  'n03028079',
  'n03394916',
  'n03417042',
  'n03425413',
  'n03445777',
  'n03888257',
] as const;

/** True for a name that `loadDataset` takes. */
export function isDatasetName(name: string): name is DatasetName {
  return Object.hasOwn(DATASETS, name);
}
