"""The coach on the page: what it sees in a training, why, and its advice for the next one at a click."""

from __future__ import annotations

import dataclasses

import streamlit as st

from digitrec.evaluation import Finding, Training, advise
from digitrec.reporting import coach_texts
from digitrec.runs import ConfigError, History, Run, TrainConfig, snapshots
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.train import settings


def show_findings(run: Run, history: History) -> None:
    """What the coach finds wrong with a training, the gravest first; of a healthy one nothing."""
    found = advise(_describe_training(run, history))
    if not found:
        return
    with st.container(border=True, key=f"coach {run.name}"):
        st.markdown(":material/sports: **Coach**")
        for finding in found:
            _show_finding(run, finding)


def apply_advice(config: TrainConfig, finding: Finding) -> TrainConfig | None:
    """The settings of a training, changed as the coach advises; None where they would contradict each other."""
    try:
        return dataclasses.replace(config, **finding.changes)
    except ConfigError:
        return None


def _show_finding(run: Run, finding: Finding) -> None:
    words = coach_texts.describe_finding(finding, run.class_names)
    st.markdown(f"**{coach_texts.finding_title(finding)}.** {escape_markdown(words)}")
    changed = apply_advice(run.config, finding)
    if advice := changed and coach_texts.describe_changes(finding, run.config):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                "Use in the next training",
                key=f"advice {run.name} {finding.kind}",
                icon=":material/healing:",
                on_click=settings.apply_config,
                args=(changed,),
                help="Fills the page with the settings of this run, changed so.",
            )
            st.caption(escape_markdown(f"{advice}."))


def _describe_training(run: Run, history: History) -> Training:
    stored = snapshots.epochs(run)
    last = snapshots.load(run, stored[-1]) if stored else None
    confusion = last.confusion if last is not None and last.confusion.size else None
    return Training(run.config, history, confusion, has_diverged=run.has_diverged)
