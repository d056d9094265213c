/** The page in which everything is measured. The host drives it through `globalThis.bench`. */
import type { AdapterDescription, BenchCase, OpenOptions } from '../cases/case.ts';
import { allCases } from '../cases/cases.ts';
import { CPU_ADAPTER, describeAdapter } from '../libraries/adapters.ts';
import { loadLibrary, parseContender } from '../libraries/index.ts';
import { firstStep } from '../measure/first-step.ts';
import type { CaseResult, FirstStep, PageEnvironment, RuntimeResult } from '../measure/result.ts';
import { type SentMeasureOptions, Session } from '../measure/session.ts';
import { type Controls, controlsOf } from '../roofline/controls.ts';
import { measureProcessor, type ProcessorControls, type ProcessorRoofline } from '../roofline/processor-controls.ts';
import { measureRoofline, type Roofline } from '../roofline/roofline.ts';

export interface BenchPage {
  environment(): PageEnvironment;
  /** Its device and threads stay open: the controls of the cases run on them. No roofline of the adapter where there is none. */
  roofline(batches: number): Promise<{ roofline?: Roofline; adapter: AdapterDescription; processor: ProcessorRoofline }>;
  open(contender: string, reference: AdapterDescription, options?: OpenOptions): Promise<RuntimeResult>;
  measure(caseName: string, options: SentMeasureOptions): Promise<CaseResult>;
  firstStep(contender: string, caseName: string): Promise<FirstStep>;
  losses(caseName: string): Promise<number[]>;
}

declare global {
  var bench: BenchPage;
  /** Given by the host: the share of idle processor time during the last moments. */
  var hostIdle: (() => Promise<number>) | undefined;
}

const session = new Session();
let controls: Controls | undefined;
let processorControls: ProcessorControls | undefined;
let hidden = document.hidden;
document.addEventListener('visibilitychange', () => {
  hidden ||= document.hidden;
});

function caseNamed(name: string): BenchCase {
  const found = allCases().find((one) => one.name === name);
  if (!found) throw new RangeError(`no case '${name}'`);
  return found;
}

globalThis.bench = {
  environment: () => ({
    userAgent: navigator.userAgent,
    crossOriginIsolated,
    processors: navigator.hardwareConcurrency,
    hidden,
  }),

  async roofline(batches) {
    const processor = await measureProcessor(batches);
    processorControls = processor.controls;
    const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return { adapter: CPU_ADAPTER, processor: processor.roofline };
    const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
    const device = await adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } });
    const description = describeAdapter(adapter.info);
    const roofline = await measureRoofline(device, { batches, software: description.software });
    controls = controlsOf(device, roofline, description.software);
    return { roofline, adapter: description, processor: processor.roofline };
  },

  async open(contender, reference, options) {
    const { library, backend } = parseContender(contender);
    return session.open(await loadLibrary(library), backend, reference, options);
  },

  measure: (name, options) =>
    session.measure(caseNamed(name), {
      ...options,
      ...(controls ? { controls } : {}),
      ...(processorControls ? { processorControls } : {}),
      idle: async () => globalThis.hostIdle?.(),
      log: (line) => console.log(line),
    }),

  async firstStep(contender, name) {
    const { library, backend } = parseContender(contender);
    return firstStep(await loadLibrary(library), backend, caseNamed(name));
  },

  losses: (name) => session.losses(caseNamed(name)),
};
