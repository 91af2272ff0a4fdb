"""Rules of a stack on the Read page: added, refused, listed with what breaks them, deleted."""

import json

import pytest

from digitrec.stacks import Way, rules
from digitrec.ui.read import rules_form
from support import made_stacks
from support.views import show

RULE = {"check": "list", "fields": "1, 1", "as": "each", "values": "4, 5"}


@pytest.fixture
def stack(folders):
    return made_stacks.add(made_stacks.new(2), made_stacks.page(0, ["48"]), made_stacks.page(1, ["75"]))


@pytest.fixture
def session(session) -> dict:
    """What a person has typed."""
    kind, fields, each = rules_form._KEYS[:3]
    session.update({kind: "list", fields: " 1, 1 ", f"{each} False": "each", "read-rule-values": " 4, 5 "})
    return session


def test_a_rule_is_added_as_it_was_typed_and_deleted(session, stack):
    rules_form._add(stack)
    assert stack.settings.rules == (RULE,) and rules_form._PROBLEM not in session
    rules_form._delete(stack, 0)
    assert stack.settings.rules == ()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({rules_form._KEYS[1]: "9, 9"}, "no field is called '9, 9': see the help of Fields for their names."),
        ({"read-rule-values": ""}, ""),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_and_not_stored(typed, says, session, stack):
    session.update(typed)
    rules_form._add(stack)
    assert says in session[rules_form._PROBLEM] and session[rules_form._PROBLEM] and stack.settings.rules == ()


def test_a_sum_is_of_each_row_where_there_are_rows(stack):
    form = made_stacks.new(1, Way("template", None, {"fields": []}))
    named = made_stacks.page(0, ["48"])._replace(fields=(made_stacks.field("total", "48"),))
    cases = (stack, "row", "such as *, 1-5"), (made_stacks.add(form, named), "page", "such as a name")
    for each, first, example in cases:
        shown = show(rules_form._show, each)
        shown.selectbox(key=rules_form._KEYS[0]).set_value("sum").run()
        assert shown.selectbox(key=f"{rules_form._KEYS[2]} True").value == first
        assert shown.text_input(key=rules_form._KEYS[1]).placeholder == example


def test_there_are_never_too_many_rules(session, stack, monkeypatch):
    monkeypatch.setattr(rules, "MAX_RULES", 0)
    rules_form._add(stack)
    assert session[rules_form._PROBLEM] == "there are 0 rules: delete one first."


def test_a_full_disk_is_said(session, stack, monkeypatch):
    def full(self, **_):
        raise OSError(28, "No space left on device")

    stack.set(rules=(RULE,))
    monkeypatch.setattr(type(stack), "set", full)
    for act in (lambda: rules_form._add(stack), lambda: rules_form._delete(stack, 0)):
        session.pop(rules_form._PROBLEM, None)
        act()
        assert "No space left on device" in session[rules_form._PROBLEM]


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
