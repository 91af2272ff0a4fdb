"""What the section Odd images says of an image, and of a decision about it."""

from __future__ import annotations

from digitrec.curation import DUPLICATE, LABEL, OUTLIER, Finding, Findings
from digitrec.data import Dataset
from digitrec.data.corrections import KEEP, LEAVE_OUT, Decision
from digitrec.reporting import format_probability
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.explore import columns

TITLES = {LABEL: "Labels", DUPLICATE: "Duplicates", OUTLIER: "Outliers"}
NOTHING = {
    LABEL: "The networks agree with all labels.",
    DUPLICATE: "No two images are nearly equal.",
    OUTLIER: "No image is far from the others of its class.",
}
_MANY = 100.0  # times the usual distance: more are not told apart


def given_label(finding: Finding, dataset: Dataset) -> str:
    """The class of an image in the data set."""
    part = dataset.train if finding.split == "train" else dataset.test
    return dataset.class_names[part.labels[finding.place]]


def headline(finding: Finding, dataset: Dataset) -> str:
    """What is odd, in a few words; Markdown."""
    label = given_label(finding, dataset)
    if finding.kind == LABEL and finding.suggested is not None:
        return escape_markdown(f"Labelled {label}, maybe {dataset.class_names[finding.suggested]}")
    if finding.kind == DUPLICATE:
        return "Also in the other split" if finding.is_leak else "Nearly equal to another image"
    return escape_markdown(f"Unlike the other images of {label}")


def explain(finding: Finding, dataset: Dataset) -> str:
    """Why the image is in the queue; Markdown."""
    label = given_label(finding, dataset)
    if finding.kind == LABEL and finding.suggested is not None and finding.share is not None:
        return escape_markdown(
            f"Networks that did not learn from this image answer {dataset.class_names[finding.suggested]} with "
            f"{format_probability(finding.share)}, and {label} with {format_probability(finding.score)}."
        )
    if finding.kind == DUPLICATE and finding.other is not None:
        split, place = finding.other
        same = "The same pixels as" if not finding.score else "Nearly the same as"
        text = f"{same} {columns.SPLIT_TITLES[split].lower()} image {place:,}."
        other = (dataset.train if split == "train" else dataset.test).labels[place]
        if dataset.class_names[other] != label:
            text += f" Its label is another one: {dataset.class_names[other]}."
        if finding.is_leak:
            text += " So a network learns a test image, and its test accuracy is too high."
        return escape_markdown(text)
    times = f"{min(finding.score, _MANY):.1f}" if finding.score < _MANY else f"more than {_MANY:.0f}"
    return escape_markdown(
        f"It is {times} times as far from the nearest images of its class as is usual there. The other one "
        "is the nearest."
    )


def reason(finding: Finding, dataset: Dataset) -> str:
    """Why a person looked at the image, for the change log."""
    if finding.kind == LABEL and finding.suggested is not None and finding.share is not None:
        answer = dataset.class_names[finding.suggested]
        return f"label: networks answer {answer} with {format_probability(finding.share)}"
    if finding.kind == DUPLICATE and finding.other is not None:
        return f"near-duplicate of {finding.other[0]} image {finding.other[1]}"
    return f"outlier: {finding.score:.1f} times the usual distance"


def describe_progress(done: int, n: int, kind: str, split: str, found: Findings) -> str:
    """How much of a queue is decided, and how many labels are estimated to be wrong."""
    text = f"{done:,} of {n:,} decided"
    chosen = [number for name, number in found.estimates.items() if split in (name, "both")]
    if kind == LABEL and (total := sum(chosen)):
        text += f" · about {total:,} labels estimated to be wrong"
    return text


def is_done(finding: Finding, decision: Decision | None) -> bool:
    """Whether nothing is left to decide: an image that was kept as rightly labelled may still be a duplicate."""
    if decision is None:
        return False
    return decision.action != KEEP or decision.reason.startswith(_KIND_WORDS[finding.kind])


_KIND_WORDS = {LABEL: "label", DUPLICATE: "near-duplicate", OUTLIER: "outlier"}  # with which a reason begins


def describe_decision(decision: Decision, dataset: Dataset) -> str:
    """What was decided, in words; Markdown."""
    if decision.action == KEEP:
        return "Kept"
    if decision.action == LEAVE_OUT:
        return "Left out"
    return escape_markdown(f"Relabelled as {_class_name(decision, dataset)}")


def short_decision(decision: Decision, dataset: Dataset) -> str:
    """What was decided, for the caption of a small image."""
    if decision.action == KEEP:
        return "✓"
    return "✗" if decision.action == LEAVE_OUT else f"→ {_class_name(decision, dataset)}"


def _class_name(decision: Decision, dataset: Dataset) -> str:
    names = dataset.class_names
    return names[decision.to] if decision.to is not None and decision.to < len(names) else str(decision.to)
