import { readFileSync } from 'node:fs';
import { openAdapter } from '/work/main/engine/device/webgpu/adapter.ts';
import { unroll } from '/work/main/shaders/build/unroll.ts';
const { device } = await openAdapter();
const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) / 2000; };
const N = 1 << 20;
const buf = (n: number, u: number) => device.createBuffer({ size: n, usage: u });
const B = Array.from({ length: 5 }, () => buf(N * 4, 128 | 8 | 4));
for (const b of B) device.queue.writeBuffer(b, 0, Float32Array.from({ length: N }, (_, i) => 0.1 + (i % 97) / 97));
const p = buf(256, 64 | 8);
const cases: [string, string, string, (string | null)[], Record<string, number>, number[]][] = [
  // name, file, entry, ...
  ['relu', 'unary', 'vectors', [], { OPERATION: 8 }, [N]],
  ['gelu', 'unary', 'vectors', [], { OPERATION: 17 }, [N]],
  ['sin', 'unary', 'vectors', [], { OPERATION: 14 }, [N]],
  ['reluGradient', 'unary-gradient', 'vectors', [], { OPERATION: 8 }, [N]],
  ['add', 'binary', 'vectors', [], { OPERATION: 0 }, [N, 32]],
  ['addbias', 'binary', 'vectors', [], { OPERATION: 0, MODE_B: 2, WIDE: 1 }, [N, 32]],
  ['uniform', 'random', 'randomUniform', [], {}, [N, 0]],
  ['normal', 'random', 'randomNormal', [], {}, [N, 0]],
  ['dropout', 'random', 'dropoutVectors', [], {}, [N, 0]],
  ['momentum', 'optimizer', 'momentumVectors', [], {}, [N]],
  ['sgd', 'optimizer', 'sgdVectors', [], {}, [N]],
  ['adam', 'optimizer', 'adamVectors', [], {}, [N]],
  ['fill', 'fill', 'vectors', [], {}, [N]],
];
const only = process.env.ONLY?.split(',');
const run: Record<string, () => Promise<number>> = {};
for (const [name, file, entry, , constants, params] of cases) {
  if (only && !only.includes(name)) continue;
  const src = readFileSync(`/work/main/shaders/${file}.wgsl`, 'utf8');
  for (const K of [1, 2, 4]) {
    const code = unroll(src.replaceAll('j < 4u', `j < ${K}u`).replaceAll('* 1024u', `* ${256 * K}u`), file);
    const entryText = code.slice(code.indexOf(`fn ${entry}(`));
    // bindings: parse
    const decl = [...code.matchAll(/@group\(0\) @binding\((\d+)\) var<(storage, read_write|storage, read|uniform)> (\w+)/g)];
    const body = code.slice(code.indexOf('@group'));
    const pipe = device.createComputePipeline({ layout: 'auto', compute: { module: device.createShaderModule({ code }), entryPoint: entry, constants } });
    const pd = new ArrayBuffer(256); new Uint32Array(pd).set(params); new Float32Array(pd, 8).set([0.5, 1]);
    const u = buf(256, 64 | 8); device.queue.writeBuffer(u, 0, pd);
    // try all used bindings by transitive text search
    const fns = new Map([...code.matchAll(/fn (\w+)\(/g)].map((m) => { const s = m.index!; const e = code.indexOf('\n}\n', s); return [m[1]!, code.slice(s, e)] as const; }));
    const used = new Set<string>(); const seen = new Set<string>(); const visit = (f: string) => { if (seen.has(f)) return; seen.add(f); const t = fns.get(f) ?? ''; for (const d of decl) if (new RegExp(`\\b${d[3]}\\b`).test(t.slice(t.indexOf('{')))) used.add(d[3]!); for (const g of fns.keys()) if (g !== f && new RegExp(`\\b${g}\\(`).test(t)) visit(g); }; visit(entry);
    let k = 0;
    const entries = decl.filter((d) => used.has(d[3]!)).map((d) => ({ binding: Number(d[1]), resource: { buffer: d[2] === 'uniform' ? u : B[k++]! } }));
    const bg = device.createBindGroup({ layout: pipe.getBindGroupLayout(0), entries });
    run[`${name} x${K}`] = async () => { const e = device.createCommandEncoder(); const s = e.beginComputePass(); s.setPipeline(pipe); s.setBindGroup(0, bg); for (let j = 0; j < 3; j++) s.dispatchWorkgroups(N / 4 / 256 / K); s.end(); const t = cpu(); device.queue.submit([e.finish()]); await device.queue.onSubmittedWorkDone(); return (cpu() - t) / 3; };
  }
}
const best: Record<string, number> = {};
for (let r = 0; r < 25; r++) for (const k in run) { const t = await run[k]!(); best[k] = Math.min(best[k] ?? 1e9, t); }
for (const k in best) console.log(k.padEnd(18), best[k]!.toFixed(2), 'ms');
process.exit(0);
