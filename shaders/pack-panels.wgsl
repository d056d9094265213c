// panels[z,p,k,c] = x[z · batchStride + (8p + c) · lineStride + k · step], 0 past the last line
//
// z matrix, p panel of 8 lines, c line of the panel, k the axis that a product sums over. A product reads a panel from front to back,
// whichever way the matrix lies: steps of a power of two would meet in few lines of the cache.

struct Params {
  // matrices · panels · K
  count: u32,
  lines: u32,
  K: u32,
  batchStride: u32,
  lineStride: u32,
  step: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> panels: array<vec4f>;

@compute @workgroup_size(64)
fn pack(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.count) {
    return;
  }
  let perMatrix = (params.lines + 7u) / 8u;
  let k = i % params.K;
  let p = i / params.K % perMatrix;
  let z = i / (params.K * perMatrix);
  let start = z * params.batchStride + k * params.step;
  // @unroll
  for (var half = 0u; half < 2u; half++) {
    var packed = vec4f(0.0);
    // @unroll
    for (var c = 0u; c < 4u; c++) {
      let line = 8u * p + 4u * half + c;
      let value = x[start + min(line, params.lines - 1u) * params.lineStride];
      packed[c] = select(0.0, value, line < params.lines);
    }
    panels[2u * i + half] = packed;
  }
}
