// Where an invocation's four vectors lie: a workgroup's width apart, so that a GPU's neighbours stay neighbours; or one behind another, as a
// processor wants them, whose cache holds few lines at the same distance from a multiple of 4 KiB.
override CONTIGUOUS: bool = false;
