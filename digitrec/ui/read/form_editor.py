"""A form that is made or changed on the Read page: its fields as a table, drawn boxes, grids, print and files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image, ImageDraw

from digitrec import files
from digitrec.charts import style
from digitrec.forms import Field, Template, TemplateError, print_form, template_store, templates
from digitrec.imaging import read_page
from digitrec.ui.components import downloads
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.components.marking import marking_canvas
from digitrec.ui.read import form_choice, rules_form

PAGE_SIDE = 640  # pixels of the form's longer side on the screen
KINDS = {
    "digit": "One digit.",
    "number": "Several digits. *Boxes*: one digit in each.",
    "tick": "Ticked or not.",
    "empty": "Nothing may stand there.",
    "ignore": "It is not read.",
}
_SIDES = ("left", "top", "right", "bottom")


def show_form(template: Template) -> Template:
    """Let a person change a form, save, print and download it; the form as it is now.

    The editor is closed once the form is saved or pages of it are there: these are looked at next.
    """
    key = form_choice.prepare_editor(template)
    title = f"The form: {escape_markdown(template.name)}"
    with st.expander(title, key=key, icon=":material/description:", on_change="rerun"):
        template, problem = _edit_form(template)
    if not problem:
        _offer_files(template)
    return template


def _edit_form(template: Template) -> tuple[Template, str]:
    """The form as it is now, and why it cannot be used; empty if it can."""
    start = form_choice.start()
    name = st.text_input("Name", start.name, max_chars=templates.MAX_NAME, key=form_choice.versioned("name"))
    template = template._replace(name=name.strip() or "Form")
    left, right = st.columns([3, 2], gap="large")
    template = _edit_fields(template, start.fields)
    form_choice.note(template)
    with right:
        _add_grid(template)
    with left:
        _draw_boxes(template)
    try:
        templates.check(template)
    except TemplateError as error:
        st.error(escape_markdown(f"{error}"), icon=":material/warning:")
        return template, str(error)
    if template.read_fields:
        rules_form.edit_rules(template)
    return template, ""


def _edit_fields(template: Template, fields: Sequence[Field]) -> Template:
    """The table of the fields, which began with some."""
    table = _to_table(fields)
    edited: Any = st.data_editor(
        table,
        key=form_choice.versioned("fields"),
        num_rows="dynamic",
        hide_index=True,
        height=340,
        placeholder="any",
        column_config={
            "name": st.column_config.TextColumn("Field", required=True, max_chars=templates.MAX_NAME),
            "kind": st.column_config.SelectboxColumn(
                "Kind", options=list(KINDS), required=True, default="digit", width=80
            ),
            "length": st.column_config.NumberColumn(
                "Digits", min_value=1, max_value=templates.MAX_LENGTH, width=60
            ),
            "decimals": st.column_config.NumberColumn(
                "Decimals", min_value=0, max_value=templates.MAX_LENGTH, width=75
            ),
            "boxes": st.column_config.CheckboxColumn("Boxes", default=False, width=60),
            **{
                side: st.column_config.NumberColumn(
                    f"{side.title()} %",
                    default=10.0 * (1 + at),
                    format="%.1f",
                    min_value=0.0,
                    max_value=100.0,
                    step=0.1,
                    width=70,
                )
                for at, side in enumerate(_SIDES)
            },
            "rules": st.column_config.TextColumn(
                "Rules",
                disabled=True,
                help="They are added below, and stay with a field that gets another name. A stack of pages has "
                "rules of its own beside them.",
            ),
        },
        column_order=[name for name in table.columns if name != "rules" or any(field.rules for field in fields)],
    )
    st.caption("A row is a field: change, add or delete rows. Places are percent of the page.")
    kept = _find_rules(edited, fields)
    columns = [_values(edited[name]) for name in ("name", "kind", "length", "decimals", "boxes", *_SIDES)]
    found = tuple(
        Field(
            str(name or "").strip(),
            tuple(float(side if side is not None else math.nan) / 100 for side in sides),  # type: ignore[arg-type]
            kind or "digit",
            _whole(length),
            _whole(decimals),
            bool(boxed),
            own_rules,
        )
        for own_rules, name, kind, length, decimals, boxed, *sides in zip(kept, *columns, strict=True)
    )
    return template._replace(fields=found)


def _find_rules(edited: pd.DataFrame, fields: Sequence[Field]) -> list[tuple[dict[str, Any], ...]]:
    """The rules of each row: those of the field of this name, or of the one that was renamed to it."""
    known = {field.name: field.rules for field in fields}
    deleted = st.session_state.get(form_choice.versioned("fields"), {}).get("deleted_rows", ())
    places = set(range(len(fields))) - set(deleted)
    return [
        known.get(str(name), fields[place].rules if place in places else ())
        for place, name in zip(edited.index, edited["name"], strict=True)
    ]


def _to_table(fields: Sequence[Field]) -> pd.DataFrame:
    """Fields as a table; its columns have their types even if there is no field."""
    return pd.DataFrame(
        {
            "name": pd.Series([field.name for field in fields], dtype="str"),
            "kind": pd.Series([field.kind for field in fields], dtype="str"),
            "length": pd.Series([field.length for field in fields], dtype="Int64"),
            "decimals": pd.Series([field.decimals for field in fields], dtype="Int64"),
            "boxes": pd.Series([field.boxed for field in fields], dtype="bool"),
            **{
                side: pd.Series([round(100 * field.box[at], 2) for field in fields], dtype="float64")
                for at, side in enumerate(_SIDES)
            },
            "rules": pd.Series([_describe_rules(field) for field in fields], dtype="str"),
        }
    )


def _describe_rules(field: Field) -> str:
    """The rules of a field in words; one that no stack could check is told as such."""
    own = f" · fields {field.name}"
    return " | ".join(rules_form.describe_rule(field.name, given).removesuffix(own) for given in field.rules)


def _values(column: Any) -> list[Any]:
    """A column of the table; None where nothing is given."""
    return [None if pd.isna(value) else value for value in list(column)]


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _add_grid(template: Template) -> None:
    """Fields in rows and columns."""
    with (
        st.expander("Add a grid", icon=":material/grid_on:", expanded=True),
        st.form("read-form-grid", border=False),
    ):
        with st.container(horizontal=True):
            rows = st.number_input("Rows", 1, 50, 5, width=100)
            columns = st.number_input("Columns", 1, 50, 5, width=100)
            kind: Any = st.selectbox("Kind", list(KINDS), width=120)
            gap = st.number_input("Gap, % of a cell", 0, 80, 25, width=130)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            most = templates.MAX_LENGTH
            length = st.number_input("Digits of a number", 1, most, None, placeholder="any", width=150)
            decimals = st.number_input("Decimals of a number", 0, most, None, placeholder="any", width=160)
            boxed = st.checkbox("A box for each digit of a number")
        with st.container(horizontal=True):
            sides = [
                st.number_input(f"{side.title()}, %", 0.0, 100.0, value, 0.5, format="%.1f", width=100)
                for side, value in zip(_SIDES, (8.0, 8.0, 92.0, 60.0), strict=True)
            ]
        pattern = st.text_input(
            "Names", "{row}, {column}", help="{row}, {column} and {number} are replaced, counted from 1."
        )
        if not st.form_submit_button("Add the grid", icon=":material/add:"):
            return
    if kind == "number" and boxed and length is None:
        st.error("A number with a box for each digit needs its length: say how many digits it has.")
        return
    box = (sides[0] / 100, sides[1] / 100, sides[2] / 100, sides[3] / 100)
    try:
        grid = templates.make_grid(pattern, box, rows, columns, kind=kind, gap=gap / 100)
        if kind == "number":
            grid = [field._replace(length=length, decimals=decimals, boxed=boxed) for field in grid]
    except TemplateError as error:
        st.error(escape_markdown(str(error)))
        return
    form_choice.add_fields(template, grid)
    st.rerun()


def _draw_boxes(template: Template) -> None:
    """The page of the form, on which boxes are drawn."""
    key = form_choice.versioned("canvas").replace(" ", "-")
    marks = marking_canvas(key, draw_form(template), "rect", "The empty form, to draw boxes on")
    st.caption("Draw a box around each field. It appears in the table, where it gets its name and kind.")
    new = [_to_field(mark) for mark in marks]
    if any(new):
        form_choice.add_fields(template, [field for field in new if field is not None])
        st.rerun()


def _to_field(mark: tuple[float, float, float, float]) -> Field | None:
    left, top, right, bottom = (min(1.0, max(0.0, value)) for value in mark)
    return Field("field", (left, top, right, bottom)) if min(right - left, bottom - top) > 0.004 else None


def draw_form(template: Template) -> np.ndarray:
    """The empty page with its fields, uint8 (height, width, 3)."""
    scale = PAGE_SIDE / max(template.width, template.height)
    size = max(80, round(template.width * scale)), max(80, round(template.height * scale))
    if template.picture:
        picture = Image.fromarray(read_page(template.picture)).resize(size).convert("RGB")
    else:
        picture = Image.new("RGB", size, "white")
        pen = ImageDraw.Draw(picture)
        for x in (0, size[0]):
            for y in (0, size[1]):
                pen.rectangle((x - 12, y - 12, x + 12, y + 12), fill="black")
    pen = ImageDraw.Draw(picture)
    for field in template.fields:
        if not all(0 <= value <= 1 for value in field.box):
            continue
        colour = style.GREY if field.kind == "ignore" else style.BLUE
        for left, top, right, bottom in field.cells:
            if left < right and top < bottom:
                pen.rectangle((left * size[0], top * size[1], right * size[0], bottom * size[1]), outline=colour)
    return np.asarray(picture)


def _offer_files(template: Template) -> None:
    """Save, print, download and delete."""
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Save",
            on_click=form_choice.save,
            args=(template,),
            icon=":material/save:",
            type="primary",
            disabled=files.is_read_only(),
            key="read-form-save",
        )
        offered = [
            downloads.File(
                "Download JSON",
                "form.json",
                "application/json",
                lambda: templates.to_json(template),
                "read-form-json",
                {"icon": ":material/data_object:"},
            )
        ]
        if template.anchor == "marks" and template.fields:
            offered.insert(
                0,
                downloads.File(
                    "Print (PDF)",
                    "form.pdf",
                    "application/pdf",
                    lambda: print_form(template),
                    "read-form-pdf",
                    {"icon": ":material/print:"},
                ),
            )
        downloads.offer(offered, horizontal=True, gap="small")
        if template.name in template_store.list_names():
            st.button(
                "Delete the saved form",
                on_click=form_choice.delete,
                args=(template,),
                icon=":material/delete:",
                disabled=files.is_read_only(),
                key="read-form-delete",
            )
    form_choice.show_said(template)
