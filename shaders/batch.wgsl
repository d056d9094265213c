// A batch out of a data set that lies on the device, chosen by a shuffled list of indices:
//   image b is sample indices[cursor[0] + b];  y = (byte / 255 - mean_c) / std_c for its bytes, channel last.
//
// b position in the batch, e byte of an image, c channel (at most 4, or more where all share mean and std of the first).
// `indices` and `cursor` are data, so a recorded training step can be replayed on the next batch.
// `images`: four bytes a word, samples one after another. `imagesVectors` needs samples of whole words and 1, 2 or 4 channels.
// `labels` and `rows` gather words (labels of any 32-bit type, rows of floats) by the same list.

struct Params {
  batch: u32,
  length: u32,
  channels: u32,
  scale: vec4f,
  shift: vec4f,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read> cursor: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> y4: array<vec4f>;
@group(0) @binding(6) var<storage, read> rows: array<u32>;
@group(0) @binding(7) var<storage, read_write> words: array<u32>;

@compute @workgroup_size(256)
fn imagesNaive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i >= params.batch * params.length) {
    return;
  }
  let e = indices[cursor[0] + i / params.length] * params.length + i % params.length;
  let byte = (images[e / 4u] >> (8u * (e % 4u))) & 255u;
  let c = select(0u, i % params.channels, params.channels <= 4u);
  y[i] = f32(byte) * params.scale[c] + params.shift[c];
}

@compute @workgroup_size(256)
fn imagesVectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  let length4 = params.length / 4u;
  if (i >= params.batch * length4) {
    return;
  }
  let word = images[indices[cursor[0] + i / length4] * length4 + i % length4];
  let bytes = (vec4u(word) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u);
  y4[i] = vec4f(bytes) * params.scale + params.shift;
}

@compute @workgroup_size(256)
fn gatherWords(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i < params.batch * params.length) {
    words[i] = rows[indices[cursor[0] + i / params.length] * params.length + i % params.length];
  }
}
