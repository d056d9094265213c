// A slice is one block of terms, which a processor's cache fetches ahead, instead of every slices-th, which neighbouring invocations of a
// GPU read together.
override CONTIGUOUS: bool = false;

struct Slice {
  first: u32,
  end: u32,
  step: u32,
}

// Slice s of `count` terms; none is empty.
fn sliceOf(s: u32, count: u32) -> Slice {
  let length = (count + params.slices - 1u) / params.slices;
  if (CONTIGUOUS) {
    return Slice(s * length, min((s + 1u) * length, count), 1u);
  }
  return Slice(s, count, params.slices);
}
