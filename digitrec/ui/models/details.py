"""One run on the Models page: its facts, why it failed, its card and its settings."""

from __future__ import annotations

import re

import streamlit as st

from digitrec.data import DatasetError, corrections, evaluation_dataset, loading
from digitrec.evaluation import RunSummary, scoring
from digitrec.metrics import Estimate, intervals
from digitrec.reporting import format_count, format_duration, format_setting, format_share
from digitrec.runs import IMPORTED, Run, TrainConfig, architectures, jobs, split_names
from digitrec.ui.components.digits import escape_markdown

_FOLD = re.compile(
    r"<details[^>]*>\s*<summary>(?P<title>.*?)</summary>(?P<body>.*?)</details>\s*", re.DOTALL
)  # of a card


def run_facts(found: RunSummary) -> None:
    """Why the run failed, if it did, the facts about it, its card and its settings."""
    run = found.run
    if reason := jobs.failure_reason(run):
        st.warning(f"{found.status.capitalize()}: {reason}", icon=":material/warning:")
    rows = [{"Fact": name, "Value": text} for name, text in _facts(found).items()]
    st.table(rows, border="horizontal", hide_index=True, hide_header=True, alt=f"Facts about {run.name}")
    if run.card:
        _show_card(run.card)
    settings = [
        {"Setting": format_setting(name), "Value": str(value)} for name, value in run.config.to_dict().items()
    ]
    with st.expander("Settings"):
        st.table(settings, border="horizontal", hide_index=True, alt=f"Settings of {run.name}")


def _facts(found: RunSummary) -> dict[str, str]:
    run, config = found.run, found.run.config
    start = run.history().start
    facts = {
        "Test accuracy": _test_accuracy(run),
        "Validation accuracy": _validation_accuracy(found, start.validation_images if start else None),
        "Network": f"{config.network_title}, {found.parameters:,} parameters",
        "Data set": loading.title(config.dataset),
        "Corrections": _describe_corrections(config),
        "Started from": _describe_start(config),
        "Training": _describe_training(found),
        "Created": f"{found.created.astimezone():%Y-%m-%d %H:%M}",
    }
    return {name: escape_markdown(text) for name, text in facts.items() if text}


def _describe_corrections(config: TrainConfig) -> str:
    """The version of a person's corrections that it has learnt with, and how many these are."""
    if not config.corrections:
        return ""
    try:
        counts = corrections.count(corrections.load_version(config.dataset, config.corrections))
    except DatasetError:
        return f"version {config.corrections}, not on this machine"
    return f"{counts.relabelled:,} relabelled, {counts.left_out:,} left out (version {config.corrections})"


def _describe_start(config: TrainConfig) -> str:
    """The runs whose weights it started from, and which layers learnt."""
    if not config.start_names:
        return ""
    count, n = architectures.count_layers(config.architecture), config.trained_layers
    layers = f"; of its {count} layers only the last {n} learnt" if 0 < n < count else ""
    return f"{', '.join(split_names(config.start_from))}{layers}"


def _test_accuracy(run: Run) -> str:
    test = scoring.load_evaluation(run, evaluation_dataset(run.config.dataset), "test")
    return "not measured: open it on Evaluate" if test is None else _describe_accuracy(test.accuracy, test.n)


def _validation_accuracy(found: RunSummary, images: int | None) -> str:
    if found.val_accuracy is None:
        return ""
    if not images:
        return format_share(found.val_accuracy)
    return _describe_accuracy(intervals.wilson_interval(round(found.val_accuracy * images), images), images)


def _describe_accuracy(accuracy: Estimate, images: int) -> str:
    interval = f"{format_share(accuracy.low)} to {format_share(accuracy.high)}"
    return f"{format_share(accuracy.value)} of {format_count(images, 'image')} (95% interval {interval})"


def _describe_training(found: RunSummary) -> str:
    if found.run.config.network == IMPORTED:
        return "elsewhere"
    time = "" if found.seconds is None else f" in {format_duration(found.seconds)}"
    word = "best epoch:" if found.val_accuracy is not None else "weights of epoch"
    best = "" if found.best_epoch is None else f"; {word} {found.best_epoch}"
    return f"{found.status}, {found.epochs} of {format_count(found.run.config.epochs, 'epoch')}{time}{best}"


def _show_card(card: str) -> None:
    """A model card, each of its <details> as a fold of the page."""
    text = _FOLD.sub("", card)
    st.expander("Model card", expanded=True).markdown(_lower_headings(text))
    for fold in _FOLD.finditer(card):
        st.expander(fold["title"]).markdown(_lower_headings(fold["body"]))


def _lower_headings(markdown: str) -> str:
    """Markdown with its headings below those of the page."""
    return re.sub(r"^#", "###", markdown, flags=re.MULTILINE)
