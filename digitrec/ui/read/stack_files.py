"""What a stack gives out: files to download, and drawings of one's own."""

from __future__ import annotations

import streamlit as st

from digitrec import files
from digitrec.data import DatasetError
from digitrec.inference import ClassifierError
from digitrec.reporting import format_count, stack_files, stack_texts
from digitrec.stacks import Stack, Table, drawings, load_table
from digitrec.ui import pickers
from digitrec.ui.components import downloads

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KINDS = (
    ("CSV", "csv", "text/csv", stack_files.to_csv, "table"),
    (
        "Excel",
        "xlsx",
        _XLSX,
        stack_files.to_xlsx,
        "grid_on",
    ),
    ("JSON", "json", "application/json", stack_files.to_json, "data_object"),
    ("ZIP with pictures", "zip", "application/zip", stack_files.to_zip, "folder_zip"),
)


def show_files(stack: Stack) -> None:
    """The files, and the button that makes drawings of the corrected digits."""
    table = load_table(stack)
    st.markdown(stack_texts.describe_states(table))
    st.caption(
        "Each field has its text, kind, state, confidence, box and the name of its picture. In the spreadsheet, "
        "each page is a row as well."
    )
    offered = [
        downloads.File(
            f"Download {title}",
            f"fields.{ending}",
            mime,
            lambda make=make: make(load_table(stack)),  # type: ignore[misc]
            f"read-stack-{ending}",
            {"icon": f":material/{icon}:"},
        )
        for title, ending, mime, make, icon in _KINDS
    ]
    downloads.offer(offered, horizontal=True, gap="small")
    _drawings(stack)


def _drawings(stack: Stack) -> None:
    if files.is_read_only():
        return
    st.subheader("Your drawings", anchor=False)
    st.caption(
        "Digits that you corrected can become drawings of your own, to test and to train networks with. A number "
        "is divided into its digits for that. It is left out where they cannot be told apart."
    )
    checked = st.toggle("Also those that you confirmed", key="read-drawings-checked")
    table = load_table(stack)
    found = drawings.list_corrected(table, checked=checked)
    count = drawings.count_digits(table, found)
    if st.button(
        f"Add {format_count(count, 'digit')} to my drawings",
        icon=":material/draw:",
        disabled=not count,
        key="read-drawings-save",
    ):
        _save(table, found)


def _save(table: Table, found: list[int]) -> None:
    """Make drawings of fields, with a bar, and say what became of them."""
    try:
        with pickers.progress_bar() as report:
            saved = drawings.save(table, found, lambda share: report("Cutting out the digits", share))
    except (DatasetError, ClassifierError) as error:
        st.error(str(error))
        return
    text = stack_texts.describe_saved(saved)
    (st.success if saved.total else st.warning)(text)
