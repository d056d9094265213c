"""PyTorch for the benchmark: a line of JSON for each request on standard input, one for each answer on standard output.

Requests: open {threads} -> {version}; prepare {workload, tensors} -> {id}; run {id, n}; check {id, steps} -> {values}; dispose {id}.
Tensors come as NHWC, HWIO and [in, out], in base64; they are permuted to PyTorch's own layouts once, before anything is timed.
"""

import base64
import itertools
import json
import sys

try:
    import torch
    from torch.nn import functional
except ImportError as missing:
    for _ in sys.stdin:
        print(json.dumps({"error": f"this Python has no torch: {missing}"}), flush=True)
    sys.exit(0)


def decode(tensor):
    dtype = torch.float32 if tensor["dtype"] == "f32" else torch.int32
    return torch.frombuffer(bytearray(base64.b64decode(tensor["data"])), dtype=dtype).reshape(tensor["shape"])


def encode(tensor):
    values = tensor.detach().to(torch.float32).contiguous()
    return base64.b64encode(values.numpy().tobytes()).decode()


def nchw(tensor):
    return tensor.permute(0, 3, 1, 2).contiguous()


def nhwc(tensor):
    return tensor.permute(0, 2, 3, 1).contiguous()


class Kernel:
    """One operation; `result` is in the canonical layout."""

    def __init__(self, compute, canonical=lambda y: y):
        self.compute, self.canonical = compute, canonical

    def run(self, n):
        with torch.no_grad():
            for _ in range(n):
                self.compute()

    def check(self, _steps):
        with torch.no_grad():
            return self.canonical(self.compute())


def kernel(workload, given):
    kind = workload["type"]
    if kind == "matmul":
        return Kernel(lambda: given["a"] @ given["b"])
    if kind == "add":
        return Kernel(lambda: given["a"] + given["b"])
    if kind == "relu":
        return Kernel(lambda: torch.relu(given["x"]))
    if kind == "sum":
        return Kernel(lambda: given["x"].sum())
    return convolution(workload, given)


def convolution(shape, given):
    padding = shape["padding"]
    x, dy = (nchw(given[name]) if name in given else None for name in ("x", "dy"))
    weight = given["weight"].permute(3, 2, 0, 1).contiguous() if "weight" in given else None
    if shape["pass"] == "forward":
        return Kernel(lambda: functional.conv2d(x, weight, padding=padding), nhwc)
    x_shape = (shape["n"], shape["c"], shape["h"], shape["w"])
    w_shape = (shape["o"], shape["c"], shape["kernel"], shape["kernel"])
    x = torch.empty(x_shape) if x is None else x
    weight = torch.empty(w_shape) if weight is None else weight
    input_gradient = shape["pass"] == "input-gradient"

    def backward():
        mask = [input_gradient, not input_gradient, False]
        both = torch.ops.aten.convolution_backward(
            dy, x, weight, None, [1, 1], [padding, padding], [1, 1], False, [0, 0], 1, mask
        )
        return both[0] if input_gradient else both[1]

    return Kernel(backward, nhwc if input_gradient else lambda dw: dw.permute(2, 3, 1, 0).contiguous())


