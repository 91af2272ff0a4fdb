"""The change log of a data set on Explore: downloaded, and taken in from another machine."""

from __future__ import annotations

import streamlit as st

from digitrec import files
from digitrec.data import Dataset, DatasetError, corrections
from digitrec.reporting import change_log as log
from digitrec.reporting import format_count
from digitrec.ui.components.digits import escape_markdown

_UPLOAD, _RESULT = "explore-odd-upload", "explore-odd-imported"


def change_log(dataset: Dataset) -> None:
    """A popover with the counts, the files, and the way to take a change log in."""
    decisions = corrections.read(dataset.name)
    with st.popover(f"Change log ({len(decisions):,})", icon=":material/history:"):
        overlay = corrections.find_overlay(decisions)
        for split, title in (("train", "Training"), ("test", "Test")):
            counts = corrections.count(overlay, split)
            if any(counts):
                st.write(
                    f"{title} images: {counts.relabelled:,} relabelled, {counts.left_out:,} left out, "
                    f"{counts.kept:,} kept."
                )
        if lost := len(overlay) - len(corrections.locate(dataset, overlay)):
            st.caption(f"{lost:,} of them are about images that this data set does not have now.")
        if decisions:
            args = dataset.name, dataset.class_names, decisions
            for kind, mime, write in (("CSV", "text/csv", log.to_csv), ("JSON", "application/json", log.to_json)):
                st.download_button(
                    f"Download as {kind}",
                    lambda write=write: write(*args),  # type: ignore[misc]
                    f"changes-{dataset.name}.{kind.lower()}",
                    mime,
                    key=f"explore-odd-{kind}",
                    on_click="ignore",
                    icon=":material/download:",
                )
        else:
            st.write("Nothing is decided yet.")
        if files.is_read_only():
            return
        turn = st.session_state.setdefault(f"{_UPLOAD}-turn", 0)
        key = f"{_UPLOAD}-{turn}"
        st.file_uploader(
            "Import a change log (JSON)",
            type="json",
            key=key,
            on_change=_take_in,
            args=(key, dataset),
            max_upload_size=log.MAX_BYTES // 1_000_000,
        )
        if result := st.session_state.pop(_RESULT, None):
            (st.success if result[0] else st.error)(result[1])


def _take_in(key: str, dataset: Dataset) -> None:
    file = st.session_state.get(key)
    if file is None:
        return
    try:
        rows = log.parse_json(file.getvalue(), dataset.class_names)
        new = corrections.import_rows(dataset.name, rows, len(dataset.class_names))
        result = True, f"{format_count(new, 'new decision')}; {len(rows) - new:,} there already."
    except (DatasetError, OSError) as error:
        result = False, escape_markdown(f"The change log cannot be imported: {error}")
    st.session_state[_RESULT] = result
    st.session_state[f"{_UPLOAD}-turn"] += 1  # an empty uploader
