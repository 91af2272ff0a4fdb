"""Another script, by the clock: `python -m benchmarks.devanagari [--split validation]`.

Imports `devnum.zip` (2,880 Devanagari digits, below the folder that DIGITREC_DATA names), trains on four fifths on
top of the built-in `draw`, and reads the fifth that the import held out. Each step is a process of its own, as on
the command line. Settings were chosen on `--split validation`.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from benchmarks.training import run

NAMES = "०१२३४५६७८९"
SETTINGS = {
    "network": "resnet-fine",
    "start-from": "draw",
    "epochs": "5",
    "batch-size": "64",
    "learning-rate": "0.003",
    "schedule": "one-cycle",
    "rotation": "8",
    "shift": "0.06",
    "zoom": "0.1",
    "shear": "6",
}
ACCURACY = """
import json, sys
import digitrec
score = digitrec.evaluate("devanagari", split=sys.argv[1])
found = score.evaluation
print(json.dumps({"right": int(score.is_right.sum()), "n": found.n, "interval": list(found.accuracy[1:])}))
"""


def main() -> None:
    """Print the seconds of each step, and how many images are read right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split", default="test", choices=("test", "validation"), help="the images that are read")
    parser.add_argument("--set", nargs="*", default=[], help="other settings, such as epochs=3")
    options = parser.parse_args()
    settings = SETTINGS | dict(each.split("=", 1) for each in options.set)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITREC_CACHE"] = os.environ["DIGITREC_MODELS"] = folder
        path = Path(os.environ["DIGITREC_DATA"]) / "devanagari" / "devnum.zip"
        classes = [f"--class={i}={name}" for i, name in enumerate(NAMES)]
        step("import", "datasets", "import", str(path), "--name", "devanagari", "--turn", "none", *classes)
        trained = [f"--{name}={value}" for name, value in settings.items()]
        step("training", "train", "--dataset", "devanagari", "--name", "devanagari", *trained)
        found = json.loads(run("-c", ACCURACY, options.split).splitlines()[-1])
    low, high = found["interval"]
    share = found["right"] / found["n"]
    print(f"{options.split}: {found['right']} of {found['n']} right, {share:.2%} ({low:.2%} to {high:.2%})")


def step(name: str, *arguments: str) -> None:
    """Run a command of digitrec, and print its seconds."""
    began = time.perf_counter()
    run("-m", "digitrec", *arguments)
    print(f"{name}: {time.perf_counter() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main()
