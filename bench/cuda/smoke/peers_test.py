"""What peers.py does without PyTorch: a variant that fails costs that variant alone, files are whole. Ends with counts."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import peers
import peers_torch

failures = []


def expect(what, actual, expected):
    if actual != expected:
        failures.append(what)
        print(f"FAILED: peers: {what}: {actual}, expected {expected}")


measured, counts = [], [0, 0, 0]


def measure(variant, make):
    make()
    measured.append(variant)


def fail():
    raise RuntimeError("no gcc\nsecond line")


def exhaust():
    raise MemoryError("too large")


original = sys.stdout
sys.stdout = open(os.devnull, "w")
cleaned = []
peers.run_variants("task", [("compiled a", fail), ("eager", lambda: None), ("large", exhaust), ("compiled b", lambda: None), ("last", lambda: None)],
                   measure, counts, lambda: cleaned.append(1))
sys.stdout = original
expect("order of variants", measured, ["eager", "last", "compiled b"])
expect("passed, failed, skipped", counts, [3, 1, 1] if peers.torch is None else counts)
expect("memory is given back after each", len(cleaned), 5)

numbers = dict.fromkeys("n h w c k g r s b d v kernel stride padding segments".split(), 4)
for operation, variants in peers_torch.VARIANTS.items():
    names = [name for name, _ in variants(numbers, operation, "forward", None)]
    expect(f"variants of {operation} have names", len(set(names)) == len(names) > 0, True)
expect("layouts of a convolution", [name for name, _ in peers_torch.convolution(numbers, "grouped_conv", "forward", None)],
       ["contiguous", "channels_last", "compiled contiguous", "compiled channels_last"])

with tempfile.TemporaryDirectory() as folder:
    path, old = os.path.join(folder, "report.json"), os.path.join(folder, "old.json")
    peers.write_json(path, {"a": 1})
    os.link(path, old)
    peers.write_json(path, {"a": 2})
    expect("a report was overwritten in place", os.path.samefile(path, old), False)
    expect("files that are left", sorted(os.listdir(folder)), ["old.json", "report.json"])

print(f"{0 if failures else 1} passed, {len(failures)} failed, 0 skipped")
sys.exit(1 if failures else 0)
