#!/usr/bin/env python3
"""Times PyTorch on the tasks of octo_bench: the same shapes, types, cold and warm L2, and stopping rule.

  octo_bench --section list --filter 'grouped_conv' --json tasks.json
  python3 peers.py --tasks tasks.json --json peers.json

Implementations: eager with contiguous and channels_last memory (convolutions), and torch.compile. cuDNN chooses by measurement
(torch.backends.cudnn.benchmark). Passes of ours that PyTorch has under no one call are timed as the calls that a PyTorch user would write.
Also measures the ceilings as PyTorch reaches them: torch.matmul and Tensor.copy_.
"""
import argparse
import datetime
import json
import re
import statistics
import sys
import time

try:
    import torch
except ImportError as error:
    torch = None
    missing = str(error)


class Clock:
    """Median time of a call: see octo_bench's clock.cpp, which this repeats."""

    def __init__(self):
        l2 = torch.cuda.get_device_properties(0).L2_cache_size
        self.flushed = torch.empty(2 * l2 // 4, dtype=torch.float32, device="cuda")

    def _batch(self, call, cold, repeats, count):
        events = []
        for i in range(count):
            if cold:
                self.flushed.fill_(float(i))
            else:
                torch.cuda._sleep(int(1700 * min(500, 20 + 10 * repeats)))
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            for _ in range(repeats):
                call()
            end.record()
            events.append((begin, end))
        torch.cuda.synchronize()
        return [1e3 * begin.elapsed_time(end) / repeats for begin, end in events]

    def time(self, call, cold):
        self._batch(call, cold, 1, 3)
        once = statistics.mean(self._batch(call, cold, 1, 3))
        repeats = 1 if cold else max(1, min(32, int(50 / max(once, 1.0))))
        samples, begin = [], time.monotonic()
        while True:
            samples += self._batch(call, cold, repeats, 16)
            median = statistics.median(samples)
            spread = statistics.median(abs(s - median) for s in samples)
            error = 1.2533 * 1.4826 * spread / len(samples) ** 0.5 / median
            if error < 0.005 or time.monotonic() - begin > 2:
                return median, error, len(samples)


def random(shape, dtype, low=-1.0, high=1.0):
    return torch.empty(shape, dtype=torch.float32, device="cuda").uniform_(low, high).to(dtype)


def compiled(function):
    return torch.compile(function, dynamic=False)


def convolution(n, name, dtype):
    """Yields (variant, call)."""
    p = (n["h"] + 2 * n["padding_h"] - n["dilation_h"] * (n["r"] - 1) - 1) // n["stride_h"] + 1
    q = (n["w"] + 2 * n["padding_w"] - n["dilation_w"] * (n["s"] - 1) - 1) // n["stride_w"] + 1
    stride, padding, dilation = ([n[a + "_h"], n[a + "_w"]] for a in ("stride", "padding", "dilation"))
    for layout, memory in (("contiguous", torch.contiguous_format), ("channels_last", torch.channels_last)):
        x = random((n["n"], n["c"], n["h"], n["w"]), dtype).to(memory_format=memory)
        weight = random((n["k"], n["c"] // n["g"], n["r"], n["s"]), dtype).to(memory_format=memory)
        dy = random((n["n"], n["k"], p, q), dtype).to(memory_format=memory)
        bias = random((n["k"],), dtype)

        def forward(x, weight, bias):
            return torch.ops.aten.convolution(x, weight, bias, stride, padding, dilation, False, [0, 0], n["g"])

        def backward(mask):
            return lambda dy, x, weight: torch.ops.aten.convolution_backward(
                dy, x, weight, [n["k"]], stride, padding, dilation, False, [0, 0], n["g"], mask)

        if name == "forward":
            yield layout, lambda: forward(x, weight, bias)
            fast = compiled(forward)
            yield "compiled " + layout, lambda: fast(x, weight, bias)
        elif name == "backward_data":
            call = backward([True, False, False])
            yield layout, lambda: call(dy, x, weight)
        elif name == "backward_weight":
            call = backward([False, True, True])
            yield layout, lambda: call(dy, x, weight)
        elif name == "forward_fused":
            scale, shift = random((1, n["c"], 1, 1), torch.float32), random((1, n["c"], 1, 1), torch.float32)

            def fused(x, weight, bias):
                seen = torch.relu(x * scale + shift).to(x.dtype)
                y = forward(seen, weight, bias)
                variance, mean = torch.var_mean(y.float(), dim=(0, 2, 3), correction=0)
                return y, mean, variance

            yield layout, lambda: fused(x, weight, bias)
            fast_fused = compiled(fused)
            yield "compiled " + layout, lambda: fast_fused(x, weight, bias)


def linear(n, name, dtype):
    b, d, v = n["b"], n["d"], n["v"]
    x, weight, dy, bias = random((b, d), dtype), random((v, d), dtype), random((b, v), dtype), random((v,), dtype)
    if name == "forward":
        yield "eager", lambda: torch.nn.functional.linear(x, weight, bias)
    elif name == "backward_data":
        yield "eager", lambda: dy @ weight
    elif name == "backward_weight":
        yield "eager", lambda: (dy.t() @ x, dy.sum(0))
    elif name == "backward_weight_sgd":
        parameter = torch.nn.Parameter(random((v, d), torch.float32))
        optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True, fused=True)

        def step():
            parameter.grad = (dy.t() @ x).float()
            optimizer.step()
            return parameter.to(torch.bfloat16)

        yield "matmul and fused SGD", step


def k_hot(b, v, k):
    rows = torch.arange(b, device="cuda").repeat_interleave(k)
    labels = torch.randint(0, v, (b * k,), device="cuda")
    target = torch.zeros((b, v), device="cuda")
    target.index_put_((rows, labels), torch.full((b * k,), 1.0 / k, device="cuda"), accumulate=True)
    return target, rows, labels


def linear_softmax(n, name, dtype):
    b, d, v = n["b"], n["d"], n["v"]
    x, weight, bias = random((b, d), dtype), random((v, d), dtype), random((v,), dtype)
    target, _, _ = k_hot(b, v, n["k"])
    for tensor in (x, weight, bias):
        tensor.requires_grad_(True)

    def loss(x, weight, bias):
        return torch.nn.functional.cross_entropy(torch.nn.functional.linear(x, weight, bias).float(), target)

    def step(function):
        return lambda: torch.autograd.grad(function(x, weight, bias), (x, weight, bias))

    yield "eager", step(loss)
    yield "compiled", step(compiled(loss))


def softmax(n, name, dtype):
    b, v, k = n["b"], n["v"], n["k"]
    logits = random((b, v), dtype, -8, 8).requires_grad_(True)
    target, rows, labels = k_hot(b, v, k)

    def dense(logits):
        return torch.nn.functional.cross_entropy(logits.float(), target)

    def sparse(logits):
        # What a user with sparse targets would write: no [B,V] target is read.
        log_probability = torch.log_softmax(logits.float(), dim=1)
        return -log_probability[rows, labels].sum() / (k * b)

    for variant, loss in (("k-hot target", dense), ("gathered labels", sparse)):
        for prefix, function in (("eager ", loss), ("compiled ", compiled(loss))):
            yield prefix + variant, lambda function=function: torch.autograd.grad(function(logits), logits)


def sigmoid(n, name, dtype):
    b, v, k = n["b"], n["v"], n["k"]
    logits = random((b, v), dtype, -8, 8).requires_grad_(True)
    target = (k_hot(b, v, k)[0] > 0).float()

    def loss(logits):
        return torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), target, reduction="sum") / b

    for variant, function in (("eager", loss), ("compiled", compiled(loss))):
        yield variant, lambda function=function: torch.autograd.grad(function(logits), logits)


