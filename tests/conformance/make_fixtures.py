"""Writes another folder of fixtures in the format of the reference ones, with shapes and attributes drawn from a seed.

    python make_fixtures.py FOLDER [SEED]

Needs torch, numpy and safetensors. Everything is computed in float64 and stored as float32; tensors are in PyTorch's layouts.
"""
import json
import os
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.numpy import save_file

folder, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
rng = np.random.default_rng(seed)
torch.manual_seed(seed)
torch.set_default_dtype(torch.float64)
tensors: dict[str, np.ndarray] = {}
cases: list[dict] = []


def put(name, value):
    array = value.detach().numpy()
    if array.dtype == np.float64:
        array = array.astype(np.float32)
    elif array.dtype == np.int64:
        array = array.astype(np.int32)
    tensors[name] = np.ascontiguousarray(array.reshape(array.shape or (1,)))
    return name


def draw(*shape, low=None, high=None):
    value = rng.normal(size=shape) if low is None else rng.uniform(low, high, size=shape)
    return torch.tensor(value.astype(np.float32).astype(np.float64))


def pick(*options):
    return options[rng.integers(len(options))]


def integer(low, high):
    return int(rng.integers(low, high + 1))


def op(name, f, inputs, attrs=None, needs=None, rtol=1e-3, atol=1e-4, label=None):
    label = f"{label or name}_{len(cases)}"
    needs = needs or [x.dtype.is_floating_point for x in inputs]
    for x, need in zip(inputs, needs):
        x.requires_grad_(need)
    y = f(*inputs)
    upstream = draw(*y.shape)
    if any(needs):
        y.backward(upstream)
    cases.append({
        "kind": "op", "name": label, "op": name, "attrs": attrs or {},
        "inputs": [put(f"{label}.x{i}", x) for i, x in enumerate(inputs)],
        "output": put(f"{label}.y", y),
        "upstream": put(f"{label}.gy", upstream) if any(needs) else None,
        "grads": [put(f"{label}.g{i}", x.grad) if need else None for i, (x, need) in enumerate(zip(inputs, needs))],
        "rtol": rtol, "atol": atol,
    })


def elementwise():
    pairs = [((integer(1, 9), integer(1, 9)),) * 2, ((3, 1, 4), (5, 1)), ((2, 3, 1, 5), (1, 3, 4, 1)), ((7,), (1,)), ((1,), (4, 7))]
    for a, b in pairs:
        for name, f in {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "maximum": torch.maximum, "minimum": torch.minimum}.items():
            op(name, f, [draw(*a), draw(*b)])
        op("div", torch.div, [draw(*a), draw(*b, low=0.5, high=2)])
    shape = [integer(1, 6) for _ in range(integer(1, 4))]
    unary = {"neg": torch.neg, "exp": torch.exp, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": F.relu, "abs": torch.abs,
             "square": torch.square, "softplus": F.softplus, "sin": torch.sin, "cos": torch.cos, "silu": F.silu, "erf": torch.erf}
    for name, f in unary.items():
        op(name, f, [draw(*shape) * 2])
    for name, f in {"log": torch.log, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "reciprocal": torch.reciprocal}.items():
        op(name, f, [draw(*shape, low=0.2, high=3)])
    for kind in ("tanh", "none"):
        op("gelu", lambda x: F.gelu(x, approximate=kind), [draw(*shape) * 2], {"approximate": kind})
    slope = float(rng.uniform(0.01, 0.5))
    op("leakyRelu", lambda x: F.leaky_relu(x, slope), [draw(*shape)], {"negativeSlope": slope})
    op("elu", lambda x: F.elu(x, 1.3), [draw(*shape)], {"alpha": 1.3})
    for exponent in (2.0, 3.0, 4.0):
        op("pow", lambda x: x**exponent, [draw(*shape)], {"exponent": exponent})
    for exponent in (0.5, -1.5, 1.7):
        op("pow", lambda x: x**exponent, [draw(*shape, low=0.3, high=2)], {"exponent": exponent})
    low, high = sorted(float(v) for v in rng.normal(size=2))
    op("clamp", lambda x: x.clamp(low, high), [draw(*shape)], {"min": low, "max": high})
    op("clamp", lambda x: x.clamp(min=low), [draw(*shape)], {"min": low, "max": None})


