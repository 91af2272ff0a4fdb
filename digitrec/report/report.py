"""A run's evaluation as one HTML file: every number, figure and mistake, and where they come from.

Nothing is computed here that the page does not show; `report_sections` has the parts.
"""

from __future__ import annotations

import importlib.metadata
import platform
from datetime import UTC, datetime

from digitrec.data import loading
from digitrec.evaluation import overview
from digitrec.evaluation.scoring import Score
from digitrec.report import html as html
from digitrec.report import report_robustness, report_sections
from digitrec.report.formatting import format_share
from digitrec.report.html import Section
from digitrec.report.tables import Table
from digitrec.runs.store import Run

LISTED_PACKAGES = ("numpy", "scipy", "ai-edge-litert", "plotly")


def make_report(run: Run, score: Score) -> str:
    """The report of what a run's network answered to a split, HTML."""
    evaluation = score.evaluation
    title = f"{run.name} on {loading.title(evaluation.dataset)}, {evaluation.split} images"
    sections = [
        Section("All numbers", report_sections.numbers(score)),
        Section("Which is taken for which", report_sections.confusion(run, score)),
        Section("Each class", report_sections.classes(run, score)),
        Section("Each class against all others", report_sections.curves(run, score)),
        Section("As sure as right", report_sections.sureness(run, score)),
        Section("Parts of the images", report_sections.slices(run, score)),
        Section("Corrupted and attacked", report_robustness.section(run, score)),
        Section("Misread images", report_sections.mistakes(run, score)),
        Section("The training", report_sections.training(run)),
        Section("Where this comes from", html.table(provenance(run, score))),
    ]
    return html.page(title, _make_head(run, score), sections)


def provenance(run: Run, score: Score) -> Table:
    """Which network, which data, which program, and when."""
    evaluation, known = score.evaluation, loading.describe(score.evaluation.dataset)
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LISTED_PACKAGES)
    rows = [
        ("Run", run.name),
        ("Network", f"{run.config.network}, {overview.summarise_run(run).parameters:,} parameters"),
        ("Trained on", f"{loading.title(run.config.dataset)}, run created {_format_minute(run.created)}"),
        ("Model file (SHA-256)", evaluation.model_sha256),
        ("Evaluated on", f"{loading.title(evaluation.dataset)}, {evaluation.split} images, {evaluation.n:,}"),
        ("Images and labels (SHA-256)", evaluation.data_sha256),
        ("Source of the data", f"{known.source}, {known.licence}"),
        ("Evaluated", _format_minute(datetime.fromisoformat(evaluation.created))),
        ("Looked at on these test images", _count_views(run, score)),
        ("This report", _format_minute(datetime.now(UTC))),
        ("Made with", f"Python {platform.python_version()}, {versions}"),
    ]
    known_rows = [row for row in rows if row[1] is not None]
    return Table("provenance", "Where this comes from", ("What", "Value"), known_rows)


def _make_head(run: Run, score: Score) -> str:
    evaluation = score.evaluation
    low, high = evaluation.interval
    right = int(evaluation.confusion.trace())
    return (
        html.heading(run.name, 1)
        + html.paragraph(
            f"How well this network reads the {evaluation.split} images of {loading.title(evaluation.dataset)}.",
            look="faint",
        )
        + html.paragraph(format_share(evaluation.accuracy), look="headline")
        + html.paragraph(
            f"{right:,} of {evaluation.n:,} images are read right. With 95% confidence the accuracy on images of "
            f"this kind lies between {format_share(low)} and {format_share(high)} (Wilson interval)."
        )
        + html.box(_list_cautions(run, score))
    )


def _list_cautions(run: Run, score: Score) -> list[str]:
    """What stands between the number and what a reader might take it for."""
    evaluation = score.evaluation
    found = list(score.notes)
    kept = loading.describe(evaluation.dataset).user_made
    if kept and kept.is_own:
        found.append(
            f"These are {kept.test:,} drawings that were kept on the Draw page, labelled by whoever drew them."
        )
    if evaluation.split == "train":
        found.append("The network learnt from these images: this is how well it remembers, not how well it reads.")
    if evaluation.split == "validation":
        found.append("Settings and the best epoch were chosen on these images: the numbers are a little too good.")
    if looks := _count_views(run, score):
        found.append(
            f"This run was looked at on these test images {looks}. What is chosen by test images reads them "
            "better than it reads others."
        )
    return found


def _count_views(run: Run, score: Score) -> str | None:
    """How often somebody looked at the test images, in words; None where that is not known, or does not matter."""
    looks = run.looks(score.evaluation.dataset, "test") if score.evaluation.split == "test" else 0
    return {0: None, 1: "once"}.get(looks, f"{looks:,} times")


def _format_minute(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
