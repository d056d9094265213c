// Peak rate of fused multiply-adds: 8 independent vec4 chains of acc ← acc·x + y per invocation, for GPUs with many registers.
// FLOP = invocations · ROUNDS · 4 · 8 · 4 · 2. The result is stored, so nothing can be left out.

const ROUNDS = 1024u;

@group(0) @binding(0) var<storage, read> seed: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let x = vec4f(seed[0], seed[2], seed[4], seed[6]);
  let y = vec4f(seed[1], seed[3], seed[5], seed[7]);
  // Different in every component, so that no compiler can compute one for all four.
  var a0 = vec4f(f32(id.x)) + vec4f(0.0, 0.25, 0.5, 0.75);
  var a1 = a0 + 1.0;
  var a2 = a0 + 2.0;
  var a3 = a0 + 3.0;
  var a4 = a0 + 4.0;
  var a5 = a0 + 5.0;
  var a6 = a0 + 6.0;
  var a7 = a0 + 7.0;
  for (var i = 0u; i < ROUNDS; i++) {
    a0 = fma(a0, x, y); a1 = fma(a1, x, y); a2 = fma(a2, x, y); a3 = fma(a3, x, y);
    a4 = fma(a4, x, y); a5 = fma(a5, x, y); a6 = fma(a6, x, y); a7 = fma(a7, x, y);
    a0 = fma(a0, x, y); a1 = fma(a1, x, y); a2 = fma(a2, x, y); a3 = fma(a3, x, y);
    a4 = fma(a4, x, y); a5 = fma(a5, x, y); a6 = fma(a6, x, y); a7 = fma(a7, x, y);
    a0 = fma(a0, x, y); a1 = fma(a1, x, y); a2 = fma(a2, x, y); a3 = fma(a3, x, y);
    a4 = fma(a4, x, y); a5 = fma(a5, x, y); a6 = fma(a6, x, y); a7 = fma(a7, x, y);
    a0 = fma(a0, x, y); a1 = fma(a1, x, y); a2 = fma(a2, x, y); a3 = fma(a3, x, y);
    a4 = fma(a4, x, y); a5 = fma(a5, x, y); a6 = fma(a6, x, y); a7 = fma(a7, x, y);
  }
  let sum = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7;
  result[id.x] = sum.x + sum.y + sum.z + sum.w;
}
