"""The words for what the drawing doctor finds: measurements, findings and fixes."""

from __future__ import annotations

from digitrec.explain import MIN_SIZE, MNIST, Finding, Measurement, Norm, Traits

_NAMES = {
    "thickness": "Stroke thickness",
    "slant": "Slant",
    "gaps": "Gaps",
    "pieces": "Separate parts",
    "specks": "Specks",
    "contrast": "Contrast",
    "size": "Size",
    "offset": "Distance from the centre",
}
_FIXES = {
    "thin": "Thicken the strokes",
    "thick": "Thin the strokes",
    "slanted": "Straighten it",
    "faint": "Darken the ink",
    "pieces": "Keep the largest part",
    "small": "Enlarge and centre it",
    "aside": "Centre it",
}


def describe_class(norm: Norm) -> str:
    """The class of a norm in the plural: "MNIST's 7s", "the images of ka in My letters"."""
    if norm.dataset == MNIST:
        return f"MNIST's {norm.name}s" if norm.name else "MNIST's digits"
    images = f"{norm.name}s" if len(norm.name) == 1 else f"images of {norm.name}"
    return f"the {images} in {norm.dataset}"


def describe_finding(finding: Finding, traits: Traits, norm: Norm) -> str:
    """What is unusual, in a sentence or two.

    Args:
        finding: one of the drawing's.
        traits: of the drawing.
        norm: that it was compared with.
    """
    plural, share = describe_class(norm), format_share(finding.share) if finding.share > 0 else ""
    match finding.kind:
        case "thin":
            return f"The strokes are thinner than in {share} of {plural}."
        case "thick":
            return f"The strokes are thicker than in {share} of {plural}.{_describe_brush(traits)}"
        case "slanted":
            side = "left" if finding.value < finding.low else "right"
            return f"It leans more to the {side} than {share} of {plural}."
        case "gap":
            return _describe_gap(finding, share, plural)
        case "pieces":
            return (
                f"It has {finding.value:.0f} separate parts; {share} of {plural} have one. If these are several "
                "digits, draw one at a time: all ink is read as one digit."
            )
        case "specks":
            what = "There is a speck" if finding.value == 1 else f"There are {finding.value:.0f} specks"
            return (
                f"{what} beside the strokes; {share} of {plural} have none. Specks count as ink: they make the "
                "digit smaller and move it."
            )
        case "faint":
            return f"The ink is fainter than in {share} of {plural}."
        case "small":
            return (
                f"The drawing is small: {finding.value:.0%} of the paper's side. Every drawing is scaled to one "
                "size, but a small one shows each tremble of the hand."
            )
    return (
        f"The drawing is {finding.value:.0%} of the paper's side away from the centre. This does not matter: "
        "every drawing is centred before the network sees it."
    )


def _describe_brush(traits: Traits) -> str:
    if traits.size >= MIN_SIZE:
        return ""
    return " The brush is wide for such a small drawing: draw larger, or choose a narrower brush."


def _describe_gap(finding: Finding, share: str, plural: str) -> str:
    where = "between two strokes" if finding.gap is not None and finding.gap.joins else "in a nearly closed loop"
    if finding.is_usual:
        return (
            f"There is a gap {where}, {finding.value:.1f} of 28 pixels wide. {plural[:1].upper()}{plural[1:]} may "
            "have one, but without it the network may be sure."
        )
    if not share:
        return f"The gap {where} is {finding.value:.1f} of 28 pixels wide: the loop is open to the eye."
    if finding.high > 0:
        return f"The gap {where} is wider than in {share} of {plural}."
    return f"There is a gap {where}; {share} of {plural} have none."


def label_fix(finding: Finding, gap_count: int) -> str:
    """The fix of a finding, as a button says it; `gap_count` gaps are closed if it is a gap."""
    if finding.kind == "gap":
        return "Close the gap" if gap_count == 1 else "Close the gaps"
    if finding.kind == "specks":
        return "Remove the speck" if finding.value == 1 else "Remove the specks"
    return _FIXES[finding.kind]


def measurement_cells(measured: Measurement) -> tuple[str, str, str]:
    """A measurement as the cells of a table row: its name, its value with the unit, and what is usual."""
    value, low, high = measured.values[0] if measured.values else 0.0, measured.low, measured.high
    match measured.name:
        case "thickness":
            cells = f"{value:.1f} of 28 pixels", f"{low:.1f} to {high:.1f}"
        case "slant":
            cells = format_slant(value), f"{format_slant(low)} to {format_slant(high)}"
        case "gaps":
            widths = " and ".join(f"{width:.1f}" for width in measured.values)
            cells = (
                f"{widths} of 28 pixels" if widths else "none",
                f"none, or up to {high:.1f}" if high else "none",
            )
        case "pieces":
            cells = f"{value:.0f}", "1"
        case "specks":
            cells = f"{value:.0f}" if value else "none", "none"
        case "contrast":
            cells = f"{value:.0%} of full ink", f"over {low:.0%}"
        case "size":
            cells = f"{value:.0%} of the paper's side", f"over {low:.0%}"
        case _:
            cells = f"{value:.0%} of the paper's side", f"up to {high:.0%}"
    return _NAMES[measured.name], *cells


def format_slant(slant: float) -> str:
    """A slant in degrees and its direction."""
    degrees = round(abs(slant))
    return f"{degrees}° to the {'right' if slant > 0 else 'left'}" if degrees else "upright"


def format_share(share: float) -> str:
    """A share of a class, rounded down, so that it claims no more than was counted."""
    return f"{int(1000 * share) / 10:g}%"