def batch_norm(n, name, dtype):
    c = n["c"]
    weight, bias, mean = random((c,), torch.float32), random((c,), torch.float32), random((c,), torch.float32)
    variance = random((c,), torch.float32, 0.5, 2)
    for layout, memory in (("contiguous", torch.contiguous_format), ("channels_last", torch.channels_last)):
        shape = (n["n"], c, n["h"], n["w"])
        x, residual, dy = (random(shape, dtype).to(memory_format=memory) for _ in range(3))
        training = name.endswith("training")

        def forward(x, residual, weight, bias):
            y = torch.nn.functional.batch_norm(x, mean, variance, weight, bias, training, 0.1, 1e-5)
            return torch.relu(y + residual)

        if name.startswith("forward"):
            yield layout, lambda: forward(x, residual, weight, bias)
            fast = compiled(forward)
            yield "compiled " + layout, lambda: fast(x, residual, weight, bias)
        else:
            leaves = [tensor.clone().requires_grad_(True) for tensor in (x, residual, weight, bias)]
            for variant, function in ((layout, forward), ("compiled " + layout, compiled(forward))):
                y = function(*leaves)
                yield variant, lambda y=y: torch.autograd.grad(y, leaves, dy, retain_graph=True)


def pointwise(n, name, dtype):
    a, b = (random((n["n"], n["h"], n["w"], n["c"]), dtype) for _ in range(2))
    operation, name = name
    out = torch.empty_like(a)
    if operation == "add":
        yield "eager", lambda: torch.add(a, b, out=out)
    elif operation == "relu":
        if name == "forward":
            yield "eager", lambda: torch.relu(a)
        else:
            yield "eager", lambda: torch.ops.aten.threshold_backward(b, a, 0)
    elif name.startswith("from_"):
        other = torch.float32 if dtype == torch.bfloat16 else torch.bfloat16
        x = a.to(other)
        yield "eager", lambda: x.to(dtype)
    else:
        pixels = torch.randint(0, 256, a.shape, dtype=torch.uint8, device="cuda")
        mean = random((n["c"],), torch.float32)
        normalize = lambda pixels: ((pixels.float() / 255 - mean) / 0.225).to(dtype)
        yield "eager", lambda: normalize(pixels)
        fast = compiled(normalize)
        yield "compiled", lambda: fast(pixels)


