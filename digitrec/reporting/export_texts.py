"""What was measured of an exported file, in words: for the command line and the Models page."""

from __future__ import annotations

from digitrec.data import loading
from digitrec.exchange import FORMATS, Origin, Proof, load_origin
from digitrec.reporting.formatting import UNKNOWN, format_share
from digitrec.runs import Run


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


def describe_origin(run: Run) -> list[str]:
    """Where a network that was trained elsewhere comes from, and what was found out; nothing for others."""
    origin = load_origin(run)
    if origin is None:
        return []
    best = origin.trials[0]
    lines = [
        f"Brought in from {origin.file}; it takes {' x '.join(map(str, origin.input))} numbers and gives "
        f"{origin.answers}",
        f"Images as it wants them: {best.polarity}, {best.scaling}: {format_share(best.accuracy)} of "
        f"{origin.images:,} {origin.split} images of {loading.title(origin.dataset)} right",
    ]
    return lines + ([warning] if (warning := warn_of_origin(origin, len(run.class_names))) else [])


def warn_of_origin(origin: Origin, classes: int) -> str | None:
    """A sentence where the network reads hardly any image right, whichever way it gets them."""
    best = origin.trials[0].accuracy
    if best >= max(0.5, 3 / classes):
        return None
    return (
        f"It reads only {format_share(best)} right in the best of the ways that were tried: it may have learnt "
        "other classes, another order of them, or other images."
    )


def tabulate_trials(origin: Origin) -> list[dict[str, str]]:
    """The ways that were tried, as rows of a table."""
    return [
        {"Ink and paper": trial.polarity, "Pixels": trial.scaling, "Right": format_share(trial.accuracy)}
        for trial in origin.trials
    ]
