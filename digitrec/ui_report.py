"""The Report section of the Evaluate page: everything as one HTML file, and each table as CSV."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from digitrec import evaluation_tables, report, tables
from digitrec.runs import Run
from digitrec.scoring import Score
from digitrec.tables import Table


def view(run: Run, dataset: str, split: str, score: Score) -> None:
    """Take the evaluation away."""
    name = f"{run.name} {dataset} {split}"
    st.subheader("The whole evaluation", anchor=False)
    st.markdown(
        "One HTML file with all numbers and what they mean, the figures to hover and zoom, the misread images, "
        "the training and where all of it comes from. It opens in any browser, without this program and without a "
        "network, light or dark as the reader's machine is."
    )
    st.download_button(
        "Download the report",
        data=partial(report.report, run, score),  # made when asked for: it takes some seconds
        file_name=f"{name}.html",
        mime="text/html",
        key="report-html",
        on_click="ignore",
        icon=":material/description:",
        type="primary",
    )
    st.caption("Making it takes some seconds; the file has about 5 MB, most of it what draws the figures.")
    st.subheader("Each table as CSV", anchor=False)
    st.markdown("Numbers as they are, shares from 0 to 1, for a spreadsheet or a program.")
    with st.container(horizontal=True, gap="small"):
        for found in evaluation_tables.available(run, score):
            _csv_button(found.title, f"{name} {found.name}.csv", found.make)
    st.subheader("From the command line", anchor=False)
    st.code(
        f'python -m digitrec evaluate "{run.name}" --dataset {dataset} --split {split} --report report.html', None
    )


def _csv_button(title: str, file_name: str, make: Callable[[], Table]) -> None:
    st.download_button(
        title,
        data=lambda: tables.to_csv(make()),
        file_name=file_name,
        mime="text/csv",
        key=f"report-csv {file_name}",
        on_click="ignore",
        icon=":material/table:",
    )
