"""The Report section of Evaluate: the whole evaluation as one HTML file, and each table as CSV."""

from __future__ import annotations

from functools import partial

import streamlit as st

from digitrec.evaluation import Score
from digitrec.reporting import LazyTable, evaluation_tables, report, tables
from digitrec.ui.components import downloads
from digitrec.ui.components.downloads import File


def view(score: Score) -> None:
    """Downloads of the evaluation."""
    name = f"{score.run.name} {score.dataset.name} {score.split_name}"
    st.header("The whole evaluation", anchor=False)
    st.markdown(
        "One HTML file with all numbers and their meaning, the figures, the misread images, the training, and "
        "where the numbers come from. It opens in any browser, offline, light or dark."
    )
    make = partial(report.make_report, score)
    look = {"icon": ":material/description:", "type": "primary"}
    downloads.offer([File("Download the report", f"{name}.html", "text/html", make, "report-html", look)])
    st.caption("This takes a few seconds. The file has about 5 MB, most of it code that draws the figures.")
    st.header("Each table as CSV", anchor=False)
    st.markdown("Unrounded numbers, shares from 0 to 1, for a spreadsheet or a program.")
    downloads.offer(
        [_csv(found, f"{name} {found.name}.csv") for found in evaluation_tables.list_tables(score)],
        horizontal=True,
        gap="small",
    )
    st.header("From the command line", anchor=False)
    part = f"--dataset {score.dataset.name} --split {score.split_name}"
    st.code(f'python -m digitrec evaluate "{score.run.name}" {part} --report report.html', None, wrap_lines=True)


def _csv(table: LazyTable, name: str) -> File:
    look = {"icon": ":material/table:"}
    return File(table.title, name, "text/csv", lambda: tables.to_csv(table.make()), f"report-csv {name}", look)