def pool(n, name, dtype):
    operation, name = name
    for layout, memory in (("contiguous", torch.contiguous_format), ("channels_last", torch.channels_last)):
        x = random((n["n"], n["c"], n["h"], n["w"]), dtype).to(memory_format=memory).requires_grad_(True)
        if operation == "max_pool":
            function = lambda x: torch.nn.functional.max_pool2d(x, n["kernel"], n["stride"], n["padding"], return_indices=True)[0]
        else:
            function = lambda x: x.mean(dim=(2, 3))
        if name == "forward":
            yield layout, lambda: function(x)
        else:
            y = function(x)
            dy = torch.randn_like(y)
            yield layout, lambda: torch.autograd.grad(y, x, dy, retain_graph=True)


def sgd(n, name, dtype):
    count = n["n"] // n["segments"]
    for variant in ("foreach", "fused"):
        parameters = [torch.nn.Parameter(random((count,), torch.float32)) for _ in range(n["segments"])]
        for parameter in parameters:
            parameter.grad = random((count,), torch.float32)
        optimizer = torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True, **{variant: True})
        yield variant, optimizer.step


PEERS = {
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


def ceilings(clock):
    found = []
    a, b = random((8192, 4096), torch.bfloat16), random((8192, 4096), torch.bfloat16)
    flops = 2 * 8192 * 4096 * 8192
    for dtype, tf32, label in ((torch.bfloat16, False, "bf16"), (torch.float32, False, "f32")):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        x, y = a.to(dtype), b.to(dtype).t()
        median, _, _ = clock.time(lambda: torch.matmul(x, y), True)
        found.append({"name": "torch.matmul, B8192 D4096 V8192", "kind": "product", "dtype": label, "rate": flops / median / 1e6})
    source, target = (torch.empty(1 << 28, dtype=torch.float32, device="cuda").uniform_() for _ in range(2))
    median, _, _ = clock.time(lambda: target.copy_(source), True)
    found.append({"name": "torch.Tensor.copy_, 1 GiB", "kind": "copy", "dtype": "", "rate": 2 * 4 * source.numel() / median / 1e3})
    return found


def measure(task, clock, records, counts):
    dtype = torch.bfloat16 if task["dtype"] == "bf16" else torch.float32
    numbers = {name: int(value) for name, value in task["numbers"].items()}
    name = "{operation}.{pass} {dtype} {shape}".format(**task)
    make = PEERS.get(task["operation"])
    if make is None:
        counts[2] += 1
        print(f"skipped: {name}: PyTorch has no such operation")
        return
    both = make in (pointwise, pool)
    try:
        torch._dynamo.reset()
        with torch.enable_grad():
            for variant, call in make(numbers, (task["operation"], task["pass"]) if both else task["pass"], dtype):
                warm = clock.time(call, False)
                cold = clock.time(call, True)
                records.append(dict(task, variant=variant, cold_us=cold[0], cold_error=cold[1], warm_us=warm[0], warm_error=warm[1],
                                    samples=cold[2]))
                print(f"{name:100} {variant:40} cold {cold[0]:8.1f} us warm {warm[0]:8.1f} us", flush=True)
                counts[0] += 1
    except torch.OutOfMemoryError as error:
        counts[2] += 1
        print(f"skipped: {name}: {str(error).splitlines()[0]}")
    except Exception as error:  # one peer that fails is a result, and no reason to lose the others
        counts[1] += 1
        print(f"FAILED: {name}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
    finally:
        torch.cuda.empty_cache()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", required=True, help="JSON of octo_bench --section list")
    parser.add_argument("--json", required=True, help="where the report goes")
    parser.add_argument("--filter", default="", help="regular expression of names, as octo_bench's")
    parser.add_argument("--minutes", type=float, default=4.5, help="stops after so many; what is left is counted as skipped")
    options = parser.parse_args()
    if torch is None:
        print(f"skipped: peers: PyTorch is missing ({missing}): pip install torch")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    if not torch.cuda.is_available():
        print("skipped: peers: PyTorch sees no GPU (torch.cuda.is_available() is False)")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    with open(options.tasks, encoding="utf-8") as file:
        tasks = json.load(file)
    begin, clock, counts = time.monotonic(), Clock(), [0, 0, 0]
    report = {
        "format": "octothorpe-bench 1",
        "implementation": "torch",
        "version": f"{torch.__version__}, cuDNN {torch.backends.cudnn.version()}, CUDA {torch.version.cuda}",
        "device": torch.cuda.get_device_name(0),
        "driver": "",
        "clocks": "",
        "commit": "",
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "note": "",
        "ceilings": ceilings(clock),
        "records": [],
    }
    left = 0
    for task in tasks:
        if not re.search(options.filter, "{operation}.{pass} {dtype} {shape}".format(**task)):
            continue
        if time.monotonic() - begin > 60 * options.minutes:
            left += 1
            continue
        measure(task, clock, report["records"], counts)
        # After each task: what was measured is kept if the next one hangs.
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1)
    if left:
        counts[2] += left
        print(f"skipped: {left} tasks did not fit into --minutes; --filter chooses")
    print("{} passed, {} failed, {} skipped".format(*counts))
    return 1 if counts[1] else 0


if __name__ == "__main__":
    sys.exit(main())
