"""What is stored of a person's answers on the Check and the side-by-side view of a stack."""

import pytest

from digitrec.stacks import StackError, load_table, log
from digitrec.ui.components.checker import Answer
from digitrec.ui.read import check
from support import made_stacks
from support.views import show


@pytest.fixture
def stack(folders):
    return made_stacks.add(made_stacks.new(1), made_stacks.page(0, ["48", "17"], r1c2=0.5))


def said(stack) -> dict[str, tuple[str, str]]:
    return {name: (found.kind, found.text) for (_, name), found in log.standing(stack).items()}


def test_an_answer_is_stored_and_taken_back_and_the_view_goes_to_its_field(session, stack):
    assert check._store(stack, Answer("say", (1,), "digit", "3")) is None
    assert said(stack) == {"1, 2": ("digit", "3")}
    assert check._store(stack, Answer("undo")) == 1 and said(stack) == {}
    assert session[f"{check._FOCUS} {stack.id}"] == 1
    assert check._store(stack, Answer("undo")) is None  # nothing is left


def test_a_page_is_confirmed_as_it_stands_but_what_was_marked_stays_marked(session, stack):
    check._store(stack, Answer("say", (0,), log.MARKED, ""))
    check._store(stack, Answer("page", (0, 1, 2, 99)))
    assert said(stack) == {"1, 1": (log.MARKED, ""), "1, 2": ("digit", "8"), "2, 1": ("digit", "1")}


def test_fields_that_there_are_not_and_stacks_that_are_gone_store_nothing(session, stack, monkeypatch):
    check._store(stack, Answer("say", (99,), "digit", "3"))
    assert said(stack) == {}

    def gone(stack):
        raise StackError("it is gone.")

    monkeypatch.setattr(check, "load_table", gone)
    assert check._store(stack, Answer("say", (1,), "digit", "3")) is None and said(stack) == {}


def test_of_the_wall_the_answers_are_told_apart(session, stack):
    check._store(stack, Answer("say", (1,), "digit", "3"), is_wall=True)
    (found,) = log.standing(stack).values()
    assert found.cause == "wall"


def test_the_wanted_share_of_errors_is_stored_and_the_field_in_view_comes_first(session, stack, monkeypatch):
    session["share"] = 2.5
    check._set_share(stack, "share")
    assert stack.settings.share == pytest.approx(0.025)
    shown: list = []
    monkeypatch.setattr(check, "checker", lambda key, name, items, act, **_: shown.append([i.id for i in items]))
    monkeypatch.setattr(check, "_share", lambda table: None)
    session[f"{check._FOCUS} {stack.id}"] = 3
    show(check._queue, stack)
    assert shown[0][0] == 3 and len(set(shown[0])) == len(shown[0]) > 1


def test_side_by_side_all_that_was_read_as_a_digit_stands_together(stack, monkeypatch):
    walls: list = []
    monkeypatch.setattr(
        check, "checker", lambda key, name, items, act, **how: walls.append((items, how["nothing"]))
    )
    shown = show(check._wall, stack)
    assert shown.get("button_group")[0].options == ["1 (1)", "4 (1)", "7 (1)", "8 (1)"]
    ((items, nothing),) = walls
    assert [item.text for item in items] == ["1"] and nothing == "All fields that were read as 1 are checked."
    empty = made_stacks.add(made_stacks.new(2), made_stacks.page(0, ["  "]))
    assert show(check._wall, empty).caption[0].value == "No field was read as a digit."
    assert not load_table(empty).count_values()


@pytest.mark.parametrize(
    ("why", "says"),
    [
        ("it may be struck out", "It may be struck out."),
        ("4 is not in the list.", "4 is not in the list."),
        ("", ""),
    ],
)
def test_a_reason_is_said_as_a_sentence(why, says):
    assert check.to_sentence(why) == says
