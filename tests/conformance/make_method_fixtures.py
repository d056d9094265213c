"""Writes fixtures of the methods of engine/explain and engine/repair (kinds `attribution` and `method`), computed with PyTorch in float64.

    python make_method_fixtures.py FOLDER [SEED]

Needs torch and numpy. Format, layouts and tolerances are those of make_fixtures.py; the equations are written down once more here, with loops where
that is plainest.
"""
import json
import os
import struct
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

folder, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
rng = np.random.default_rng(seed)
torch.manual_seed(seed)
torch.set_default_dtype(torch.float64)
tensors, cases = {}, []
RELU, FLATTEN = {"type": "relu"}, {"type": "flatten"}


def put(name, value):
    array = np.asarray(value.detach().numpy() if torch.is_tensor(value) else value)
    array = array.astype(np.int32 if array.dtype.kind == "i" else np.float32)
    tensors[name] = np.ascontiguousarray(array.reshape(array.shape or (1,)))
    return name


def draw(*shape, low=None, high=None):
    value = rng.normal(size=shape) if low is None else rng.uniform(low, high, size=shape)
    return torch.tensor(value.astype(np.float32).astype(np.float64))


def conv(i, o, k=3, **more):
    return {"type": "conv2d", "in": i, "out": o, "kernel": k, **more}


