/** The ways to choose images for a repair, in the order of what a way may know. Plain facts: page and run share them. */

export const measures = [
  'dot',
  'cosine',
  'manhattan',
  'euclidean',
  'minkowski',
  'chebyshev',
  'earthMover',
  'canberra',
  'brayCurtis',
] as const;
export type Measure = (typeof measures)[number];

export const methods = [
  'random',
  'diverse',
  'entropy',
  'misclassified',
  'randomOfLabel',
  ...measures,
  'earthMoverReversed',
  'features',
] as const;
export type Method = (typeof methods)[number];

/** For the reader. */
export const names: Readonly<Record<Method, string>> = {
  random: 'random images',
  diverse: 'most diverse',
  entropy: 'highest entropy',
  misclassified: 'misclassified',
  randomOfLabel: 'random of the faulty label',
  dot: 'dot product',
  cosine: 'cosine',
  manhattan: 'Manhattan',
  euclidean: 'Euclidean',
  minkowski: 'Minkowski',
  chebyshev: 'Chebyshev',
  earthMover: 'earth mover',
  canberra: 'Canberra',
  brayCurtis: 'Bray–Curtis',
  earthMoverReversed: 'earth mover, reversed as published',
  features: 'features of the last hidden layer',
};

/** What a way looks at to choose the targeted share of a repair batch. */
export function knowledge(method: Method): string {
  switch (method) {
    case 'random':
      return 'nothing';
    case 'diverse':
      return 'images';
    case 'entropy':
      return 'images, network';
    case 'misclassified':
      return 'images, labels, network';
    case 'randomOfLabel':
      return 'labels, faulty label';
    case 'features':
      return 'labels, faulty label, its feature map';
    default:
      return 'labels, faulty label, its heat map';
  }
}

/** What a run repairs with, each from the same start. */
export const comparisons = ['one method', 'one and random', 'nine measures', 'all'] as const;
export type Comparison = (typeof comparisons)[number];

/** What is done where this method is chosen: the published code's earth mover is always reversed. */
export const effective = (method: Method, published: boolean): Method =>
  published && method === 'earthMover' ? 'earthMoverReversed' : method;

/** The methods of a comparison, in the order of the table; the chosen one is always among them. */
export function methodsOf(comparison: Comparison, chosen: Method, published = false): readonly Method[] {
  const listed: Readonly<Record<Comparison, readonly Method[]>> = {
    'one method': [],
    'one and random': ['random', 'randomOfLabel'],
    'nine measures': ['random', 'randomOfLabel', ...measures],
    all: methods,
  };
  const wanted = new Set([chosen, ...listed[comparison]].map((method) => effective(method, published)));
  return methods.filter((method) => wanted.has(method));
}