def reductions():
    for axes in (None, [0], [1], [-1], [0, 1], [1, 3], [0, 2, 3], [-2, -1], [0, 1, 2, 3]):
        for keep in (False, True):
            dim = tuple(range(4)) if axes is None else tuple(axes)
            shape = [integer(1, 7) for _ in range(4)]
            attrs = {"axes": axes, "keepDims": keep}
            op("sum", lambda x: x.sum(dim, keepdim=keep), [draw(*shape)], attrs, atol=1e-3)
            op("mean", lambda x: x.mean(dim, keepdim=keep), [draw(*shape)], attrs)
            op("max", lambda x: x.amax(dim, keepdim=keep), [draw(*shape)], attrs)
            op("min", lambda x: x.amin(dim, keepdim=keep), [draw(*shape)], attrs)
            sizes = [min(n, 4) + 1 for n in shape]
            for correction in (0, 1):
                op("variance", lambda x: x.var(dim, correction=correction, keepdim=keep), [draw(*sizes)], {**attrs, "correction": correction})


def shapes():
    op("reshape", lambda x: x.reshape(4, -1), [draw(2, 6, 3)], {"shape": [4, -1]})
    op("reshape", lambda x: x.reshape(-1), [draw(2, 6, 3)], {"shape": [-1]})
    for axes in ([1, 0], [2, 0, 1], [0, 2, 3, 1], [3, 2, 1, 0]):
        op("permute", lambda x: x.permute(axes), [draw(*[integer(1, 6) for _ in axes])], {"axes": axes})
    for axis in (0, 1, -1):
        parts = [[2, 3, 4] for _ in range(3)]
        for part in parts:
            part[axis] = integer(1, 5)
        op("concat", lambda *xs: torch.cat(xs, axis), [draw(*part) for part in parts], {"axis": axis})
    op("slice", lambda x: x[1:3, 0:2, 2:6], [draw(4, 5, 7)], {"starts": [1, 0, 2], "ends": [3, 2, 6]})
    left, right, top, bottom = (integer(0, 3) for _ in range(4))
    for extra in ({}, {"value": 1.5}):
        op("pad2d", lambda x: F.pad(x, (left, right, top, bottom), value=extra.get("value", 0)), [draw(2, 3, 4, 5)],
           {"left": left, "right": right, "top": top, "bottom": bottom, **extra})
    for axis in (0, 1, -1):
        x = draw(4, 5, 6)
        index = torch.tensor(rng.integers(0, x.shape[axis], size=7))
        op("gather", lambda x, i: x.index_select(axis, i), [x, index], {"axis": axis})


def products():
    for a, b in (((1, 1), (1, 1)), ((3, 17), (17, 1)), ((65, 33), (33, 63)), ((2, 3, 5, 4), (2, 3, 4, 6)), ((5, 4), (3, 4, 2)), ((66, 33), (33, 70))):
        scale = a[-1] ** 0.5
        op("matmul", torch.matmul, [draw(*a), draw(*b)], rtol=2e-3, atol=2e-4 * scale)
    op("linear", F.linear, [draw(5, 7), draw(3, 7), draw(3)], rtol=2e-3, atol=1e-3)


