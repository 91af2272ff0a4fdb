"""What was measured of an exported file, in words: for the command line and the Models page."""

from __future__ import annotations

from digitrec.data import loading
from digitrec.exchange import FORMATS, Proof
from digitrec.reporting.formatting import UNKNOWN


def describe_proof(proof: Proof) -> list[str]:
    """The proof as lines of text: what was compared, the numbers, and what a person must know."""
    row = tabulate_proof(proof)
    lines = []
    if proof.images:
        lines.append(f"compared with Keras on {describe_images(proof)}, in {proof.runtime}")
        lines.append(
            f"answers changed: {row['Answers changed']}; largest difference of a probability: "
            f"{row['Largest difference']}"
        )
        lines.append(f"one image: {row['One image']} (median)")
    lines += [f"warning: {proof.warning}"] if proof.warning else []
    lines += [proof.note] if proof.note and proof.images else []
    return lines


def describe_images(proof: Proof) -> str:
    """The images of a comparison: "1,000 validation images of MNIST"."""
    kind = {"train": "training"}.get(proof.split, proof.split)
    return f"{proof.images:,} {kind} images of {loading.title(proof.dataset)}"


def tabulate_proof(proof: Proof) -> dict[str, str]:
    """The proof as a row of a table, its titles as keys."""
    numbers = {"Answers changed": UNKNOWN, "Largest difference": UNKNOWN, "One image": UNKNOWN}
    if proof.images:
        numbers = {
            "Answers changed": f"{proof.changed:,} of {proof.images:,}",
            "Largest difference": format_difference(proof.largest_difference),
            "One image": UNKNOWN if proof.latency is None else format_latency(proof.latency),
        }
    return {
        "Format": FORMATS[proof.kind].label,
        "Size": format_size(proof.size),
        **numbers,
        "Run by": proof.runtime,
    }


def format_difference(difference: float) -> str:
    """A difference of probabilities with two digits; below a millionth it is rounding."""
    return "<0.000001" if difference < 1e-6 else f"{difference:.6f}" if difference < 1e-3 else f"{difference:.3f}"


def format_latency(seconds: float) -> str:
    """A latency in milliseconds with two digits."""
    return f"{seconds * 1000:.2f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"


def format_size(size: int) -> str:
    """A file's size in MB."""
    return f"{size / 1e6:.2f} MB"
