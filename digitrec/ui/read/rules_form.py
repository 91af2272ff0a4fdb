"""The rules of a stack: a list, and a form that adds one."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from digitrec import files
from digitrec.reporting import format_count, stack_texts
from digitrec.stacks import Stack, StackError, Table, load_table, rules
from digitrec.ui.components.digits import escape_markdown

_PROBLEM = "read-rule-problem"
_KEYS = ("read-rule-check", "read-rule-fields", "read-rule-as")
_LABELS = {
    "least": "At least",
    "most": "At most",
    "values": "Allowed values, with commas between them",
    "equals": "The other field, or a number",
    "by": "Largest difference",
}
MAX_SHOWN = 50  # broken rules
HELP = """Fields of a grid are named by row and column: `3, 4` is one field, `3, *` is row 3, `*, 2-5` are columns
2 to 5. Numbers are named by their place on the page from 1, fields of a form by their names. Write `;` between
several.

*Each row* or *Each column* puts the digits of a row or column together as one number; a sum adds them up."""


def show_rules(stack: Stack) -> None:
    """The rules and what breaks them."""
    st.fragment(_show)(stack)


def _show(stack: Stack) -> None:
    table = load_table(stack)
    st.caption("What breaks a rule is checked first, and the digit that would mend it is offered.", help=HELP)
    _list(stack, table)
    if not files.is_read_only():
        _form(stack)
    if table.broken:
        st.subheader("Broken rules", anchor=False)
        lines = [
            f"- **{escape_markdown(page.name)}**: {escape_markdown(broken.says)}"
            for page, broken in table.broken[:MAX_SHOWN]
        ]
        more = len(table.broken) - len(lines)
        st.markdown("\n".join(lines) + (f"\n- and {more:,} more" if more else ""))


def _list(stack: Stack, table: Table) -> None:
    counts = Counter(broken.rule for _, broken in table.broken)
    fixed = len(table.all_rules) - len(table.settings.rules)  # those of the template
    for at, rule in enumerate(table.all_rules):
        with st.container(horizontal=True, vertical_alignment="center"):
            try:
                rules.check_rule(rule)
                words = rules.describe(rule) + (
                    f": broken {format_count(counts[at], 'time')}" if counts[at] else ""
                )
            except StackError as error:
                words = f"A rule cannot be used: {error}"
            st.markdown(escape_markdown(words), width="content")
            if at < fixed:
                st.caption("from the form", width="content")
            elif not files.is_read_only():
                st.button(
                    "Delete",
                    key=f"read-rule-delete {stack.id} {at}",
                    icon=":material/delete:",
                    on_click=_delete,
                    args=(stack, at - fixed),
                )


def _form(stack: Stack) -> None:
    with st.container(border=True):
        check = st.selectbox(
            "Rule", list(rules.CHECKS), format_func=lambda name: rules.CHECKS[name][0], key=_KEYS[0]
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            example = stack_texts.example_fields(stack)
            st.text_input("Fields", key=_KEYS[1], placeholder=example, help=HELP, width=220)
            ways = list(rules.AS) if stack.way.kind != "numbers" else ["each", "page"]
            if check == "sum":
                ways = [way for way in ways if way != "each"]
                if not stack_texts.has_rows(stack):
                    ways.reverse()
            st.selectbox(
                "As a value", ways, format_func=rules.AS.__getitem__, key=f"{_KEYS[2]} {check == 'sum'}", width=180
            )
            for name in rules.CHECKS[check][1]:
                st.text_input(_LABELS[name], key=f"read-rule-{name}", width=220)
            st.button("Add", icon=":material/add:", on_click=_add, args=(stack,), key="read-rule-add")
        if problem := st.session_state.pop(_PROBLEM, None):
            st.error(escape_markdown(problem), icon=":material/error:")


def _add(stack: Stack) -> None:
    state = st.session_state
    check = state[_KEYS[0]]
    rule = {"check": check, "fields": state[_KEYS[1]].strip(), "as": state[f"{_KEYS[2]} {check == 'sum'}"]}
    rule |= {name: state.get(f"read-rule-{name}", "").strip() for name in rules.CHECKS[check][1]}
    before = stack.settings.rules
    try:
        if len(before) >= rules.MAX_RULES:
            raise StackError(f"there are {len(before)} rules: delete one first.")
        rules.check_rule(rule)
        names = {field.name for page in stack.pages for field in page.fields}
        if not rules.match_names(rule["fields"], tuple(names)):
            raise StackError(f"no field is called {rule['fields']!r}: see the help of Fields for their names.")
        stack.set(rules=(*before, rule))
    except (StackError, OSError) as error:
        state[_PROBLEM] = str(error)


def _delete(stack: Stack, at: int) -> None:
    before = stack.settings.rules
    try:
        stack.set(rules=before[:at] + before[at + 1 :])
    except OSError as error:
        st.session_state[_PROBLEM] = str(error)
