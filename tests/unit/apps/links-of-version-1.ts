/** Links as pages of version 1 of the labs have made them; they stand in course pages and must go on opening. */

export interface OldLink {
  /** Without `#`. */
  readonly hash: string;
  readonly preset: string;
  /** What the link sets. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly hide?: readonly string[];
  readonly lock?: readonly string[];
}

export const oldLinks: Readonly<Record<string, OldLink>> = {
  regression: {
    hash: 'v=1&preset=full&setting=weight+decay&decay=0.01&decayForm=decoupled&units=20&activation=relu&rate=0.003&points=[%7B%22x%22:0,%22t%22:1,%22held%22:false%7D,%7B%22x%22:1,%22t%22:0,%22held%22:true%7D]&seed=7&hide=speed&lock=rate',
    preset: 'full',
    values: {
      setting: 'weight decay',
      decay: 0.01,
      decayForm: 'decoupled',
      units: 20,
      activation: 'relu',
      rate: 0.003,
      points: [
        { x: 0, t: 1, held: false },
        { x: 1, t: 0, held: true },
      ],
      seed: 7,
      steps: 20000,
    },
    hide: ['speed'],
    lock: ['rate'],
  },
  classify: {
    hash: 'v=1&preset=deep+without+skips&network=custom&softmaxFirst=1&layers=[%7B%22type%22:%22flatten%22%7D]&optimiser=sgd&momentum=0.5&search=random&space=%7B%22rate%22:[0.001,0.1]%7D&seed=3&lock=*',
    preset: 'deep without skips',
    values: {
      network: 'custom',
      softmaxFirst: true,
      layers: [{ type: 'flatten' }],
      optimiser: 'sgd',
      momentum: 0.5,
      search: 'random',
      space: { rate: [0.001, 0.1] },
      seed: 3,
      depth: 20,
      skips: false,
    },
    lock: ['*'],
  },
  tsne: {
    hash: 'v=1&preset=grid&layer=other&path=4&schedule=own&exaggeration=4&stopEarly=0&perplexities=5+50&seeds=3&seed=12&hide=checkpoint',
    preset: 'grid',
    values: {
      layer: 'other',
      path: '4',
      schedule: 'own',
      exaggeration: 4,
      stopEarly: false,
      perplexities: '5 50',
      seeds: 3,
      seed: 12,
      view: 'grid',
      count: 500,
    },
    hide: ['checkpoint'],
  },
  'failure-modes': {
    hash: 'v=1&images=2000&taintedSet=only+dots&dotClass=3&dotRow=2&dotColumn=4&dotSize=2&freshAdam=0&method=saliency&baseline=black&seed=9&lock=dotRow,dotColumn,explain',
    preset: 'quick',
    values: {
      images: 2000,
      testImages: 2000,
      taintedSet: 'only dots',
      dotClass: 3,
      dotRow: 2,
      dotColumn: 4,
      dotSize: 2,
      freshAdam: false,
      method: 'saliency',
      baseline: 'black',
      seed: 9,
    },
    lock: ['dotRow', 'dotColumn', 'explain'],
  },
  denoise: {
    hash: 'v=1&preset=full&training=both+in+sequence&noisePower=0&noiseLevel=1.5&maps=16&depth=2&cut=both&seed=5',
    preset: 'full',
    values: { training: 'both in sequence', noisePower: 0, noiseLevel: 1.5, maps: 16, depth: 2, cut: 'both', seed: 5, epochs: 5 },
  },
};
