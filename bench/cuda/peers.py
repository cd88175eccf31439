#!/usr/bin/env python3
"""Times PyTorch on the tasks of octo_bench: the same shapes, types, cold and warm L2, and stopping rule.

  octo_bench --section list --filter 'grouped_conv' --json tasks.json
  python3 peers.py --tasks tasks.json --json peers.json

peers_torch.py says how PyTorch does each task.
Implementations: eager with contiguous and channels_last memory (convolutions), and torch.compile. cuDNN chooses by measurement
(torch.backends.cudnn.benchmark). Passes of ours that PyTorch has under no one call are timed as the calls that a PyTorch user would write.
Also measures the ceilings as PyTorch reaches them: torch.matmul and Tensor.copy_.
"""
import argparse
import datetime
import json
import os
import re
import statistics
import sys
import time

try:
    import torch
except ImportError as error:
    torch = None
    missing = str(error)

import peers_torch
from peers_torch import random


LARGEST_L2 = 128 << 20  # where PyTorch does not say it


class Clock:
    """Median time of a call: see octo_bench's clock.cpp, which this repeats."""

    def __init__(self):
        l2 = getattr(torch.cuda.get_device_properties(0), "L2_cache_size", 0) or LARGEST_L2
        self.flushed, self.read = (torch.zeros(2 * l2 // 4, dtype=torch.float32, device="cuda") for _ in range(2))
        self.host = 0.0

    def _batch(self, call, cold, repeats, count):
        events, host = [], []
        for i in range(count):
            torch.cuda._sleep(int(1700 * min(5000, max(20 + 10 * repeats, 1.5 * self.host * repeats))))
            if cold:
                self.flushed.fill_(float(i))
                self.read.sum()
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            start = time.perf_counter()
            for _ in range(repeats):
                call()
            host.append(1e6 * (time.perf_counter() - start) / repeats)
            end.record()
            events.append((begin, end))
        torch.cuda.synchronize()
        self.host = self.host or min(host)
        return [1e3 * begin.elapsed_time(end) / repeats for begin, end in events]

    def time(self, call, cold):
        self.host = 0.0
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


def out_of_memory():
    """The type of that error in this version of PyTorch, or one that nothing raises."""
    return getattr(torch, "OutOfMemoryError", None) or getattr(getattr(torch, "cuda", None), "OutOfMemoryError", None) or MemoryError


def run_variants(name, variants, measure, counts, clean):
    """Measures each variant alone: one that fails is a result, and no reason to lose the others. Eager ones first."""
    for variant, make in sorted(variants, key=lambda pair: pair[0].startswith("compiled")):
        try:
            print(f"{name} {variant}", flush=True)
            measure(variant, make)
            counts[0] += 1
        except out_of_memory() as error:
            counts[2] += 1
            print(f"skipped: {name} {variant}: out of memory: {first_line(error)}", flush=True)
        except Exception as error:
            counts[1] += 1
            print(f"FAILED: {name} {variant}: {type(error).__name__}: {first_line(error)}", flush=True)
        clean()


def first_line(error):
    return (str(error).splitlines() or [""])[0]


def measure(task, clock, records, counts):
    dtype = torch.bfloat16 if task["dtype"] == "bf16" else torch.float32
    numbers = {name: int(value) for name, value in task["numbers"].items()}
    name = "{operation}.{pass} {dtype} {shape}".format(**task)
    variants = peers_torch.VARIANTS.get(task["operation"])
    if variants is None:
        counts[2] += 1
        print(f"skipped: {name}: PyTorch has no such operation")
        return

    def one(variant, make):
        if variant.startswith("compiled"):
            torch._dynamo.reset()
        call = make()
        warm = clock.time(call, False)
        cold = clock.time(call, True)
        records.append(dict(task, variant=variant, cold_us=cold[0], cold_error=cold[1], warm_us=warm[0], warm_error=warm[1],
                            samples=cold[2]))
        print(f"{name:100} {variant:40} cold {cold[0]:8.1f} us warm {warm[0]:8.1f} us", flush=True)

    with torch.enable_grad():
        run_variants(name, variants(numbers, task["operation"], task["pass"], dtype), one, counts, torch.cuda.empty_cache)


def write_json(path, report):
    """The file is whole or absent."""
    partial = path + ".partial"
    with open(partial, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
    os.replace(partial, path)


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
        write_json(options.json, report)
    if not left and not report["records"] and counts == [0, 0, 0]:
        counts[1] += 1
        print(f"FAILED: peers: no task of {options.tasks} matches --filter '{options.filter}'")
    if left:
        counts[2] += left
        print(f"skipped: {left} tasks did not fit into --minutes; --filter chooses")
    print("{} passed, {} failed, {} skipped".format(*counts))
    return 1 if counts[1] else 0


if __name__ == "__main__":
    sys.exit(main())
