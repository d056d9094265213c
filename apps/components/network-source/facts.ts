/** What a checkpoint says of itself, read from its header alone: the page needs no engine for it. */
export interface CheckpointFacts {
  /** Data set that the network was trained on. */
  readonly dataset?: string;
  /** [height, width, channels] of its images. */
  readonly inputShape?: readonly number[];
  readonly classes?: number;
  readonly epoch?: number;
}

type Json = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const record = (value: unknown): Json => (isRecord(value) ? value : {});
const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every((one) => typeof one === 'number');

/** Facts that are not in the file, or not readable, are left out. */
export function checkpointFacts(bytes: Uint8Array): CheckpointFacts {
  try {
    // safetensors: the length of a JSON header in eight bytes, then the header.
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true));
    const header = record(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))));
    const text = record(header.__metadata__).chalkgrad;
    const { notes, inputShape, training } = record(typeof text === 'string' ? JSON.parse(text) : undefined);
    const { dataset, classNames } = record(notes);
    const { epoch } = record(record(training).progress);
    return {
      ...(typeof dataset === 'string' && { dataset }),
      ...(isNumbers(inputShape) && { inputShape }),
      ...(Array.isArray(classNames) && { classes: classNames.length }),
      ...(typeof epoch === 'number' && { epoch }),
    };
  } catch {
    return {};
  }
}

/** In words: `mnist, 28 × 28 × 1, 10 classes, epoch 3`. Empty where nothing is known. */
export function factsText({ dataset, inputShape, classes, epoch }: CheckpointFacts): string {
  return [
    dataset,
    inputShape?.join(' × '),
    classes === undefined ? undefined : `${classes} classes`,
    epoch === undefined ? undefined : `epoch ${epoch}`,
  ]
    .filter(Boolean)
    .join(', ');
}
