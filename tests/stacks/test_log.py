"""The log of what people say: nothing is lost by two browsers, and each thing can be taken back."""

import threading

from digitrec.forms import corrections
from digitrec.forms.corrections import PageKey
from digitrec.stacks import Way, log, old_corrections
from support import made_stacks

A, B = (0, "1, 1"), (0, "1, 2")


def said(stack):
    return {place: (each.kind, each.text) for place, each in log.standing(stack).items()}


def test_the_last_word_stands_until_it_is_taken_back(folders):
    stack = made_stacks.new()
    log.say(stack, [(A, "digit", "7")], cause="doubt")
    log.say(stack, [(A, "digit", "1"), (B, "empty", "")], cause="doubt")
    assert said(stack) == {A: ("digit", "1"), B: ("empty", "")}
    assert log.undo(stack) == [A, B]
    assert said(stack) == {A: ("digit", "7")}
    assert log.undo(stack) == [A] and log.undo(stack) == [] and said(stack) == {}


def test_each_takes_back_its_own(folders):
    stack = made_stacks.new()
    log.say(stack, [(A, "digit", "7")], cause="doubt", by="me")
    log.say(stack, [(B, "digit", "2")], cause="doubt", by="you")
    assert log.undo(stack, by="me") == [A]
    assert log.undo(stack, by="me") == [] and said(stack) == {B: ("digit", "2")}


def test_two_browsers_lose_nothing(folders):
    stack = made_stacks.new()
    places = [(page, f"{row}, 1") for page in range(4) for row in range(9)]
    threads = [
        threading.Thread(target=log.say, args=(stack, [(place, "digit", "5")]), kwargs={"cause": "doubt"})
        for place in places
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(log.standing(stack)) == set(places) and log.count(stack) == len(places)


def test_a_field_that_is_changed_again_keeps_why_it_was_looked_at(folders):
    stack = made_stacks.new()
    log.say(stack, [(A, "digit", "7")], cause="random")
    log.say(stack, [(A, "digit", "1")], cause="seen")
    assert log.standing(stack)[A].cause == "random"


def test_damaged_rows_say_nothing(folders):
    stack = made_stacks.new()
    log.say(stack, [(A, "digit", "7")], cause="doubt")
    with (stack.path / "log.jsonl").open("a") as file:
        file.write('{"id": 3}\n{"id": "x", "time": 1, "cause": "none", "fields": []}\nx\n{"id": "y", "time"')
    log.say(stack, [(B, "digit", "2"), ((0, "x"), "nonsense", "")], cause="doubt")
    assert said(stack) == {A: ("digit", "7"), B: ("digit", "2")}


def test_old_corrections_of_the_same_picture_are_taken_over_and_kept_up(folders):
    stack = made_stacks.new(1, Way("grid", (1, 2)))
    page = made_stacks.page(0, ["45"])._replace(sha256=stack.uploads[0].sha256)
    key = PageKey(page.sha256, 1, 2)
    corrections.change(key, {(0, 1): "6"})
    made_stacks.add(stack, page)
    old_corrections.take(stack, 0)
    assert said(stack) == {B: ("digit", "6")}
    log.say(stack, [(A, "empty", "")], cause="doubt")
    old_corrections.put(stack, [A])
    assert corrections.load(key) == {(0, 0): "", (0, 1): "6"}
    old_corrections.put(stack, log.undo(stack))
    assert corrections.load(key) == {(0, 1): "6"}