class Residual(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return x + self.body(x)


def module(layer):
    make = {
        "conv2d": lambda: nn.Conv2d(layer["in"], layer["out"], layer["kernel"], layer.get("stride", 1), layer.get("padding", 0)),
        "linear": lambda: nn.Linear(layer["in"], layer["out"]), "relu": nn.ReLU, "flatten": nn.Flatten,
        "batchnorm2d": lambda: nn.BatchNorm2d(layer["features"]), "leakyrelu": lambda: nn.LeakyReLU(layer["slope"]),
        "maxpool2d": lambda: nn.MaxPool2d(layer["kernel"]), "avgpool2d": lambda: nn.AvgPool2d(layer["kernel"]),
        "globalavgpool2d": lambda: nn.AdaptiveAvgPool2d(1), "residual": lambda: Residual(sequential(layer["layers"])),
    }
    return make[layer["type"]]()


def sequential(layers):
    return nn.Sequential(*[module(layer) for layer in layers])


def build(name, layers):
    network = sequential(layers).eval()
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean, part.running_var = draw(part.num_features) * 0.2, draw(part.num_features, low=0.5, high=1.5)
    for parameter in network.parameters():
        parameter.data = parameter.data.float().double()
    names = {k: put(f"{name}.net.{k}", v) for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
    return network, names


PLAIN = [conv(3, 5, padding=1), RELU, {"type": "maxpool2d", "kernel": 2}, conv(5, 7, padding=1), RELU, {"type": "globalavgpool2d"}, FLATTEN,
         {"type": "linear", "in": 7, "out": 4}]
DEEP = [conv(1, 6, padding=1), {"type": "batchnorm2d", "features": 6}, {"type": "leakyrelu", "slope": 0.1},
        {"type": "residual", "layers": [conv(6, 6, padding=1), RELU]}, {"type": "avgpool2d", "kernel": 2}, conv(6, 4, 2, stride=2), RELU, FLATTEN,
        {"type": "linear", "in": 4 * 2 * 3, "out": 9}, RELU, {"type": "linear", "in": 9, "out": 3}]


def attributions(name, layers, shape, classes, at, vectors=()):
    network, names = build(name, layers)
    n = shape[0]
    x, t = draw(*shape), torch.tensor(rng.integers(0, classes, size=n))
    input_name, target_name = put(f"{name}.x", x), put(f"{name}.t", t)

    def score(y):
        return y.gather(1, t[:, None]).sum()

    def gradient(layer, activation):
        a = activation.detach().requires_grad_()
        return torch.autograd.grad(score(network[layer + 1:](a)), a)[0]

    def case(method, output, attrs):
        label = f"{method}_{len(cases)}"
        cases.append({"kind": "attribution", "name": label, "method": method, "network": layers, "state": names, "input": input_name, "target": target_name,
                      "attrs": attrs, "output": put(f"{label}.y", output), "rtol": 1e-3, "atol": 1e-4})

    for layer in at:
        A = network[: layer + 1](x).detach()
        G = gradient(layer, A)
        case("spatialAttribution", (A * G).sum(1), {"layer": layer})
        case("layerSaliency", (A * G).sum(1).abs(), {"layer": layer})
        case("channelAttribution", (A * G).sum((2, 3)), {"layer": layer})
        case("gradCam", F.relu((G.mean((2, 3), keepdim=True) * A).sum(1)), {"layer": layer})
        total = A.sum((2, 3), keepdim=True)
        alpha = torch.where(G == 0, torch.zeros_like(G), G**2 / (2 * G**2 + total * G**3))
        case("gradCamPlusPlus", F.relu(((alpha * F.relu(G)).sum((2, 3), keepdim=True) * A).sum(1)), {"layer": layer})
        steps = int(rng.integers(3, 9))
        path = A * sum(gradient(layer, A * s / steps) for s in range(steps)) / steps
        case("channelAttributionPath", path.sum((2, 3)), {"layer": layer, "steps": steps})
        raised = []
        for k in range(A.shape[1]):
            H = F.interpolate(A[:, k:k + 1], size=shape[2:], mode="bilinear", align_corners=False)
            low, high = H.amin((2, 3), keepdim=True), H.amax((2, 3), keepdim=True)
            raised.append(network(x * (H - low) / torch.where(high > low, high - low, torch.ones_like(low))).detach().gather(1, t[:, None])[:, 0])
        weights = torch.softmax(torch.stack(raised, 1), 1)
        case("scoreCam", F.relu((weights[:, :, None, None] * A).sum(1)), {"layer": layer})
    for layer in vectors:
        A = network[: layer + 1](x).detach()
        case("channelAttribution", A * gradient(layer, A), {"layer": layer})
    window = 3
    starts = [list(range(0, s - window, 2)) + [s - window] for s in shape[2:]]
    lost, covered = torch.zeros(n, *shape[2:]), torch.zeros(shape[2:])
    before = network(x).detach().gather(1, t[:, None])[:, 0]
    for top in starts[0]:
        for left in starts[1]:
            changed = x.clone()
            changed[:, :, top:top + window, left:left + window] = 0.25
            lost[:, top:top + window, left:left + window] += (before - network(changed).detach().gather(1, t[:, None])[:, 0])[:, None, None]
            covered[top:top + window, left:left + window] += 1
    case("occlusion", lost / covered, {"window": window, "stride": 2, "fill": 0.25})


def method(name, inputs, outputs, attrs, rtol=1e-3, atol=1e-4, label=None):
    label = f"{label or name}_{len(cases)}"
    cases.append({"kind": "method", "name": label, "method": name, "attrs": attrs, "inputs": {k: put(f"{label}.{k}", v) for k, v in inputs.items()},
                  "outputs": {k: put(f"{label}.out.{k}", v) for k, v in outputs.items()}, "rtol": rtol, "atol": atol})


def about_networks():
    for name, layers, shape, first, second in (("l2l_plain", PLAIN, (1, 3, 7, 9), 1, 4), ("l2l_deep", DEEP, (1, 1, 8, 12), 2, 6), ("l2l_pool", DEEP, (1, 1, 8, 12), 4, 6)):
        network, names = build(name, layers)
        x = draw(*shape)
        a1 = network[: first + 1](x).detach().requires_grad_()
        a2 = network[first + 1: second + 1](a1)
        _, _, h2, w2 = a2.shape
        result = torch.zeros(*a1.shape[2:], h2, w2)
        for u in range(h2):
            for v in range(w2):
                norm = a2[0, :, u, v].norm()
                if norm > 0:
                    result[:, :, u, v] = (a1 * torch.autograd.grad(norm, a1, retain_graph=True)[0]).sum(1)[0].detach()
        method("layerToLayer", {"input": x}, {"attribution": result}, {"network": layers, "state": names, "from_": first, "to": second})
    for steps, fill in ((4, 0), (7, 0.3), (63, -1)):
        network, names = build(f"curves{steps}", PLAIN)
        shape = (3, 3, 7, 9)
        x, t, m = draw(*shape), torch.tensor([2, 0, 3]), draw(3, 7, 9)
        # Ties are broken by index.
        m[0, 2:5, 3] = m[0, 1, 1]
        rank = torch.zeros(3, 63)
        for i in range(3):
            order = sorted(range(63), key=lambda p: (-m[i].reshape(-1)[p].item(), p))
            for r, p in enumerate(order):
                rank[i, p] = r
        rank = rank.reshape(3, 1, 7, 9)
        for name in ("deletion", "insertion"):
            curve = []
            for s in range(steps + 1):
                chosen = rank < round(s * 63 / steps)
                kept = chosen if name == "insertion" else ~chosen
                shown = torch.where(kept, x, torch.full_like(x, fill))
                curve.append(torch.softmax(network(shown), 1).detach().gather(1, t[:, None])[:, 0])
            curve = torch.stack(curve, 1)
            area = (curve[:, :-1] + curve[:, 1:]).sum(1) / 2 / steps
            method(name, {"input": x, "target": t, "map": m}, {"curve": curve, "area": area}, {"network": PLAIN, "state": names, "steps": steps, "fill": fill})


def images():
    L = torch.tensor([[.26, .09, .02], [.27, .0, -.05], [.27, -.09, .03]])
    M = L / L.norm(dim=0).max()
    for h, w in ((6, 8), (5, 4), (7, 9)):
        wide = w + w % 2
        columns = wide // 2 + 1
        spectrum = (draw(2, h, columns, 3, 2) * 0.3).requires_grad_()
        fx = np.fft.fftfreq(w)[:columns] if w % 2 else np.fft.rfftfreq(w)
        f = np.sqrt(np.fft.fftfreq(h)[:, None] ** 2 + fx[None] ** 2)
        scale = torch.tensor(np.sqrt(h * w) / np.maximum(f, 1 / max(h, w)))
        z = torch.view_as_complex(spectrum) * scale[None, :, :, None]
        t = torch.fft.irfft2(z, s=(h, wide), dim=(1, 2))[:, :, :w] / 4
        image = torch.sigmoid(t @ M.T).permute(0, 3, 1, 2)
        upstream = draw(*image.shape)
        image.backward(upstream)
        method("fourierImage", {"spectrum": spectrum, "upstream": upstream}, {"image": image, "gradient": spectrum.grad}, {"height": h, "width": w})
        x = draw(2, 3, h, w)
        tv = (x[:, :, 1:] - x[:, :, :-1]).abs().sum((1, 2, 3)) + (x[:, :, :, 1:] - x[:, :, :, :-1]).abs().sum((1, 2, 3))
        method("totalVariation", {"image": x}, {"value": tv}, {})


def numbers():
    for n, c, r in ((17, 6, 2), (9, 31, 5)):
        V, W, B = draw(n, c, low=0, high=2), draw(n, r, low=0.1, high=1), draw(r, c, low=0.1, high=1)
        w, b = W, B
        for _ in range(12):
            b = b * (w.T @ V) / (w.T @ w @ b + 1e-9)
            w = w * (V @ b.T) / (w @ b @ b.T + 1e-9)
        method("nmf", {"V": V, "W": W, "B": B}, {"W": w, "B": b}, {"iterations": 12, "epsilon": 1e-9}, rtol=5e-3, atol=1e-3)
    for length in (30, 129):
        u, h = draw(6, length).clamp(min=0), draw(length).clamp(min=0)
        d = (u - h).abs()
        total = u.abs() + h.abs()
        values = {
            "dot": u @ h, "cosine": 1 - (u @ h) / (u.norm(dim=1) * h.norm()), "manhattan": d.sum(1), "euclidean": (d**2).sum(1).sqrt(),
            "minkowski": (d**5).sum(1) ** 0.2, "chebyshev": d.amax(1), "earthMover": (u.sort(1)[0] - h.sort()[0]).abs().mean(1),
            "canberra": torch.where(total > 0, d / torch.where(total > 0, total, torch.ones_like(total)), torch.zeros_like(d)).sum(1),
            "brayCurtis": d.sum(1) / (u + h).abs().sum(1),
        }
        for name, value in values.items():
            method("measure", {"u": u, "h": h}, {"value": value}, {"measure": name, "p": 5}, label=f"measure_{name}")
    P, Q = torch.softmax(draw(25, 7), 1), torch.softmax(draw(25, 7), 1)
    for other in (Q, torch.ones_like(P), torch.softmax(P.log() + 0.05 * draw(25, 7), 1)):
        value = 1 - (P / P.sum() * other / other.sum()).sqrt().sum()
        method("bhattacharyya", {"P": P, "Q": other}, {"value": value}, {}, atol=1e-6)


def masks():
    for h, w, size in ((8, 8, (28, 28)), (5, 7, (20, 11))):
        maps = draw(3, h, w, low=0, high=1)
        maps[1, :, 2:] = 0
        flat = maps.reshape(3, -1)

        def soft(mask):
            return F.interpolate(mask.double().reshape(3, 1, h, w), size=size, mode="bilinear", align_corners=False)[:, 0]

        for k in (0.15, 0.4, 0.8):
            limit = torch.tensor(np.percentile(flat.numpy(), 100 * (1 - k), axis=1))
            method("mask", {"map": maps}, {"mask": soft(flat > limit[:, None])}, {"rule": "topK", "k": k, "size": size}, label="mask_topK")
            method("mask", {"map": maps}, {"mask": soft(flat > k)}, {"rule": "threshold", "threshold": k, "size": size}, label="mask_threshold")
            method("mask", {"map": maps}, {"mask": soft(flat > k * flat.mean(1, keepdim=True))}, {"rule": "mean", "k": k, "size": size}, label="mask_mean")
        maps = maps ** 4
        large = F.interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
        hard = []
        for one in large:
            positive = one[one > 0]
            hard.append((one > positive.mean() + 2 * positive.std(unbiased=False)).double())
        method("mask", {"map": maps}, {"mask": torch.stack(hard)}, {"rule": "paper", "size": size}, label="mask_paper")


attributions("plain", PLAIN, (3, 3, 7, 9), 4, (1, 4))
attributions("deep", DEEP, (2, 1, 8, 12), 3, (2, 3, 6), vectors=(9,))
about_networks()
images()
numbers()
masks()

os.makedirs(folder, exist_ok=True)
header, blobs, offset = {}, [], 0
for name, array in tensors.items():
    data = array.tobytes()
    header[name] = {"dtype": "I32" if array.dtype == np.int32 else "F32", "shape": list(array.shape), "data_offsets": [offset, offset + len(data)]}
    blobs.append(data)
    offset += len(data)
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open(os.path.join(folder, "fixtures.safetensors"), "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))
with open(os.path.join(folder, "fixtures.json"), "w") as file:
    json.dump({"format": "reference-fixtures/1", "generator": f"PyTorch {torch.__version__}, float64, seed {seed}", "cases": cases}, file)
print(len(cases), "cases")
