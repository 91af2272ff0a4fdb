"""The rules of a stack, and those of a form: a list, and a few widgets that add one."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from typing import Any

import streamlit as st

from digitrec import files
from digitrec.forms import Template, TemplateError, templates
from digitrec.reporting import format_count, stack_texts
from digitrec.stacks import Stack, StackError, Table, load_table, rules
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.read import form_choice

_STACK, _FORM = "read-rule", "read-form-rule"  # begin the keys of the widgets
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


def _ask(
    key: str, add: Callable[[dict[str, Any]], None], *, example: str, ways: list[str], has_rows: bool
) -> None:
    """The widgets that add a rule.

    Args:
        key: begins those of the widgets.
        add: takes the rule, in a callback; it may raise what is to be said.
        example: of names of fields.
        ways: what may make a value; see `rules.AS`.
        has_rows: whether fields are named by row and column.
    """
    with st.container(border=True):
        check = st.selectbox(
            "Rule", list(rules.CHECKS), format_func=lambda name: rules.CHECKS[name][0], key=f"{key}-check"
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Fields", key=f"{key}-fields", placeholder=example, help=HELP, width=220)
            if check == "sum":
                ways = [way for way in ways if way != "each"]
                if not has_rows:
                    ways.reverse()
            st.selectbox(
                "As a value", ways, format_func=rules.AS.__getitem__, key=f"{key}-as {check == 'sum'}", width=180
            )
            for name in rules.CHECKS[check][1]:
                st.text_input(_LABELS[name], key=f"{key}-{name}", width=220)
            st.button("Add", icon=":material/add:", on_click=_add, args=(key, add), key=f"{key}-add")
        if problem := st.session_state.pop(f"{key}-problem", None):
            st.error(escape_markdown(problem), icon=":material/error:")


def _add(key: str, add: Callable[[dict[str, Any]], None]) -> None:
    state = st.session_state
    check = state[f"{key}-check"]
    rule = {"check": check, "fields": state[f"{key}-fields"].strip(), "as": state[f"{key}-as {check == 'sum'}"]}
    rule |= {name: state.get(f"{key}-{name}", "").strip() for name in rules.CHECKS[check][1]}
    try:
        rules.check_rule(rule)
        add(rule)
    except (StackError, TemplateError, OSError) as error:
        state[f"{key}-problem"] = str(error)


def _match(fields: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that a rule's fields mean.

    Raises:
        StackError: there is no such field.
    """
    found = rules.match_names(fields, names)
    if not found:
        raise StackError(f"no field is called {fields!r}: see the help of Fields for their names.")
    return found


def _form(stack: Stack) -> None:
    """The widgets that add a rule to a stack."""
    ways = list(rules.AS) if stack.way.kind != "numbers" else ["each", "page"]
    add, example = functools.partial(_put, stack), stack_texts.example_fields(stack)
    _ask(_STACK, add, example=example, ways=ways, has_rows=stack_texts.has_rows(stack))


def _put(stack: Stack, rule: dict[str, Any]) -> None:
    """Add a rule to a stack.

    Raises:
        StackError: it has too many rules, this one already, or no such field.
        OSError: it cannot be stored.
    """
    before = stack.settings.rules
    if len(before) >= rules.MAX_RULES:
        raise StackError(f"there are {len(before)} rules: delete one first.")
    _match(rule["fields"], tuple({field.name for page in stack.pages for field in page.fields}))
    stack.set(rules=_join(before, rule))


def _join(before: tuple[dict[str, Any], ...], rule: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    if rule in before:
        raise StackError("this rule is there already: change one of its values.")
    return (*before, rule)


def _delete(stack: Stack, at: int) -> None:
    before = stack.settings.rules
    try:
        stack.set(rules=before[:at] + before[at + 1 :])
    except OSError as error:
        st.session_state[f"{_STACK}-problem"] = str(error)


def edit_rules(template: Template) -> None:
    """Let a person add rules to a form, and delete them: each is stored with the first field that it is about."""
    found = [(at, rule) for at, field in enumerate(template.fields) for rule in field.rules]
    with st.expander("Rules", icon=":material/rule:", expanded=bool(found)):
        st.caption(
            "Fields that break a rule are checked first, and the digit that would mend it is offered.", help=HELP
        )
        for number, (at, rule) in enumerate(found):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(escape_markdown(describe_rule(template.fields[at].name, rule)), width="content")
                st.button(
                    "Delete",
                    key=f"{_FORM}-delete {number}",
                    icon=":material/delete:",
                    on_click=_change,
                    args=(template, at, tuple(each for each in template.fields[at].rules if each is not rule)),
                )
        names = [field.name for field in template.read_fields]
        has_rows = any(stack_texts.is_cell(name) for name in names)
        example = stack_texts.ROWS_EXAMPLE if has_rows else f"such as {names[0]}"
        add = functools.partial(_attach, template)
        _ask(_FORM, add, example=example, ways=list(rules.AS), has_rows=has_rows)


def _attach(template: Template, rule: dict[str, Any]) -> None:
    """Add a rule to a form, in the first field that it is about.

    Raises:
        StackError: there is no such field, or it has this rule already.
        TemplateError: it has too many rules.
    """
    name = _match(rule["fields"], tuple(field.name for field in template.read_fields))[0]
    if rule["fields"] == name:  # it stays with its field, whatever that is called later
        rule = {key: value for key, value in rule.items() if key != "fields"}
    at = next(at for at, field in enumerate(template.fields) if field.name == name)
    _change(template, at, _join(template.fields[at].rules, rule))


def _change(template: Template, at: int, own: tuple[dict[str, Any], ...]) -> None:
    """Give a field of a form other rules.

    Raises:
        TemplateError: they are too many.
    """
    fields = list(template.fields)
    fields[at] = fields[at]._replace(rules=own)
    form_choice.open_form(templates.check(template._replace(fields=tuple(fields))))


def describe_rule(name: str, given: dict[str, Any]) -> str:
    """A rule of a form's field in words; one that cannot be checked is told as such."""
    rule = {"fields": name, **given}
    try:
        rules.check_rule(rule)
    except StackError as error:
        return f"not checked: {error}"
    return rules.describe(rule)
