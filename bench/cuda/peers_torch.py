"""The tasks of octo_bench as a PyTorch user would write them.

VARIANTS[operation](numbers, operation, name, dtype) gives pairs of a variant's name and a function without arguments, which makes the
inputs and gives the call to time. Nothing is allocated or compiled before that function runs, so each variant can fail alone.
"""
import functools

try:
    import torch
except ImportError:
    torch = None

LAYOUTS = ("contiguous", "channels_last")


def memory_format(layout):
    return torch.channels_last if layout == "channels_last" else torch.contiguous_format


def random(shape, dtype, low=-1.0, high=1.0):
    return torch.empty(shape, dtype=torch.float32, device="cuda").uniform_(low, high).to(dtype)


def eager(function):
    return function


def compiled(function):
    return torch.compile(function, dynamic=False)


def each(make, *arguments, ways=(("eager", eager), ("compiled", compiled))):
    """A variant for each way to run the functions of `make(way, ...)`."""
    return [(name, functools.partial(make, way, *arguments)) for name, way in ways]


def each_layout(make, *arguments, compile=True):
    """Variants of both layouts, eager and compiled, of `make(way, layout, ...)`."""
    ways = [("", eager)] + ([("compiled ", compiled)] if compile else [])
    return [(prefix + layout, functools.partial(make, way, layout, *arguments)) for prefix, way in ways for layout in LAYOUTS]


def convolution(n, operation, name, dtype):
    return each_layout(convolution_call, n, name, dtype, compile=name.startswith("forward"))


def convolution_call(way, layout, n, name, dtype):
    memory = memory_format(layout)
    p = (n["h"] + 2 * n["padding_h"] - n["dilation_h"] * (n["r"] - 1) - 1) // n["stride_h"] + 1
    q = (n["w"] + 2 * n["padding_w"] - n["dilation_w"] * (n["s"] - 1) - 1) // n["stride_w"] + 1
    stride, padding, dilation = ([n[a + "_h"], n[a + "_w"]] for a in ("stride", "padding", "dilation"))
    x = random((n["n"], n["c"], n["h"], n["w"]), dtype).to(memory_format=memory)
    weight = random((n["k"], n["c"] // n["g"], n["r"], n["s"]), dtype).to(memory_format=memory)
    bias = random((n["k"],), dtype)

    def forward(x, weight, bias):
        return torch.ops.aten.convolution(x, weight, bias, stride, padding, dilation, False, [0, 0], n["g"])

    if name == "forward":
        run = way(forward)
        return lambda: run(x, weight, bias)
    if name == "forward_fused":
        scale, shift = random((1, n["c"], 1, 1), torch.float32), random((1, n["c"], 1, 1), torch.float32)

        def fused(x, weight, bias):
            seen = torch.relu(x * scale + shift).to(x.dtype)
            y = forward(seen, weight, bias)
            variance, mean = torch.var_mean(y.float(), dim=(0, 2, 3), correction=0)
            return y, mean, variance

        run = way(fused)
        return lambda: run(x, weight, bias)
    mask = [True, False, False] if name == "backward_data" else [False, True, True]
    dy = random((n["n"], n["k"], p, q), dtype).to(memory_format=memory)
    return lambda: torch.ops.aten.convolution_backward(
        dy, x, weight, [n["k"]], stride, padding, dilation, False, [0, 0], n["g"], mask)


def linear(n, operation, name, dtype):
    variant = "matmul and fused SGD" if name == "backward_weight_sgd" else "eager"
    return [(variant, functools.partial(linear_call, n, name, dtype))]


def linear_call(n, name, dtype):
    b, d, v = n["b"], n["d"], n["v"]
    x, weight, dy, bias = random((b, d), dtype), random((v, d), dtype), random((b, v), dtype), random((v,), dtype)
    if name == "forward":
        return lambda: torch.nn.functional.linear(x, weight, bias)
    if name == "backward_data":
        return lambda: dy @ weight
    if name == "backward_weight":
        return lambda: (dy.t() @ x, dy.sum(0))
    parameter = torch.nn.Parameter(random((v, d), torch.float32))
    optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True, fused=True)

    def step():
        parameter.grad = (dy.t() @ x).float()
        optimizer.step()
        return parameter.to(torch.bfloat16)

    return step


def k_hot(b, v, k):
    rows = torch.arange(b, device="cuda").repeat_interleave(k)
    labels = torch.randint(0, v, (b * k,), device="cuda")
    target = torch.zeros((b, v), device="cuda")
    target.index_put_((rows, labels), torch.full((b * k,), 1.0 / k, device="cuda"), accumulate=True)
    return target, rows, labels


def linear_softmax(n, operation, name, dtype):
    return each(linear_softmax_call, n, dtype)


def linear_softmax_call(way, n, dtype):
    b, d, v = n["b"], n["d"], n["v"]
    leaves = random((b, d), dtype), random((v, d), dtype), random((v,), dtype)
    target, _, _ = k_hot(b, v, n["k"])
    for tensor in leaves:
        tensor.requires_grad_(True)

    def loss(x, weight, bias):
        return torch.nn.functional.cross_entropy(torch.nn.functional.linear(x, weight, bias).float(), target)

    run = way(loss)
    return lambda: torch.autograd.grad(run(*leaves), leaves)


def softmax(n, operation, name, dtype):
    return [(f"{prefix} {target}", functools.partial(softmax_call, way, target, n, dtype))
            for prefix, way in (("eager", eager), ("compiled", compiled)) for target in ("k-hot target", "gathered labels")]


def softmax_call(way, target, n, dtype):
    b, v, k = n["b"], n["v"], n["k"]
    logits = random((b, v), dtype, -8, 8).requires_grad_(True)
    dense_target, rows, labels = k_hot(b, v, k)

    def dense(logits):
        return torch.nn.functional.cross_entropy(logits.float(), dense_target)

    def sparse(logits):
        # What a user with sparse targets would write: no [B,V] target is read.
        log_probability = torch.log_softmax(logits.float(), dim=1)
        return -log_probability[rows, labels].sum() / (k * b)

    run = way(dense if target == "k-hot target" else sparse)
    return lambda: torch.autograd.grad(run(logits), logits)


def sigmoid(n, operation, name, dtype):
    return each(sigmoid_call, n, dtype)


def sigmoid_call(way, n, dtype):
    b, v, k = n["b"], n["v"], n["k"]
    logits = random((b, v), dtype, -8, 8).requires_grad_(True)
    target = (k_hot(b, v, k)[0] > 0).float()

    def loss(logits):
        return torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), target, reduction="sum") / b

    run = way(loss)
    return lambda: torch.autograd.grad(run(logits), logits)


