override OPERATION: u32 = 0u;

const SUM = 0u;
const MAX = 1u;
const MIN = 2u;
const PRODUCT = 3u;
const SUM_SQUARES = 4u;
const SUM_ABS = 5u;

struct Params {
  outer: u32,
  reduce: u32,
  inner: u32,
  slices: u32,
  scale: f32,
}
