/** What every lab lets its reader take away: numbers, settings, and a file that repeats the run. What writes them comes when it is asked for. */
import type { ExportItem } from '../components/export-menu/element.ts';
import { fileName } from '../components/shared/files.ts';
import type { Contract } from '../runtime/contract.ts';
import type { AnyDefinition, DeviceInfo } from '../runtime/experiment.ts';
import { type PyTorchExport, pytorchName } from '../runtime/pytorch/name.ts';
import type { RunStore } from '../runtime/store.ts';
import { pictureExports } from './picture-exports.ts';
import type { ReportSource } from './report.ts';
import type { MadeRun } from './run-host.ts';

export interface ExportSource {
  readonly definition: AnyDefinition;
  readonly preset: string;
  /** What the run that is shown was made of. */
  readonly made: MadeRun;
  readonly store: RunStore<Contract>;
  readonly device: DeviceInfo | undefined;
  readonly recorded: boolean;
  /** The training in PyTorch; absent where the run does not offer it. */
  readonly pytorch?: () => Promise<PyTorchExport>;
  /** What a report says beside the run; absent: no report is offered. */
  readonly report?: () => Pick<ReportSource, 'finding' | 'notes' | 'figures' | 'address'>;
}

const nameOf = ({ definition, made }: ExportSource): string => `${definition.id}-seed-${made.config.seed}`;
const texts = () => import('./run-texts.ts');

/** The report in both forms. Its code comes when it is asked for. */
function reports(source: ExportSource, name: string): ExportItem[] {
  const { report } = source;
  if (!report) return [];
  const item = (format: 'html' | 'md'): ExportItem => ({
    id: `report-${format}`,
    label: format === 'html' ? 'lab report, to print' : 'lab report, as text',
    format,
    name: `${name}-report`,
    async provide() {
      const { reportHtml, reportMarkdown } = await import('./report.ts');
      return (format === 'html' ? reportHtml : reportMarkdown)({ ...source, ...report() });
    },
  });
  return [item('html'), item('md')];
}

/** The training in PyTorch: its script, and the file that the script reads. */
function pytorchItems({ definition, made, pytorch }: ExportSource): ExportItem[] {
  if (!pytorch) return [];
  const name = pytorchName(definition.id, Number(made.config.seed));
  return [
    { id: 'pytorch', label: 'the training in PyTorch', format: 'py', name, provide: async () => (await pytorch()).script },
    {
      id: 'pytorch-data',
      label: '… and the file that it reads',
      format: 'safetensors',
      name,
      provide: async () => (await pytorch()).file,
    },
  ];
}

/** All that can be taken away: a lab's own items, its pictures, and what every lab offers. @param root what the lab has rendered */
export function allExports(source: ExportSource, own: readonly ExportItem[], root: ParentNode): readonly ExportItem[] {
  const known = new Set(own.map(({ name, format }) => `${name}.${format}`));
  const pictures = pictureExports(root, source.definition.id).filter(({ name, format }) => !known.has(`${name}.${format}`));
  return [...own, ...pictures, ...commonExports(source)];
}

/** The items that every lab offers, after its own. */
export function commonExports(source: ExportSource): readonly ExportItem[] {
  const { store, made } = source;
  const name = nameOf(source);
  const early = store.charts.size === 0 ? { unavailable: 'after the first step' } : {};
  const { checkpoint } = made;
  const start: ExportItem[] = checkpoint
    ? [
        {
          id: 'start',
          label: 'the checkpoint that the run went on from',
          format: 'safetensors',
          name: `${name}-start`,
          provide: () => checkpoint,
        },
      ]
    : [];
  const checkpoints = [...store.checkpoints].map(
    ([of, { bytes, step }]): ExportItem => ({
      id: `checkpoint-${of}`,
      label: `${of}, checkpoint of step ${step}`,
      format: 'safetensors',
      name: fileName(name, of, String(step)),
      provide: () => bytes,
    }),
  );
  return [
    ...checkpoints,
    {
      id: 'curves',
      label: 'curves',
      format: 'csv',
      name: `${name}-curves`,
      provide: async () => (await texts()).curvesCsv(store),
      ...early,
    },
    ...[...store.tables].map(
      ([table, rows]): ExportItem => ({
        id: `table-${table}`,
        label: table,
        format: 'csv',
        name: `${name}-${table}`,
        provide: async () => (await texts()).rowsCsv(rows),
      }),
    ),
    {
      id: 'tensorboard',
      label: 'curves for TensorBoard',
      format: 'tfevents',
      name,
      async provide() {
        const { tensorboardEvents } = await import('./tensorboard.ts');
        return tensorboardEvents(store, Date.now() / 1000);
      },
      ...early,
    },
    ...reports(source, name),
    { id: 'run', label: 'run and settings', format: 'json', name, provide: async () => (await texts()).runJson(source) },
    {
      id: 'script',
      label: 'a script that repeats the run',
      format: 'ts',
      name,
      provide: async () => (await texts()).runScript(source),
    },
    ...pytorchItems(source),
    ...start,
  ];
}
