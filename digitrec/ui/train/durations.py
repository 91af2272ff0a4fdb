"""How long the next training takes on this machine, on the Train page."""

from __future__ import annotations

import streamlit as st

from digitrec.evaluation import durations
from digitrec.reporting import format_duration
from digitrec.runs import TrainConfig
from digitrec.ui.components.digits import escape_markdown

POLL_SECONDS = 1.0  # between two looks whether the machine's speed is known


def show_duration(text: str, config: TrainConfig | None) -> None:
    """Show a text, and behind it how long a training takes; polled while the machine's speed is tested.

    Args:
        text: a sentence.
        config: of the training; None while its settings contradict each other.
    """
    if config is not None and durations.find_duration(config) is None:
        durations.prepare()
    is_tested = not durations.is_testing()
    st.fragment(_show, run_every=None if is_tested else POLL_SECONDS)(text, config, is_tested=is_tested)


def _show(text: str, config: TrainConfig | None, *, is_tested: bool) -> None:
    if not is_tested and not durations.is_testing():
        st.rerun()  # the whole page, once: it polls no more
    st.caption(escape_markdown(f"{text} {'' if config is None else describe_duration(config)}"))


def describe_duration(config: TrainConfig) -> str:
    """How long a training takes on this machine, and by what one knows it, in a sentence."""
    found = durations.find_duration(config)
    if found is None and durations.is_testing():
        return "Testing for two seconds how fast this machine is ..."
    if found is None:
        return "How long it takes on this machine is not known yet: your first run with this network will tell."
    if found.run is None:
        seconds = format_duration(found.seconds)
        return f"Roughly {seconds} while this machine does nothing else, by a test of its speed."
    return f"About {format_duration(found.seconds)} on this machine, by the run {found.run.name}."