class Network:
    """The layers of a network as functions of PyTorch; training steps with its own optimisers."""

    def __init__(self, network, given, training):
        self.network, self.training = network, training
        self.images = nchw(given["#images"])
        self.labels = given["#labels"].long() if "#labels" in given else None
        self.targets = nchw(given["#targets"]) if "#targets" in given else None
        self.parameters = {name: value.clone() for name, value in given.items() if not name.startswith("#")}
        self.to_own_layout()
        for parameter in self.parameters.values():
            parameter.requires_grad_(training)
        rule = network["optimizer"]
        if rule["type"] == "sgd":
            self.optimizer = torch.optim.SGD(
                self.parameters.values(), rule["learningRate"], rule["momentum"], weight_decay=rule["weightDecay"]
            )
        else:
            betas = (rule["beta1"], rule["beta2"])
            self.optimizer = torch.optim.Adam(self.parameters.values(), rule["learningRate"], betas, rule["epsilon"])

    def to_own_layout(self):
        """HWIO to OIHW, [in, out] to [out, in]; behind a flattening the rows are those of (c, h, w) instead of (h, w, c)."""
        image, flat, saved = self.images[:1], None, {}
        with torch.no_grad():
            for layer in self.network["layers"]:
                if layer["type"] == "conv":
                    name = f"{layer['name']}.weight"
                    self.parameters[name] = self.parameters[name].permute(3, 2, 0, 1).contiguous()
                elif layer["type"] == "linear":
                    name = f"{layer['name']}.weight"
                    weight = self.parameters[name]
                    if flat is not None:
                        channels, height, width = flat
                        weight = weight.reshape(height, width, channels, -1).permute(2, 0, 1, 3).reshape(weight.shape)
                        flat = None
                    self.parameters[name] = weight.t().contiguous()
                if layer["type"] == "flatten":
                    flat = tuple(image.shape[1:])
                elif flat is None and image.dim() == 4 and layer["type"] in ("conv", "maxPool", "upsample", "save", "concat"):
                    image = self.apply(layer, image, saved)

    def apply(self, layer, x, saved):
        kind = layer["type"]
        of = lambda part: self.parameters[f"{layer['name']}.{part}"]
        if kind == "conv":
            return functional.conv2d(x, of("weight"), of("bias"), padding=layer["padding"])
        if kind == "linear":
            return functional.linear(x, of("weight"), of("bias"))
        if kind == "batchNorm":
            return functional.batch_norm(x, None, None, of("weight"), of("bias"), training=True)
        if kind == "relu":
            return functional.relu(x)
        if kind == "maxPool":
            return functional.max_pool2d(x, 2)
        if kind == "upsample":
            return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        if kind == "flatten":
            return x.flatten(1)
        if kind == "globalAveragePool":
            return x.mean((2, 3))
        if kind == "save":
            saved[layer["as"]] = x
            return x
        if kind == "concat":
            return torch.cat([saved[layer["with"]], x], 1)
        raise ValueError(f"no layer {kind}")

    def forward(self):
        x, saved = self.images, {}
        for layer in self.network["layers"]:
            x = self.apply(layer, x, saved)
        return x

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        y = self.forward()
        if self.labels is not None:
            loss = functional.cross_entropy(y, self.labels)
        else:
            loss = functional.mse_loss(y, self.targets)
        loss.backward()
        self.optimizer.step()
        return loss

    def run(self, n):
        for _ in range(n):
            if self.training:
                self.step()
            else:
                with torch.no_grad():
                    self.forward()

    def check(self, steps):
        if self.training:
            return torch.stack([self.step().detach() for _ in range(steps)])
        with torch.no_grad():
            y = self.forward()
        return nhwc(y) if y.dim() == 4 else y


prepared = {}
ids = itertools.count()


def answer(request):
    what = request["do"]
    if what == "open":
        torch.set_num_threads(request["threads"])
        return {"version": torch.__version__}
    if what == "prepare":
        given = {tensor["name"]: decode(tensor) for tensor in request["tensors"]}
        workload = request["workload"]
        number = next(ids)
        whole = workload["type"] in ("training-step", "forward")
        training = workload["type"] == "training-step"
        prepared[number] = Network(workload["network"], given, training) if whole else kernel(workload, given)
        return {"id": number}
    if what == "run":
        prepared[request["id"]].run(request["n"])
        return {}
    if what == "check":
        return {"values": encode(prepared[request["id"]].check(request["steps"]))}
    del prepared[request["id"]]
    return {}


for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except Exception as error:  # The benchmark reports it and goes on without this case.
        result = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(result), flush=True)
