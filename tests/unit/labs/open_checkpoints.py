"""Opens the labs' checkpoints with PyTorch: models as the sources write them, their weights by their names, and what they put out.

    python open_checkpoints.py FOLDER

FOLDER/cases.json is a list of {name, file, prefix, model, options, input: {shape, values}}; prints one list of outputs for each.
"""
import json
import struct
import sys
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F

TYPES = {"F32": torch.float32}


def safetensors(path, prefix):
    """The tensors whose names start with a prefix, which is taken off. Format: length of a JSON header, the header, the bytes."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    found = {}
    for name, entry in header.items():
        if name == "__metadata__" or not name.startswith(prefix):
            continue
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = torch.frombuffer(bytearray(data[start:end]), dtype=TYPES[entry["dtype"]])
        found[name.removeprefix(prefix)] = values.reshape(entry["shape"])
    return found


class Residual(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(0.5), nn.Linear(outputs, outputs))
        self.bridge = nn.Sequential(nn.Linear(inputs, outputs)) if inputs != outputs else nn.Identity()

    def forward(self, x):
        return self.bridge(x) + self.body(x)


def mlp(widths, activation=nn.ReLU, flatten=True):
    layers = [nn.Flatten()] if flatten else []
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        layers += ([activation()] if i > 0 else []) + [nn.Linear(inputs, outputs)]
    return nn.Sequential(*layers)


def skip_mlp(widths):
    layers = [nn.Flatten(), nn.Linear(widths[0], widths[1]), nn.ReLU()]
    for inputs, outputs in zip(widths[1:], widths[2:-1]):
        layers += [Residual(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))


def mnist_cnn(filters, hidden):
    return nn.Sequential(
        nn.Conv2d(1, filters, 3), nn.ReLU(), nn.Flatten(), nn.Linear(26 * 26 * filters, hidden), nn.ReLU(), nn.Linear(hidden, 10)
    )


def widths_cnn(widths):
    layers, inputs = [], 1
    for outputs in widths[:-1]:
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.Dropout2d(0.3), nn.MaxPool2d(2)]
        inputs = outputs
    layers += [nn.Conv2d(inputs, widths[-1], 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers)


class ConvBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv_pass = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU()
        )

    def forward(self, x):
        return self.conv_pass(x)


class OutConv(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.final_conv = nn.Conv2d(inputs, 1, 1)

    def forward(self, x):
        return self.final_conv(x)


class UNet(nn.Module):
    """dlmbl-unet: 'same' padding, bilinear upsampling, the encoder's features first in the concatenation."""

    def __init__(self, maps, depth):
        super().__init__()
        out = [maps * 2**level for level in range(depth)]
        self.left_convs = nn.ModuleList(ConvBlock(out[i - 1] if i > 0 else 1, out[i]) for i in range(depth))
        self.right_convs = nn.ModuleList(ConvBlock(out[i] + out[i + 1], out[i]) for i in range(depth - 1))
        self.final_conv = OutConv(maps)

    def forward(self, x):
        kept = []
        for block in self.left_convs[:-1]:
            kept.append(block(x))
            x = F.max_pool2d(kept[-1], 2)
        x = self.left_convs[-1](x)
        for level in reversed(range(len(self.right_convs))):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = self.right_convs[level](torch.cat([kept[level], x], 1))
        return self.final_conv(x)


MODELS = {
    "regression": lambda units: mlp([1, units, 1], nn.Tanh, flatten=False),
    "mlp": lambda widths: mlp(widths),
    "skip-mlp": skip_mlp,
    "mnist-cnn": mnist_cnn,
    "cnn": widths_cnn,
    "unet": lambda maps, depth: nn.Sequential(UNet(maps, depth)),
}

torch.set_num_threads(1)
folder = Path(sys.argv[1])
outputs = []
for case in json.loads((folder / "cases.json").read_text()):
    model = MODELS[case["model"]](**case["options"])
    state = safetensors(folder / case["file"], case["prefix"])
    weights = {name: value for name, value in state.items() if not name.startswith(("optimizer.", "callback."))}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    # PyTorch counts batches for a momentum that nobody asked for.
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        sys.exit(f"{case['name']}: missing {missing}, unexpected {unexpected}")
    given = torch.tensor(case["input"]["values"]).reshape(case["input"]["shape"])
    with torch.no_grad():
        outputs.append(model.eval()(given).flatten().tolist())
json.dump(outputs, sys.stdout)
