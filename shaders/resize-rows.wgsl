// y[o,r,c] = x[o,r,c] where r < rowsX and c < columnsX, else 0
//
// o matrix, r row, c column. Pads rows and columns with zeros up to a multiple of 4, or cuts them off again, for kernels that read
// whole vectors.

struct Params {
  count: u32,
  rowsX: u32,
  columnsX: u32,
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn resize(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.count) {
    return;
  }
  let c = i % params.columns;
  let r = i / params.columns % params.rows;
  let o = i / (params.columns * params.rows);
  let source = (o * params.rowsX + min(r, params.rowsX - 1u)) * params.columnsX + min(c, params.columnsX - 1u);
  y[i] = select(0.0, x[source], r < params.rowsX && c < params.columnsX);
}