def convolutions():
    for _ in range(14):
        groups = pick(1, 1, 1, 2, 3)
        ci, co = groups * integer(1, 5), groups * integer(1, 5)
        kernel = (integer(1, 4), integer(1, 4))
        stride, padding, dilation = (pick(v, v, (integer(1, 3), integer(1, 3))) for v in (integer(1, 3), integer(0, 2), integer(1, 2)))
        x = draw(integer(1, 4), ci, integer(8, 13), integer(8, 13))
        inputs = [x, draw(co, ci // groups, *kernel)] + ([draw(co)] if rng.random() < 0.7 else [])
        attrs = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        op("conv2d", lambda x, w, b=None: F.conv2d(x, w, b, stride, padding, dilation, groups), inputs, attrs, rtol=2e-3, atol=1e-3)
    for ci, co, size in ((16, 12, 8), (13, 11, 9), (32, 8, 5), (3, 20, 8), (1, 5, 20)):
        op("conv2d", lambda x, w, b: F.conv2d(x, w, b, padding=1), [draw(2, ci, size, size), draw(co, ci, 3, 3) / ci**0.5, draw(co)],
           {"stride": 1, "padding": 1, "dilation": 1, "groups": 1}, rtol=2e-3, atol=2e-3)
    for _ in range(8):
        groups = pick(1, 1, 2)
        ci, co = groups * integer(1, 4), groups * integer(1, 4)
        stride = integer(1, 3)
        extra = integer(0, stride - 1)
        padding = integer(0, 1)
        attrs = {"stride": stride, "padding": padding, "outputPadding": extra, "groups": groups}
        op("convTranspose2d", lambda x, w, b: F.conv_transpose2d(x, w, b, stride, padding, extra, groups),
           [draw(2, ci, integer(3, 7), integer(3, 7)), draw(ci, co // groups, integer(2, 4), integer(2, 4)), draw(co)], attrs, rtol=2e-3, atol=1e-3)


def images():
    for _ in range(5):
        kernel = pick(integer(2, 4), (integer(1, 4), integer(2, 4)))
        stride = pick(integer(1, 3), (integer(1, 3), integer(1, 3)))
        padding = integer(0, (kernel if isinstance(kernel, int) else min(kernel)) // 2)
        attrs = {"kernel": kernel, "stride": stride, "padding": padding}
        shape = (integer(1, 3), integer(1, 6), integer(7, 12), integer(7, 12))
        op("maxPool2d", lambda x: F.max_pool2d(x, kernel, stride, padding), [draw(*shape)], attrs)
        op("avgPool2d", lambda x: F.avg_pool2d(x, kernel, stride, padding), [draw(*shape)], attrs)
    for _ in range(3):
        shape = (2, integer(1, 5), integer(2, 7), integer(2, 7))
        scale = integer(2, 3)
        op("upsample2d", lambda x: F.interpolate(x, scale_factor=scale, mode="nearest"), [draw(*shape)], {"scale": scale, "mode": "nearest"})
        for corners in (False, True):
            op("upsample2d", lambda x: F.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=corners), [draw(*shape)],
               {"scale": scale, "mode": "bilinear", "alignCorners": corners})
            size = [integer(1, 11), integer(1, 11)]
            op("resize2d", lambda x: F.interpolate(x, size=size, mode="bilinear", align_corners=corners), [draw(*shape)],
               {"size": size, "mode": "bilinear", "alignCorners": corners})
        op("resize2d", lambda x: F.interpolate(x, size=size, mode="nearest"), [draw(*shape)], {"size": size, "mode": "nearest"})


def normalisation():
    for eps in (1e-5, 1e-3):
        c = integer(1, 9)
        x = draw(integer(2, 5), c, integer(2, 6), integer(2, 6))
        op("batchNorm2d", lambda x, g, b: F.batch_norm(x, None, None, g, b, True, 0.1, eps), [x, draw(c), draw(c)],
           {"training": True, "eps": eps}, rtol=5e-3, atol=1e-3)
        op("batchNorm2d", lambda x, g, b, m, v: F.batch_norm(x, m, v, g, b, False, 0.1, eps),
           [draw(*x.shape), draw(c), draw(c), draw(c), draw(c, low=0.3, high=2)], {"training": False, "eps": eps},
           needs=[True, True, True, False, False], rtol=5e-3, atol=1e-3)
        n = integer(2, 33)
        op("layerNorm", lambda x, g, b: F.layer_norm(x, (n,), g, b, eps), [draw(3, 4, n), draw(n), draw(n)], {"eps": eps}, rtol=5e-3, atol=1e-3)
    for axis in (-1, 0, 1):
        op("softmax", lambda x: F.softmax(x, axis), [draw(3, 5, 4) * 3], {"axis": axis})
        op("logSoftmax", lambda x: F.log_softmax(x, axis), [draw(3, 5, 4) * 3], {"axis": axis})


def losses():
    for reduction in ("mean", "sum", "none"):
        n, c = integer(1, 9), integer(2, 12)
        labels = torch.tensor(rng.integers(0, c, size=n))
        op("crossEntropy", lambda z, t: F.cross_entropy(z, t, reduction=reduction), [draw(n, c) * 3, labels], {"reduction": reduction})
        for name, f in {"mseLoss": F.mse_loss, "l1Loss": F.l1_loss}.items():
            op(name, lambda a, b: f(a, b, reduction=reduction), [draw(n, c), draw(n, c)], {"reduction": reduction})
        op("bceWithLogits", lambda a, b: F.binary_cross_entropy_with_logits(a, b, reduction=reduction),
           [draw(n, c) * 3, draw(n, c, low=0, high=1)], {"reduction": reduction}, needs=[True, False])


class Residual(nn.Module):
    def __init__(self, body, bridge):
        super().__init__()
        self.body = body
        if bridge is not None:
            self.bridge = bridge

    def forward(self, x):
        return (self.bridge(x) if hasattr(self, "bridge") else x) + self.body(x)


def module(layer):
    kind = layer["type"]
    bias = layer.get("bias", True)
    if kind == "linear":
        return nn.Linear(layer["in"], layer["out"], bias)
    if kind == "conv2d":
        return nn.Conv2d(layer["in"], layer["out"], layer["kernel"], layer.get("stride", 1), layer.get("padding", 0),
                         layer.get("dilation", 1), layer.get("groups", 1), bias)
    if kind == "convtranspose2d":
        return nn.ConvTranspose2d(layer["in"], layer["out"], layer["kernel"], layer.get("stride", 1), layer.get("padding", 0), layer.get("outputPadding", 0))
    if kind == "residual":
        bridge = sequential(layer["bridge"]) if "bridge" in layer else None
        return Residual(sequential(layer["layers"]), bridge)
    simple = {
        "batchnorm2d": lambda: nn.BatchNorm2d(layer["features"]), "batchnorm1d": lambda: nn.BatchNorm1d(layer["features"]),
        "layernorm": lambda: nn.LayerNorm(layer["features"]), "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid,
        "gelu": lambda: nn.GELU("tanh"), "silu": nn.SiLU, "leakyrelu": lambda: nn.LeakyReLU(layer.get("slope", 0.01)),
        "maxpool2d": lambda: nn.MaxPool2d(layer["kernel"], layer.get("stride"), layer.get("padding", 0)),
        "avgpool2d": lambda: nn.AvgPool2d(layer["kernel"], layer.get("stride"), layer.get("padding", 0)),
        "globalavgpool2d": lambda: nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten,
        "upsample2d": lambda: nn.Upsample(scale_factor=layer["scale"], mode=layer.get("mode", "nearest")),
        "softmax": lambda: nn.Softmax(1), "sequential": lambda: sequential(layer["layers"]),
    }
    return simple[kind]()


def sequential(layers):
    return nn.Sequential(*[module(layer) for layer in layers])


def optimiser(parameters, config):
    decay = {"weight_decay": config["weightDecay"]} if "weightDecay" in config else {}
    if config["type"] == "sgd":
        return torch.optim.SGD(parameters, lr=config["lr"], momentum=config.get("momentum", 0), dampening=config.get("dampening", 0),
                               nesterov=config.get("nesterov", False), **decay)
    kind = torch.optim.AdamW if config["type"] == "adamw" else torch.optim.Adam
    return kind(parameters, lr=config.get("lr", 1e-3), betas=tuple(config.get("betas", (0.9, 0.999))), eps=config.get("eps", 1e-8), **decay)


def state(prefix, network):
    return {name: put(f"{prefix}.{name}", value) for name, value in network.state_dict().items() if not name.endswith("num_batches_tracked")}


def train(name, layers, config, shape, loss="crossEntropy"):
    name = f"{name}_{len(cases)}"
    network = sequential(layers)
    for parameter in network.parameters():
        parameter.data = parameter.data.float().double()
    init = state(f"{name}.init", network)
    update = optimiser(network.parameters(), config)
    inputs, targets, values = [], [], []
    for step in range(10):
        x = draw(*shape)
        y = network(x)
        t = torch.tensor(rng.integers(0, y.shape[1], size=y.shape[0])) if loss == "crossEntropy" else draw(*y.shape)
        value = (F.cross_entropy if loss == "crossEntropy" else F.mse_loss)(y, t)
        update.zero_grad()
        value.backward()
        update.step()
        inputs.append(put(f"{name}.x{step}", x))
        targets.append(put(f"{name}.t{step}", t))
        values.append(value.item())
    cases.append({"kind": "train", "name": name, "network": layers, "init": init, "final": state(f"{name}.final", network), "loss": loss,
                  "optimizer": config, "inputs": inputs, "targets": targets, "losses": values, "rtol": 5e-3, "atol": 1e-3})


def linear(inputs, outputs, **more):
    return {"type": "linear", "in": inputs, "out": outputs, **more}


def conv(inputs, outputs, kernel=3, **more):
    return {"type": "conv2d", "in": inputs, "out": outputs, "kernel": kernel, **more}


RELU, FLATTEN, POOL = {"type": "relu"}, {"type": "flatten"}, {"type": "maxpool2d", "kernel": 2}


def trainings():
    configs = [
        {"type": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": True, "weightDecay": 0.01},
        {"type": "sgd", "lr": 0.05, "momentum": 0.8, "dampening": 0.4},
        {"type": "adam", "lr": 0.004, "betas": [0.8, 0.99], "eps": 1e-6, "weightDecay": 0.02},
        {"type": "adamw", "lr": 0.01},
    ]
    for config in configs:
        train("mlp", [FLATTEN, linear(48, 17), {"type": "tanh"}, linear(17, 5, bias=False)], config, (6, 3, 4, 4))
    train("bridge", [FLATTEN, {"type": "residual", "layers": [linear(32, 12), RELU, linear(12, 12)], "bridge": [linear(32, 12)]}, RELU, linear(12, 4)],
          configs[2], (7, 2, 4, 4))
    train("straight", [FLATTEN, {"type": "residual", "layers": [linear(32, 32), {"type": "silu"}, linear(32, 32)]}, {"type": "layernorm", "features": 32},
                       {"type": "gelu"}, linear(32, 4)], configs[0], (7, 2, 4, 4))
    train("strided", [conv(3, 8, 3, stride=2, padding=1), {"type": "batchnorm2d", "features": 8}, {"type": "leakyrelu", "slope": 0.2},
                      conv(8, 8, 3, padding=1, groups=4, bias=False), RELU, {"type": "avgpool2d", "kernel": 2}, FLATTEN, {"type": "batchnorm1d", "features": 32},
                      linear(32, 6)], configs[0], (5, 3, 8, 8))
    # Not with Adam: a bias in front of a batch norm has no gradient, and Adam would make a step of what rounding leaves of it.
    train("residual", [conv(1, 6, 3, padding=1), RELU, {"type": "residual", "layers": [conv(6, 6, 3, padding=1), {"type": "batchnorm2d", "features": 6}, RELU,
          conv(6, 6, 3, padding=1)]}, RELU, {"type": "globalavgpool2d"}, FLATTEN, linear(6, 3)], configs[1], (4, 1, 6, 6))
    train("decoder", [conv(1, 4, 3, padding=1, stride=2), {"type": "sigmoid"}, {"type": "convtranspose2d", "in": 4, "out": 3, "kernel": 2, "stride": 2}, RELU,
                      conv(3, 1, 1)], {"type": "adam", "lr": 0.01}, (4, 1, 8, 8), "mse")
    train("bilinear", [conv(1, 4, 3, padding=1), RELU, POOL, {"type": "sequential", "layers": [conv(4, 4, 3, padding=1), RELU]},
                       {"type": "upsample2d", "scale": 2, "mode": "bilinear"}, conv(4, 1, 3, padding=1)], configs[1], (4, 1, 8, 8), "mse")
    train("double_softmax", [FLATTEN, linear(16, 8), RELU, linear(8, 5), {"type": "softmax"}], {"type": "sgd", "lr": 0.1, "momentum": 0.9}, (6, 1, 4, 4))


def attributions():
    layers = [conv(3, 6, 3, padding=1), {"type": "batchnorm2d", "features": 6}, RELU, POOL, conv(6, 9, 3, padding=1), RELU, {"type": "globalavgpool2d"}, FLATTEN,
              linear(9, 5)]
    network = sequential(layers).eval()
    network[1].running_mean = draw(6) * 0.2
    network[1].running_var = draw(6, low=0.5, high=1.5)
    for parameter in network.parameters():
        parameter.data = parameter.data.float().double()
    x, t = draw(4, 3, 10, 8), torch.tensor(rng.integers(0, 5, size=4))
    names, input_name, target_name = state("attr.net", network), put("attr.x", x), put("attr.t", t)

    def gradient(value, f=lambda y: y.gather(1, t[:, None]).sum()):
        value = value.detach().requires_grad_()
        return torch.autograd.grad(f(network(value)), value)[0]

    def case(method, output, attrs):
        cases.append({"kind": "attribution", "name": f"attr_{method}_{len(cases)}", "method": method, "network": layers, "state": names, "input": input_name,
                      "target": target_name, "attrs": attrs, "output": put(f"attr.{method}.{len(cases)}", output), "rtol": 5e-3, "atol": 1e-4})

    case("saliency", gradient(x), {"absolute": False})
    case("saliency", gradient(x).abs(), {"absolute": True})
    case("inputXGradient", x * gradient(x), {})
    for rule in ("left", "right", "midpoint", "gauss-legendre"):
        steps = integer(3, 30)
        if rule == "gauss-legendre":
            nodes, weights = np.polynomial.legendre.leggauss(steps)
            nodes, weights = (nodes + 1) / 2, weights / 2
        else:
            shift = {"left": 0, "right": 1, "midpoint": 0.5}[rule]
            nodes, weights = (np.arange(steps) + shift) / steps, np.full(steps, 1 / steps)
        total = sum(w * gradient(a * x) for a, w in zip(nodes, weights))
        case("integratedGradients", x * total, {"steps": steps, "baseline": "zeros", "rule": rule})
    for layer in (2, 4, 5):
        activation = network[: layer + 1](x).detach().requires_grad_()
        g = torch.autograd.grad(network[layer + 1:](activation).gather(1, t[:, None]).sum(), activation)[0]
        activation = activation.detach()
        case("gradCam", F.relu((g.mean((2, 3), keepdim=True) * activation).sum(1)), {"layer": layer})
        if layer != 4:
            weights = (g * activation).sum((2, 3), keepdim=True) / (activation.sum((2, 3), keepdim=True) + 1e-8)
            case("xGradCam", F.relu((weights * activation).sum(1)), {"layer": layer})
    case("cam", (network[8].weight.detach()[t][:, :, None, None] * activation).sum(1), {"layer": 5})

    def loss_gradient(value):
        return gradient(value, lambda y: F.cross_entropy(y, t, reduction="sum"))

    for epsilon in (0.03, 0.25):
        case("fgsm", x + epsilon * loss_gradient(x).sign(), {"epsilon": epsilon})
        moved = x
        for _ in range(7):
            moved = x + (moved + 0.02 * loss_gradient(moved).sign() - x).clamp(-epsilon, epsilon)
        case("pgd", moved, {"epsilon": epsilon, "stepSize": 0.02, "steps": 7, "randomStart": False})


for part in (elementwise, reductions, shapes, products, convolutions, images, normalisation, losses, trainings, attributions):
    part()
os.makedirs(folder, exist_ok=True)
save_file(tensors, os.path.join(folder, "fixtures.safetensors"))
with open(os.path.join(folder, "fixtures.json"), "w") as file:
    json.dump({"format": 1, "generator": f"torch {torch.__version__}, seed {seed}", "cases": cases}, file)
print(len(cases), "cases")
