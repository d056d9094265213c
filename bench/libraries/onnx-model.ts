/** Writes small ONNX models: just enough of the protocol-buffer encoding for the benchmark's graphs. */

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Absent for inputs and outputs; `int64` tensors are given as integers. */
  readonly values?: Float32Array | BigInt64Array;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
  readonly initializers: readonly OnnxTensor[];
}

const OPSET = 17;
const IR_VERSION = 8;

/** Field numbers are those of onnx.proto3. */
export function onnxModel(graph: OnnxGraph): Uint8Array {
  const body = concat([
    ...graph.nodes.map((node) => bytes(1, nodeProto(node))),
    text(2, 'bench'),
    ...graph.initializers.map((tensor) => bytes(5, tensorProto(tensor))),
    ...graph.inputs.map((tensor) => bytes(11, valueInfo(tensor))),
    ...graph.outputs.map((tensor) => bytes(12, valueInfo(tensor))),
  ]);
  return concat([integer(1, IR_VERSION), bytes(8, concat([text(1, ''), integer(2, OPSET)])), bytes(7, body)]);
}

function nodeProto(node: OnnxNode): Uint8Array {
  return concat([
    ...node.inputs.map((name) => text(1, name)),
    text(2, node.output),
    text(4, node.op),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => bytes(5, attribute(name, value))),
  ]);
}

/** Integers (type 2) and lists of integers (type 7): no other attribute is needed. */
function attribute(name: string, value: number | readonly number[]): Uint8Array {
  if (typeof value === 'number') return concat([text(1, name), integer(3, value), integer(20, 2)]);
  return concat([text(1, name), ...value.map((one) => integer(8, one)), integer(20, 7)]);
}

function tensorProto(tensor: OnnxTensor): Uint8Array {
  const values = tensor.values as Float32Array | BigInt64Array;
  const type = values instanceof Float32Array ? 1 : 7;
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return concat([...tensor.shape.map((size) => integer(1, size)), integer(2, type), text(8, tensor.name), bytes(9, raw)]);
}

function valueInfo(tensor: OnnxTensor): Uint8Array {
  const shape = concat(tensor.shape.map((size) => bytes(1, integer(1, size))));
  return concat([text(1, tensor.name), bytes(2, bytes(1, concat([integer(1, 1), bytes(2, shape)])))]);
}

function varint(value: number): Uint8Array {
  const result: number[] = [];
  let rest = value;
  while (rest > 127) {
    result.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  result.push(rest);
  return Uint8Array.from(result);
}

function integer(field: number, value: number): Uint8Array {
  return concat([varint(field * 8), varint(value)]);
}

function bytes(field: number, content: Uint8Array): Uint8Array {
  return concat([varint(field * 8 + 2), varint(content.length), content]);
}

function text(field: number, content: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(content));
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
