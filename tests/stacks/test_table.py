"""All fields of a stack as they stand: states, the queue, and what random fields are for."""

import numpy as np

from digitrec.stacks import Way, load_table, log
from support import made_stacks
from support.made_stacks import add, field, new


def place(name, page=0):
    return page, name


def test_states_follow_what_is_said(folders):
    stack = add(new(), made_stacks.page(0, ["48", "1 "], r1c2=0.5))
    table = load_table(stack)
    assert [table.state(index) for index in range(4)] == ["sure", "look", "sure", "empty"]
    log.say(stack, [(place("1, 1"), "digit", "4")], cause="random")
    log.say(stack, [(place("1, 2"), "digit", "3"), (place("2, 1"), log.MARKED, "")], cause="doubt")
    table = load_table(stack)
    assert [table.state(index) for index in range(4)] == ["checked", "corrected", "look", "empty"]
    assert [table.value(index)[1] for index in range(4)] == ["4", "3", "1", ""]
    counts = table.count_states()
    assert counts == {"sure": 0, "empty": 1, "look": 1, "checked": 1, "corrected": 1}
    assert table.why(2) == "Marked as wrong." and load_table(stack) is table


def test_marked_ones_come_first_then_broken_rules_then_the_most_doubtful(folders):
    stack = add(new(), made_stacks.page(0, ["4891", "3357"], r1c2=0.5, r1c3=0.3))
    stack.set(rules=({"check": "list", "fields": "2, 1", "values": "1"},))
    log.say(stack, [(place("2, 4"), log.MARKED, "")], cause="seen")
    table = load_table(stack)
    first = [(table.reading(task.field).name, task.cause) for task in table.queue[:4]]
    assert first == [("2, 4", "seen"), ("2, 1", "rule"), ("1, 3", "doubt"), ("1, 2", "doubt")]
    assert table.find_mends(4) == ["1"]
    log.say(stack, [(place("2, 1"), "digit", "3")], cause="rule")  # it breaks the rule, and is right
    assert [table.reading(task.field).name for task in load_table(stack).queue[:2]] == ["2, 4", "1, 3"]


def test_a_few_of_the_sure_ones_are_checked_at_random_the_same_for_all(folders):
    stack = add(new(4), *(made_stacks.page(number, ["4" * 40] * 25) for number in range(4)))
    table = load_table(stack)
    chosen = [task for task in table.queue if task.cause == "random"]
    assert len(chosen) == table.is_random.sum() and 50 < len(chosen) < 120  # 2% of 4,000
    assert np.array_equal(table.is_random, load_table(type(stack)(stack.path)).is_random)
    for task in chosen[:60]:
        log.say(stack, [(table.place(task.field), "digit", "4")], cause="random")
    after = load_table(stack).outlook
    assert after.checked == 60 and after.found == 0 and after.errors.high < table.outlook.errors.high


def test_side_by_side_the_wrong_ones_count_only_once_the_others_are_confirmed(folders):
    stack = add(new(), made_stacks.page(0, ["7" * 10] * 5))
    log.say(stack, [(place("1, 1"), "digit", "1")], cause="wall")
    table = load_table(stack)
    assert table.outlook.checked == 0 and len(table.find_unchecked("7")) == 50
    everything = [(table.place(index), *table.value(index)) for index in table.find_unchecked("7")]
    log.say(stack, everything, cause="page")
    table = load_table(stack)
    assert table.find_unchecked("7") == [] and table.count_values() == {"7": 50}
    assert sum(said.cause == "page" for said in table.said.values()) == 50
    assert table.state(0) == "corrected"


def test_the_value_of_the_page_before_counts_also_where_it_was_corrected(folders):
    stack = add(new(2), made_stacks.page(0, ["3"]), made_stacks.page(1, ["5"]))
    stack.set(rules=({"check": "near", "fields": "1, 1", "by": "1"},))
    assert [page.number for page, _ in load_table(stack).broken] == [1]
    log.say(stack, [(place("1, 1"), "digit", "4")], cause="seen")
    assert load_table(stack).broken == []


def test_rules_of_a_template_are_about_their_own_field(folders):
    template = {"fields": [{"name": "age", "kind": "number", "rules": [{"check": "range", "most": "9"}]}]}
    stack = new(1, Way("template", None, template))
    page = made_stacks.page(0, [" "])
    fields = (field("age", "12", kind="number"), field("sex", "12"), field("left", "", kind="empty"))
    table = load_table(add(stack, page._replace(fields=fields)))
    assert [broken.names for _, broken in table.broken] == [("age",)]
    assert [table.text_kind(index) for index in range(3)] == ["number", "digit", "digit"]


def test_pages_that_were_stored_twice_count_once(folders):
    page = made_stacks.page(0, ["4"])
    assert len(load_table(add(new(), page, page))) == 1
