/**
 * Several trainings in one safetensors file: each network's tensors below its name ('clean/1.weight'), what is known of each as JSON under
 * the metadata key 'chalkgrad'. For runs that train networks side by side and must go on with all of them.
 */
import { DataFormatError } from '../errors.ts';
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from '../io/safetensors.ts';
import { isRecord } from '../json.ts';
import { type Checkpoint, type CheckpointMetadata, checkTraining, isExtra, KEY } from './checkpoint.ts';
import { VERSION } from './version.ts';

export interface Bundle {
  /** By name, without '/'. */
  readonly parts: ReadonlyMap<string, Checkpoint>;
  /** Whatever the writer wants to remember of the run: JSON. */
  readonly notes: Readonly<Record<string, unknown>>;
}

interface BundleMetadata {
  readonly format: 1;
  readonly engine: string;
  readonly parts: Readonly<Record<string, CheckpointMetadata>>;
  readonly notes: Readonly<Record<string, unknown>>;
}

/** The file. Equal content gives equal bytes. */
export function writeBundle({ parts, notes }: Bundle): Uint8Array<ArrayBuffer> {
  const tensors = [...parts].flatMap(([part, { state, extra }]) =>
    [...state, ...extra].map(([name, { shape, data }]): [string, SafetensorsTensor] => [
      `${part}/${name}`,
      { dtype: 'F32', shape, data },
    ]),
  );
  const metadata: BundleMetadata = {
    format: 1,
    engine: VERSION,
    parts: Object.fromEntries([...parts].map(([part, checkpoint]) => [part, checkpoint.metadata])),
    notes,
  };
  return writeSafetensors(tensors, { [KEY]: JSON.stringify(metadata), format: 'pt' });
}

/** @throws DataFormatError for a damaged file or one that holds no bundle */
export function readBundle(bytes: Uint8Array, file = 'checkpoint'): Bundle {
  const { tensors, metadata } = readSafetensors(bytes, file);
  let parsed: BundleMetadata | undefined;
  try {
    parsed = JSON.parse(metadata[KEY] ?? '') as BundleMetadata;
  } catch (error) {
    throw new DataFormatError(file, 8, `JSON in the metadata '${KEY}'`, { cause: error });
  }
  if (parsed?.format !== 1 || typeof parsed.parts !== 'object' || parsed.parts === null)
    throw new DataFormatError(file, 8, 'several networks in the metadata');
  const parts = new Map<string, Checkpoint>();
  for (const [part, of] of Object.entries(parsed.parts)) {
    if (!isRecord(of)) throw new DataFormatError(file, 8, `what is known of '${part}' in the metadata`);
    checkTraining(of, file, ` of '${part}'`);
    const prefix = `${part}/`;
    const checkpoint = { metadata: of, state: new Map(), extra: new Map() };
    for (const [full, { dtype, shape, data }] of tensors) {
      if (!full.startsWith(prefix)) continue;
      const name = full.slice(prefix.length);
      if (dtype !== 'F32') throw new DataFormatError(file, 8, `float32 values for '${full}', found ${dtype}`);
      (isExtra(name) ? checkpoint.extra : checkpoint.state).set(name, { shape, data: data as Float32Array });
    }
    parts.set(part, checkpoint);
  }
  return { parts, notes: parsed.notes ?? {} };
}
