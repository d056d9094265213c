// y[o, j, k] = x[o, index_j, k]; its gradient gx[o, r, k] = sum of gy[o, j, k] over the j with index_j = r; and one-hot rows.
//
// o outer index, r position along the gathered axis (extent of it), j position in the list of indices (count of them), k inner index.
// The gradient gathers: each destination walks through the indices in order, so there are no atomics and the sum's order is fixed.
// An index outside the axis gives the word `missing` where it is read (NaN for floats), and adds nothing to the gradient.
// 32-bit words are moved as they are. `vectorsGradient`: inner is a multiple of 4; it compares four indices
// at a time.

// Words of an invocation of `naive`, and what holds them: the plan sets 4 and vec4u where inner is a multiple of 4.
const LANES = 1u;
alias Value = u32;

struct Params {
  outer: u32,
  extent: u32,
  inner: u32,
  count: u32,
  missing: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read> index: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<Value>;
@group(0) @binding(4) var<storage, read> gy: array<f32>;
@group(0) @binding(5) var<storage, read_write> gx: array<f32>;
@group(0) @binding(6) var<storage, read> gy4: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> gx4: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> oneHotRows: array<f32>;
@group(0) @binding(9) var<storage, read> index4: array<vec4i>;

@compute @workgroup_size(256)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  let inner = params.inner / LANES;
  if (i >= params.outer * params.count * inner) {
    return;
  }
  let k = i % inner;
  let j = (i / inner) % params.count;
  let o = i / (inner * params.count);
  let r = u32(index[j]);
  var v = Value(params.missing);
  if (r < params.extent) {
    v = x[(o * params.extent + r) * inner + k];
  }
  y[i] = v;
}

@compute @workgroup_size(64)
fn gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.outer * params.extent * params.inner) {
    return;
  }
  let k = i % params.inner;
  let r = (i / params.inner) % params.extent;
  let o = i / (params.inner * params.extent);
  var total = 0.0;
  for (var j = 0u; j < params.count; j++) {
    if (u32(index[j]) == r) {
      total += gy[(o * params.count + j) * params.inner + k];
    }
  }
  gx[i] = total;
}

@compute @workgroup_size(64)
fn vectorsGradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let inner4 = params.inner / 4u;
  if (i >= params.outer * params.extent * inner4) {
    return;
  }
  let k = i % inner4;
  let r = (i / inner4) % params.extent;
  let o = i / (inner4 * params.extent);
  var total = vec4f();
  for (var j = 0u; j < params.count; j += 4u) {
    let matches = (bitcast<vec4u>(index4[j / 4u]) == vec4u(r)) & (vec4u(j) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.count));
    if (any(matches)) {
      // @unroll
      for (var lane = 0u; lane < 4u; lane++) {
        if (matches[lane]) {
          total += gy4[(o * params.count + j + lane) * inner4 + k];
        }
      }
    }
  }
  gx4[i] = total;
}

// oneHotRows[j, r] = 1 where r = index_j, else 0; the bits of `missing` all along the row of an index that is no class.
@compute @workgroup_size(256)
fn oneHot(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i < params.count * params.extent) {
    let label = u32(index[i / params.extent]);
    let one = select(0u, 0x3f800000u, label == i % params.extent);
    oneHotRows[i] = bitcast<f32>(select(params.missing, one, label < params.extent));
  }
}
