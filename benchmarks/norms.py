"""Make the table of what is usual in MNIST, digitrec/explain/norms.json: it takes half an hour.

DIGITREC_DATA=... python benchmarks/norms.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec.data import loading
from digitrec.explain import norms


def main() -> None:
    """Write the table and print what is most telling in it."""
    mnist = loading.load("mnist")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else len(mnist.train.labels)
    table = norms.build_norms(mnist.train.images[:count], mnist.train.labels[:count], mnist.class_names)
    norms.write_norms(table, f"the first {count:,} training images of {mnist.title} ({mnist.licence})")
    for norm in table.values():
        print(f"{norm.name or 'all'}: strokes {norm.thickness.low:.1f} to {norm.thickness.high:.1f} pixels thick")


if __name__ == "__main__":
    main()
