const PIXELS = 4u;
const COLUMNS = 2u;

// Adds the products of `channels` values from each of 4 places of `left` on with as many rows of `right` from `row` on; `pitch`: vectors of a row.
fn addProducts(
  pixel: ptr<function, array<u32, PIXELS>>,
  row: u32,
  channels: u32,
  pitch: u32,
  column: ptr<function, array<u32, COLUMNS>>,
  sum: ptr<function, array<vec4f, 8>>,
) {
  for (var c = 0u; c < channels; c++) {
    var row4: array<vec4f, COLUMNS>;
    // @unroll
    for (var j = 0u; j < COLUMNS; j++) {
      row4[j] = right[(row + c) * pitch + (*column)[j]];
    }
    // @unroll
    for (var i = 0u; i < PIXELS; i++) {
      let value = vec4f(left[(*pixel)[i] + c]);
      // @unroll
      for (var j = 0u; j < COLUMNS; j++) {
        (*sum)[i * COLUMNS + j] = fma(value, row4[j], (*sum)[i * COLUMNS + j]);
      }
    }
  }
}

// The same where some of the pixels lie outside.
fn addMasked(
  pixel: ptr<function, array<u32, PIXELS>>,
  inside: ptr<function, array<bool, PIXELS>>,
  row: u32,
  channels: u32,
  pitch: u32,
  column: ptr<function, array<u32, COLUMNS>>,
  sum: ptr<function, array<vec4f, 8>>,
) {
  for (var c = 0u; c < channels; c++) {
    var row4: array<vec4f, COLUMNS>;
    // @unroll
    for (var j = 0u; j < COLUMNS; j++) {
      row4[j] = right[(row + c) * pitch + (*column)[j]];
    }
    // @unroll
    for (var i = 0u; i < PIXELS; i++) {
      let value = select(vec4f(0.0), vec4f(left[(*pixel)[i] + c]), (*inside)[i]);
      // @unroll
      for (var j = 0u; j < COLUMNS; j++) {
        (*sum)[i * COLUMNS + j] = fma(value, row4[j], (*sum)[i * COLUMNS + j]);
      }
    }
  }
}
