"""Rules of a stack and of a form on the Read page: added, refused, listed with what breaks them, deleted."""

import functools
import json

import pytest

from digitrec.forms import Field, Template, page_size, templates
from digitrec.stacks import StackError, Way, rules
from digitrec.ui.read import form_choice, rules_form
from support import made_stacks
from support.views import show

RULE = {"check": "list", "fields": "1, 1", "as": "each", "values": "4, 5"}
PROBLEM = "read-rule-problem"
CELLS = templates.make_grid("{row}, {column}", (0.1, 0.1, 0.9, 0.3), 2, 3, gap=0.3)
FORM = Template("marks", *page_size("A4"), (*CELLS, Field("age", (0.1, 0.5, 0.2, 0.6))))


@pytest.fixture
def stack(folders):
    return made_stacks.add(made_stacks.new(2), made_stacks.page(0, ["48"]), made_stacks.page(1, ["75"]))


@pytest.fixture
def session(session) -> dict:
    """What a person has typed."""
    typed = {"check": "list", "fields": " 1, 1 ", "as False": "each", "values": " 4, 5 "}
    session.update({f"read-rule-{name}": value for name, value in typed.items()})
    return session


def add(stack) -> None:
    rules_form._add("read-rule", functools.partial(rules_form._put, stack))


def test_a_rule_is_added_as_it_was_typed_and_deleted(session, stack):
    add(stack)
    assert stack.settings.rules == (RULE,) and PROBLEM not in session
    rules_form._delete(stack, 0)
    assert stack.settings.rules == ()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"read-rule-fields": "9, 9"}, "no field is called '9, 9': see the help of Fields for their names."),
        ({"read-rule-values": ""}, ""),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_and_not_stored(typed, says, session, stack):
    session.update(typed)
    add(stack)
    assert says in session[PROBLEM] and session[PROBLEM] and stack.settings.rules == ()


def test_a_sum_is_of_each_row_where_there_are_rows(stack):
    form = made_stacks.new(1, Way("template", None, {"fields": []}))
    named = made_stacks.page(0, ["48"])._replace(fields=(made_stacks.field("total", "48"),))
    cases = (stack, "row", "such as *, 1-5"), (made_stacks.add(form, named), "page", "such as a name")
    for each, first, example in cases:
        shown = show(rules_form._show, each)
        shown.selectbox(key="read-rule-check").set_value("sum").run()
        assert shown.selectbox(key="read-rule-as True").value == first
        assert shown.text_input(key="read-rule-fields").placeholder == example


def test_there_are_never_too_many_rules(session, stack, monkeypatch):
    monkeypatch.setattr(rules, "MAX_RULES", 0)
    add(stack)
    assert session[PROBLEM] == "there are 0 rules: delete one first."


def test_a_full_disk_is_said(session, stack, monkeypatch):
    def full(self, **_):
        raise OSError(28, "No space left on device")

    stack.set(rules=(RULE | {"values": "6"},))
    monkeypatch.setattr(type(stack), "set", full)
    for act in (lambda: add(stack), lambda: rules_form._delete(stack, 0)):
        session.pop(PROBLEM, None)
        act()
        assert "No space left on device" in session[PROBLEM]


def test_what_breaks_a_rule_is_listed_as_far_as_it_fits(stack, monkeypatch):
    stack.set(rules=(RULE, RULE | {"fields": "1, 2"}))
    monkeypatch.setattr(rules_form, "MAX_SHOWN", 1)
    shown = show(rules_form._show, stack)
    listed = [each.value for each in shown.markdown]
    assert [text.endswith(": broken 1 time") for text in listed[:2]] == [True, True]
    assert listed[2] == "- **0.png**: 8 is not in the list.\n- and 1 more"
    assert shown.subheader[0].value == "Broken rules"


def test_a_rule_of_the_form_stays_and_one_that_is_damaged_is_told(folders, monkeypatch):
    fields = [
        {"name": "1, 1", "kind": "digit", "rules": [{"check": "list", "values": "4"}, {"check": "nonsense"}]}
    ]
    stack = made_stacks.new(1, Way("template", None, json.loads(json.dumps({"fields": fields}))))
    made_stacks.add(stack, made_stacks.page(0, ["48"]))
    shown = show(rules_form._show, stack)
    assert [each.value for each in shown.caption].count("from the form") == 2
    assert any(each.value.startswith("A rule cannot be used: ") for each in shown.markdown)
    assert not [button for button in shown.button if button.key.startswith("read-rule-delete")]


def test_the_same_rule_is_not_added_twice_by_a_double_click(session, stack):
    add(stack)
    add(stack)
    assert stack.settings.rules == (RULE,) and "this rule is there already" in session[PROBLEM]


def form(session: dict) -> Template:
    return session[form_choice._DRAFT]


def test_a_sum_and_a_range_are_added_to_a_form_and_deleted(session):
    total = {"check": "sum", "fields": "*, 1-2", "as": "row", "equals": "*, 3"}
    span = {"check": "range", "fields": "age", "as": "each", "least": "0", "most": "120"}
    rules_form._attach(FORM, total)
    rules_form._attach(form(session), span)
    own = {field.name: field.rules for field in form(session).fields if field.rules}
    assert own == {"1, 1": (total,), "age": ({name: span[name] for name in ("check", "as", "least", "most")},)}
    shown = show(rules_form.edit_rules, form(session))
    listed = [each.value.replace("\\", "") for each in shown.markdown]
    assert listed == ["Sum is *, 3 · fields *, 1-2 · each row", "Range 0 to 120 · fields age"]
    shown.button(key="read-form-rule-delete 0").click().run()
    assert [field.name for field in form(session).fields if field.rules] == ["age"]


def test_a_rule_of_no_field_or_one_that_a_form_has_is_refused(session):
    with pytest.raises(StackError, match="no field is called '9, 9'"):
        rules_form._attach(FORM, RULE | {"fields": "9, 9"})
    rules_form._attach(FORM, dict(RULE))
    with pytest.raises(StackError, match="already"):
        rules_form._attach(form(session), dict(RULE))
