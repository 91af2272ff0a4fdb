"""A score as one HTML file: every number, figure and mistake, and where they come from."""

from __future__ import annotations

import importlib.metadata
import platform
from datetime import UTC, datetime

from digitrec.data import loading
from digitrec.evaluation import Score, overview
from digitrec.reporting import confidence, html, robustness, sections
from digitrec.reporting.blocks import Block, Heading, TableBlock
from digitrec.reporting.evaluation_texts import describe_note
from digitrec.reporting.formatting import format_share
from digitrec.reporting.tables import Cell, Table

LISTED_PACKAGES = ("numpy", "scipy", "ai-edge-litert", "plotly")


def make_report(score: Score) -> str:
    """The report of what a network answered to a split, HTML.

    Raises:
        MetricsError: labels and probabilities make no sense.
    """
    title = f"{score.run.name} on {score.dataset.title}, {score.split_name} images"
    return html.page(title, _make_head(score), list_blocks(score))


def list_blocks(score: Score) -> list[Block]:
    """All sections of an evaluation, in the order of the report."""
    return [
        *sections.numbers(score),
        *sections.corrected_labels(score),
        *sections.confusion(score),
        *sections.classes(score),
        Heading(sections.CURVES_TITLE),
        *sections.curves(score),
        *confidence.calibration(score),
        *confidence.rejection(score),
        *sections.slices(score),
        *robustness.corruption_accuracy(score),
        *robustness.attack_accuracy(score),
        *sections.mistakes(score),
        *sections.training(score.run),
        Heading("Where this comes from"),
        TableBlock(provenance(score)),
    ]


def provenance(score: Score) -> Table:
    """Which network, which data, which program, and when."""
    run, evaluation, data = score.run, score.evaluation, score.dataset
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LISTED_PACKAGES)
    rows: list[tuple[Cell, ...]] = [
        ("Run", run.name),
        ("Network", f"{run.config.network_title}, {overview.summarise_run(run).parameters:,} parameters"),
        ("Trained on", f"{loading.title(run.config.dataset)}, run created {_format_minute(run.created)}"),
        ("Temperature", None if score.temperature is None else f"{score.temperature:.2f}"),
        ("Model file (SHA-256)", evaluation.model_sha256),
        ("Evaluated on", f"{data.title}, {score.split_name} images, {evaluation.n:,}"),
        ("Images and labels (SHA-256)", evaluation.data_sha256),
        ("Source of the data", f"{data.source}, {data.licence}"),
        ("Evaluated", _format_minute(datetime.fromisoformat(evaluation.created))),
        ("Test images viewed", _count_views(score)),
        ("This report", _format_minute(datetime.now(UTC))),
        ("Made with", f"Python {platform.python_version()}, {versions}"),
    ]
    return Table(
        "provenance", "Where this comes from", ("What", "Value"), [row for row in rows if row[1] is not None]
    )


def _make_head(score: Score) -> str:
    images = f"{score.split_name} images of {html.escape(score.dataset.title)}"
    return (
        f"<h1>{html.escape(score.run.name)}</h1>"
        f'<p class="faint">The accuracy on the {images}.</p>'
        f'<strong class="headline">{html.escape(format_share(score.evaluation.accuracy.value))}</strong>'
        + html.render([sections.accuracy_text(score.evaluation)])
        + html.boxed(_list_cautions(score))
    )


def _list_cautions(score: Score) -> list[str]:
    """What a reader must know before comparing the number."""
    cautions, made = list(map(describe_note, score.notes)), score.dataset.user_made
    if made and made.is_own:
        cautions.append(f"These {made.test:,} images were drawn and labelled by the user.")
    if score.split_name == "train":
        cautions.append("The network was trained on these images: accuracy on new images is usually lower.")
    if score.split_name == "validation":
        cautions.append(
            "Settings and the best epoch were chosen on these images: the numbers are a little too good."
        )
    if views := _count_views(score):
        cautions.append(
            f"These test images were viewed {views} with this run. If networks are chosen by it, the number "
            "becomes too good."
        )
    return cautions


def _count_views(score: Score) -> str | None:
    """How often the test images were viewed; None for other images, or where it is unknown."""
    views = score.run.count_views(score.dataset.name, "test") if score.split_name == "test" else 0
    return {0: None, 1: "once"}.get(views, f"{views:,} times")


def _format_minute(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
