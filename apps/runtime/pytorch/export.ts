/** A training as a PyTorch script, and the file that it reads: weights, the first batches and their losses. */
import type { SafetensorsTensor } from '../../../engine/io/safetensors.ts';
import { writeSafetensors } from '../../../engine/io/safetensors.ts';
import type { StateDict } from '../../../engine/nn/state-dict.ts';
import type { FirstSteps } from './first-steps.ts';
import type { PyTorchExport } from './name.ts';
import { drawsNumbers, networkCode } from './network-code.ts';

const python = (value: boolean): string => (value ? 'True' : 'False');

function optimiserCode({ optimiser }: FirstSteps): string {
  const { type, lr, momentum, dampening, nesterov, betas, eps, weightDecay, decay } = optimiser;
  // PyTorch's default is that all parameters decay.
  const groups =
    decay === 'weights' && weightDecay > 0
      ? `[
    {'params': [p for p in model.parameters() if p.dim() > 1], 'weight_decay': ${weightDecay}},
    {'params': [p for p in model.parameters() if p.dim() <= 1], 'weight_decay': 0.0},
]`
      : 'model.parameters()';
  if (type === 'sgd')
    return `torch.optim.SGD(${groups}, lr=${lr}, momentum=${momentum}, dampening=${dampening}, nesterov=${python(nesterov)}, weight_decay=${weightDecay})`;
  const name = type === 'adamw' ? 'AdamW' : 'Adam';
  return `torch.optim.${name}(${groups}, lr=${lr}, betas=(${betas.join(', ')}), eps=${eps}, weight_decay=${weightDecay})`;
}

/** Keras adds ε outside the bias correction: PyTorch's ε of step t stands for it. */
function epsilonCode({ optimiser }: FirstSteps): string {
  if (optimiser.type === 'sgd' || optimiser.epsilonForm !== 'keras') return '';
  return `
        group['eps'] = ${optimiser.eps} / (1 - ${optimiser.betas[1]} ** (step + 1)) ** 0.5  # ε as in Keras 2.2`;
}

/**
 * @param title of the lab and its question, for the head of the script
 * @param name without an ending: see `pytorchName`
 * @param trained the weights of the moment
 * @throws Error naming a layer that PyTorch's words are missing for
 */
export function pytorchExport(
  about: { readonly title: string; readonly name: string; readonly link: string },
  first: FirstSteps,
  trained: StateDict,
): PyTorchExport {
  const { classes, network } = networkCode(first.definition, first.start);
  const { clipNorm } = first.optimiser;
  const exact = !drawsNumbers(first.definition);
  const images = (first.steps[0]?.inputShape.length ?? 0) === 4;
  const loss = first.loss === 'mse' ? 'F.mse_loss' : 'F.cross_entropy';
  // Images lie as [N, H, W, C] in the file and as [N, C, H, W] in PyTorch.
  const targets = first.loss === 'mse' && images ? '.permute(0, 3, 1, 2).contiguous()' : first.loss === 'mse' ? '' : '.long()';
  const script = `"""${about.title}

The training of a Chalkgrad lab in PyTorch. It reads ${about.name}.safetensors beside this file (or the file that is given): the weights before
the first step, the batches of the first ${first.steps.length} steps in the order of the run, their losses, and the weights at the export.
    python3 ${about.name}.py
${exact ? 'Its losses are those of the run.' : 'The network has dropout, whose random numbers are PyTorch’s own here: its losses are near those of the run, not the same.'}
In the browser: ${about.link}
"""
import json
import os
import struct
import sys

import torch
import torch.nn.functional as F
from torch import nn


def load(path):
    """A safetensors file (github.com/huggingface/safetensors) as {name: tensor}."""
    types = {'F32': torch.float32, 'I32': torch.int32}
    with open(path, 'rb') as file:
        (length,) = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop('__metadata__', None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry['data_offsets']
        flat = torch.frombuffer(data, dtype=types[entry['dtype']], count=(end - begin) // 4, offset=begin)
        tensors[name] = flat.reshape(entry['shape']).clone()
    return tensors
${classes}

model = ${network}

optimiser = ${optimiserCode(first)}

here = os.path.dirname(os.path.abspath(__file__))
tensors = load(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, '${about.name}.safetensors'))


def weights(prefix):
    """The state dictionary under a prefix, without what PyTorch counts by itself."""
    state = {name[len(prefix):]: value for name, value in tensors.items() if name.startswith(prefix)}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and all(name.endswith('num_batches_tracked') for name in missing), (missing, unexpected)


def batch(step):
    x, t = tensors[f'batch.{step}.inputs'], tensors[f'batch.{step}.targets']
    return ${images ? 'x.permute(0, 3, 1, 2).contiguous()' : 'x'}, t${targets}


weights('start.')
model.train()
largest = 0.0
for step in range(len(tensors['losses'])):
    x, t = batch(step)
    for group in optimiser.param_groups:
        group['lr'] = float(tensors['rates'][step])${epsilonCode(first)}
    optimiser.zero_grad()
    loss = ${loss}(model(x), t)
    loss.backward()${clipNorm === undefined ? '' : `\n    nn.utils.clip_grad_norm_(model.parameters(), ${clipNorm})`}
    optimiser.step()
    ran = float(tensors['losses'][step])
    largest = max(largest, abs(loss.item() - ran))
    print(f'step {step + 1}: loss {loss.item():.6f}, in Chalkgrad {ran:.6f}')
print(f'largest difference {largest:.2e}')

# The weights at the export, on the first batch.
weights('trained.')
model.eval()
with torch.no_grad():
    x, t = batch(0)
    print(f'trained: loss of the first batch {${loss}(model(x), t).item():.6f}')
`;
  const named = (prefix: string, state: StateDict) =>
    [...state].map(([name, { shape, data }]) => [`${prefix}.${name}`, { dtype: 'F32', shape, data }] as const);
  const tensors: (readonly [string, SafetensorsTensor])[] = [
    ...named('start', first.start),
    ...named('trained', trained),
    ...first.steps.flatMap(({ inputs, targets, inputShape, targetShape }, i) => [
      [`batch.${i}.inputs`, { dtype: 'F32', shape: inputShape, data: inputs }] as const,
      [
        `batch.${i}.targets`,
        targets instanceof Int32Array
          ? ({ dtype: 'I32', shape: targetShape, data: targets } as const)
          : ({ dtype: 'F32', shape: targetShape, data: targets } as const),
      ] as const,
    ]),
    ['losses', { dtype: 'F32', shape: [first.steps.length], data: Float32Array.from(first.steps, ({ loss: of }) => of) }],
    ['rates', { dtype: 'F32', shape: [first.steps.length], data: Float32Array.from(first.steps, ({ lr }) => lr) }],
  ];
  return { script, file: writeSafetensors(tensors, { format: 'pt' }) };
}
