"""The Report section of the Evaluate page: everything as one HTML file, and each table as CSV."""

from __future__ import annotations

from functools import partial

import streamlit as st

from digitrec.evaluation.scoring import Score
from digitrec.report import evaluation_tables, report, tables
from digitrec.report.evaluation_tables import LazyTable
from digitrec.runs.store import Run
from digitrec.ui.components import downloads
from digitrec.ui.components.downloads import File


def view(run: Run, dataset: str, split: str, score: Score) -> None:
    """Take the evaluation away."""
    name = f"{run.name} {dataset} {split}"
    st.subheader("The whole evaluation", anchor=False)
    st.markdown(
        "One HTML file with all numbers and what they mean, the figures to hover and zoom, the misread images, "
        "the training and where all of it comes from. It opens in any browser, without this program and without a "
        "network, light or dark as the reader's machine is."
    )
    make = partial(report.make_report, run, score)
    look = {"icon": ":material/description:", "type": "primary"}
    downloads.offer([File("Download the report", f"{name}.html", "text/html", make, "report-html", look)])
    st.caption("Making it takes some seconds; the file has about 5 MB, most of it what draws the figures.")
    st.subheader("Each table as CSV", anchor=False)
    st.markdown("Numbers as they are, shares from 0 to 1, for a spreadsheet or a program.")
    downloads.offer(
        [_csv(found, f"{name} {found.name}.csv") for found in evaluation_tables.list_tables(run, score)],
        horizontal=True,
        gap="small",
    )
    st.subheader("From the command line", anchor=False)
    st.code(
        f'python -m digitrec evaluate "{run.name}" --dataset {dataset} --split {split} --report report.html', None
    )


def _csv(table: LazyTable, name: str) -> File:
    look = {"icon": ":material/table:"}
    return File(table.title, name, "text/csv", lambda: tables.to_csv(table.make()), f"report-csv {name}", look)
