"""What an uploaded file is taken for, before it is imported. Each guess can be corrected; the images follow."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from digitrec.data import DatasetError, importing
from digitrec.imaging import Turn
from digitrec.inference import ClassifierError, TurnFinding, find_turn
from digitrec.runs import RunError, store
from digitrec.ui import pickers
from digitrec.ui.components import digits
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.explore import grid_cuts

MAX_COLUMNS = 4097  # of a CSV that are all offered: 64 x 64 pixels; of more, the first and the last two
MAX_LISTED = 8  # names of images that were left out
_PREVIEW_KEY = "import-preview"  # the last preview, and what it was made from
_TABLE_HEIGHT = 390  # pixels: ten classes
_INKS = {None: "As found", False: "Bright ink on dark paper", True: "Dark ink on light paper"}
_TURNS: dict[Turn, str] = {
    "none": "As they are",
    "transpose": "Swap rows and columns",
    "left": "A quarter turn to the left",
    "right": "A quarter turn to the right",
    "half": "Half a turn",
    "mirror": "Mirror left and right",
    "flip": "Mirror top and bottom",
    "antitranspose": "Mirror at the other diagonal",
}


class _Shown(NamedTuple):
    """A preview and what it was made from."""

    made_from: tuple[str, int | None, bool | None, importing.Grid | None]  # file, label column, polarity, grid
    result: importing.Preview | DatasetError
    finding: TurnFinding | None
    guessed_column: int | None  # before a person chose another
    columns: tuple[str, ...]  # of a CSV


def preview_form(key: str, file: UploadedFile, *, only_test: bool) -> importing.Choices | None:
    """Show what a file is taken for, and let the user correct it.

    Args:
        key: prefix of the widgets' keys.
        file: the file.
        only_test: whether all images will be test images.

    Returns:
        The choices; None if the file cannot be imported with these.
    """
    key = f"{key} {file.file_id}"
    column, inverted = st.session_state.get(f"{key} column"), st.session_state.get(f"{key} ink")
    grid = grid_cuts.chosen_grid(key)
    shown = _make_preview(file, column, inverted, grid)
    if cut := shown.result.grid if isinstance(shown.result, importing.Preview) else grid:
        grid_cuts.grid_controls(key, file.getvalue(), cut)
    if isinstance(shown.result, DatasetError):
        st.error(f"This file cannot be imported: {escape_markdown(str(shown.result))}", icon=":material/warning:")
        if shown.columns:
            _column_picker(key, shown.columns, shown.guessed_column)
        return None
    st.subheader("What this file is taken for", anchor=False)
    _show_facts(shown.result, only_test)
    turn = _corrections(key, shown.result, shown)
    classes, images = st.columns([2, 3])
    with classes:
        names = _class_names(key, shown.result)
    with images:
        _show_images(shown.result, turn, names)
    _show_left_out(shown.result)
    chosen = importing.Choices(_other_than(column, shown.guessed_column), inverted, turn, names, grid)
    return chosen if _classes_are_valid(names) else None


def forget() -> None:
    """Forget the last preview: its file was imported."""
    st.session_state.pop(_PREVIEW_KEY, None)


def list_left_out(lines: tuple[str, ...]) -> str:
    """The first images that are left out and the number of the others, in Markdown."""
    listed = "".join(f"\n- {escape_markdown(line)}" for line in lines[:MAX_LISTED])
    more = f"\n- and {len(lines) - MAX_LISTED:,} more" if len(lines) > MAX_LISTED else ""
    return listed + more


def _make_preview(
    file: UploadedFile, column: int | None, inverted: bool | None, grid: importing.Grid | None
) -> _Shown:
    """The preview of a file: made once for each choice of column, polarity and grid."""
    last = st.session_state.get(_PREVIEW_KEY)
    last = last if isinstance(last, _Shown) and last.made_from[0] == file.file_id else None
    guessed = last.guessed_column if last else None
    made_from = (file.file_id, _other_than(column, guessed), inverted, grid)
    if last and last.made_from == made_from:
        return last
    result: importing.Preview | DatasetError
    with pickers.progress_bar() as report:
        try:
            choices = importing.Choices(made_from[1], inverted, grid=grid)
            result = importing.preview(file.getvalue(), choices, report)
        except DatasetError as error:
            result = error
        finding = _find_turn(result) if isinstance(result, importing.Preview) else None
    if last is None and isinstance(result, importing.Preview):
        guessed = result.label_column
    # A file whose columns are known keeps them when another choice of column fails.
    known = result if isinstance(result, importing.Preview | importing.LabelColumnError) else last
    columns = known.columns if known else ()
    st.session_state[_PREVIEW_KEY] = shown = _Shown(made_from, result, finding, guessed, columns)
    return shown


def _other_than(column: int | None, guessed: int | None) -> int | None:
    return None if column == guessed else column


def _find_turn(preview: importing.Preview) -> TurnFinding | None:
    """Whether the images lie turned; None as well if the built-in network cannot judge."""
    try:
        classifier = pickers.load_classifier(store.open_run(store.SHIPPED[0]))
        return find_turn(*preview.digits(), classifier)
    except (RunError, ClassifierError, IndexError):
        return None


def _show_facts(preview: importing.Preview, only_test: bool) -> None:
    facts = {**preview.facts, "Training and test": preview.division(only_test=only_test)}
    lines = [f"- **{about}:** {escape_markdown(fact)}" for about, fact in facts.items()]
    st.markdown("\n".join([*lines, *(f"- {escape_markdown(note)}" for note in preview.notes)]))


def _corrections(key: str, preview: importing.Preview, shown: _Shown) -> Turn:
    """Let the user correct the guesses; return the turn."""
    if finding := shown.finding:
        st.warning(
            f"The images seem to be turned or mirrored: the model {store.SHIPPED[0]} reads {finding.right} of "
            f"{finding.images} digits right once they are turned, and {finding.right_before} as they are. They "
            "will be turned, unless you choose *As they are*.",
            icon=":material/screen_rotation:",
        )
    places = iter(st.columns(3 if preview.columns else 2))
    if preview.columns:
        with next(places):
            _column_picker(key, preview.columns, shown.guessed_column)
    next(places).selectbox("Ink", list(_INKS), format_func=lambda each: _INKS[each], key=f"{key} ink")
    suggested: Turn = finding.turn if finding else "none"
    return next(places).selectbox(
        "Turn",
        list(_TURNS),
        list(_TURNS).index(suggested),
        format_func=lambda each: _TURNS[each],
        key=f"{key} turn {suggested}",
    )


def _column_picker(key: str, columns: tuple[str, ...], guessed: int | None) -> None:
    count = len(columns)
    offered = list(range(count)) if count <= MAX_COLUMNS else [0, 1, count - 2, count - 1]
    st.selectbox(
        "Labels",
        offered,
        offered.index(guessed) if guessed in offered else None,
        format_func=lambda i: columns[i],
        key=f"{key} column",
        placeholder="Choose the column of the labels",
    )


def _class_names(key: str, preview: importing.Preview) -> dict[str, str]:
    """Show the classes and how many images they have, and let the user rename them."""
    old_names = sorted(preview.names, key=lambda old: (preview.class_names.index(preview.names[old]), old))
    with st.popover("Rename classes", icon=":material/edit:"):
        st.caption("Classes with the same name become one.")
        names = {
            old: st.text_input(old, preview.names[old], key=f"{key} class {old}", max_chars=24).strip()
            for old in old_names
        }
    table: dict[str, list[str] | list[int]] = {"Class": [names[old] for old in old_names]}
    if any(names[old] != old for old in old_names):
        table["In the file"] = old_names
    for part, counts in preview.counts.items():
        table["Images" if part == "all" else part.capitalize()] = [counts.get(old, 0) for old in old_names]
    st.dataframe(table, hide_index=True, height="content" if len(old_names) <= 10 else _TABLE_HEIGHT)
    return names


def _show_images(preview: importing.Preview, turn: Turn, names: dict[str, str]) -> None:
    images = preview.shown(turn)
    labels = [names[label] for label in preview.labels[: len(images)]]
    st.markdown(f"{len(images)} images, in the file and once imported:")
    digits.pair_gallery(preview.originals, images, labels)


def _show_left_out(preview: importing.Preview) -> None:
    if preview.left_out:
        st.markdown(f"{len(preview.left_out):,} left out:\n{list_left_out(preview.left_out)}")


def _classes_are_valid(names: dict[str, str]) -> bool:
    """Whether the classes may have these names; if not, the reason is shown."""
    try:
        importing.order_classes({"all": list(names.values())}, None, names)
    except DatasetError as error:
        st.error(f"The classes cannot have these names: {escape_markdown(str(error))}", icon=":material/warning:")
        return False
    return True
