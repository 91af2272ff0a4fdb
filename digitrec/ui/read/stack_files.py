"""What a stack gives out: files to download, and drawings of one's own."""

from __future__ import annotations

import streamlit as st

from digitrec import files
from digitrec.data import DatasetError
from digitrec.reporting import stack_files, stack_texts
from digitrec.stacks import Stack, drawings, load_table
from digitrec.ui.components import downloads

_SAVED = "read-saved-drawings"  # in the session: what is said after the button
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
        "Digits that you corrected can become drawings of your own, to test and to train networks with. So can "
        "those of numbers that have a box for each digit."
    )
    checked = st.toggle("Also those that you confirmed", key="read-drawings-checked")
    table = load_table(stack)
    count = drawings.count_digits(table, drawings.list_corrected(table, checked=checked))
    st.button(
        f"Add {count:,} {'digit' if count == 1 else 'digits'} to my drawings",
        icon=":material/draw:",
        disabled=not count,
        on_click=_save,
        args=(stack, checked),
        key="read-drawings-save",
    )
    if said := st.session_state.pop(_SAVED, None):
        (st.success if said[0] else st.error)(said[1])


def _save(stack: Stack, checked: bool) -> None:
    table = load_table(stack)
    try:
        saved = drawings.save(table, drawings.list_corrected(table, checked=checked))
    except DatasetError as error:
        st.session_state[_SAVED] = False, str(error)
        return
    more = f" {saved.without_ink:,} have no ink that can be cut out." if saved.without_ink else ""
    st.session_state[_SAVED] = True, f"{saved.total:,} added. Evaluate and Train offer them as a data set.{more}"