def batch_norm(n, operation, name, dtype):
    return each_layout(batch_norm_call, n, name, dtype)


def batch_norm_call(way, layout, n, name, dtype):
    c, memory, training = n["c"], memory_format(layout), name.endswith("training")
    weight, bias, mean = random((c,), torch.float32), random((c,), torch.float32), random((c,), torch.float32)
    variance = random((c,), torch.float32, 0.5, 2)
    x, residual, dy = (random((n["n"], c, n["h"], n["w"]), dtype).to(memory_format=memory) for _ in range(3))

    def forward(x, residual, weight, bias):
        y = torch.nn.functional.batch_norm(x, mean, variance, weight, bias, training, 0.1, 1e-5)
        return torch.relu(y + residual)

    run = way(forward)
    if name.startswith("forward"):
        return lambda: run(x, residual, weight, bias)
    leaves = [tensor.clone().requires_grad_(True) for tensor in (x, residual, weight, bias)]
    y = run(*leaves)
    return lambda: torch.autograd.grad(y, leaves, dy, retain_graph=True)


def pointwise(n, operation, name, dtype):
    ways = (("eager", eager), ("compiled", compiled)) if name == "normalize_pixels" else (("eager", eager),)
    return each(pointwise_call, n, operation, name, dtype, ways=ways)


def pointwise_call(way, n, operation, name, dtype):
    a, b = (random((n["n"], n["h"], n["w"], n["c"]), dtype) for _ in range(2))
    if operation == "add":
        out = torch.empty_like(a)
        return lambda: torch.add(a, b, out=out)
    if operation == "relu":
        return (lambda: torch.relu(a)) if name == "forward" else (lambda: torch.ops.aten.threshold_backward(b, a, 0))
    if name.startswith("from_"):
        x = a.to(torch.float32 if dtype == torch.bfloat16 else torch.bfloat16)
        return lambda: x.to(dtype)
    pixels = torch.randint(0, 256, a.shape, dtype=torch.uint8, device="cuda")
    mean = random((n["c"],), torch.float32)
    run = way(lambda pixels: ((pixels.float() / 255 - mean) / 0.225).to(dtype))
    return lambda: run(pixels)


def pool(n, operation, name, dtype):
    return each_layout(pool_call, n, operation, name, dtype, compile=False)


def pool_call(way, layout, n, operation, name, dtype):
    x = random((n["n"], n["c"], n["h"], n["w"]), dtype).to(memory_format=memory_format(layout)).requires_grad_(True)

    def forward(x):
        if operation == "max_pool":
            return torch.nn.functional.max_pool2d(x, n["kernel"], n["stride"], n["padding"], return_indices=True)[0]
        return x.mean(dim=(2, 3))

    if name == "forward":
        return lambda: forward(x)
    y = forward(x)
    dy = torch.randn_like(y)
    return lambda: torch.autograd.grad(y, x, dy, retain_graph=True)


def sgd(n, operation, name, dtype):
    return [(variant, functools.partial(sgd_call, variant, n)) for variant in ("foreach", "fused")]


def sgd_call(variant, n):
    count = n["n"] // n["segments"]
    parameters = [torch.nn.Parameter(random((count,), torch.float32)) for _ in range(n["segments"])]
    for parameter in parameters:
        parameter.grad = random((count,), torch.float32)
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True, **{variant: True}).step


VARIANTS = {
    "grouped_conv": convolution,
    "linear": linear,
    "linear_softmax": linear_softmax,
    "softmax_cross_entropy": softmax,
    "sigmoid_cross_entropy": sigmoid,
    "batch_norm": batch_norm,
    "sgd": sgd,
    "add": pointwise,
    "relu": pointwise,
    "convert": pointwise,
    "max_pool": pool,
    "global_average_pool": pool,
}
