"""Templates as JSON: what is written is read; what is hostile is refused with the place and the reason."""

import json

import pytest

from digitrec.forms import Field, Template, TemplateError, template_store, templates
from digitrec.forms.templates import check, from_json, make_grid, to_json

FIELDS = (
    Field("age", (0.1, 0.1, 0.2, 0.2), "number", 3, 1, True, ({"rule": "range", "low": 0, "high": 120},)),
    Field("yes", (0.3, 0.1, 0.35, 0.15), "tick"),
    Field("\N{GREEK SMALL LETTER ALPHA}", (0.5, 0.5, 1.0, 1.0)),
)
FORM = Template("A form / 1", 184.0, 271.0, FIELDS, "page", b"\x89PNG")


def test_a_template_is_read_as_it_was_written():
    assert from_json(to_json(FORM)) == FORM
    assert from_json(to_json(FORM).encode()) == FORM


def with_field(**changes):
    record = json.loads(to_json(FORM))
    record["fields"][0] |= changes
    return json.dumps(record)


def with_value(**changes):
    return json.dumps(json.loads(to_json(FORM)) | changes)


HOSTILE = {
    "not JSON: expected a file": b"\xff\xfe",
    "is not JSON": "[" * 100_000,
    "is not a form": "[]",
    "of version 2: expected 1": with_value(**{"digitrec form": 2}),
    "not a list of at most": with_value(fields=[{}] * 1_001),
    "is 5.0 MB: expected at most 4": " " * 5_000_000,
    "the form has the name ''": with_value(name=""),
    "name None": with_value(name=None),
    'width" is nan': with_value(width="wide"),
    'height" is inf|height" is nan': with_value(height=float("inf")),
    "more than 10 times as long": with_value(width=10, height=1000),
    "expected one of marks, frame, page": with_value(anchor=["marks"]),
    "is not a picture in base64": with_value(picture="!"),
    "field 1 is not an object": with_value(fields=[3]),
    "field 1 has no box": with_field(box=[0, 1]),
    "from 0 to 1, with some room": with_field(box=[0.2, 0.1, 0.1, 0.2]),
    "box 0, 0, nan": with_field(box=[0, 0, float("nan"), 1]),
    "has the kind 'letter': expected one of digit": with_field(kind="letter"),
    "kind \\[\\]": with_field(kind=[]),
    "has the length 'x': expected 1 to 20": with_field(length="x"),
    "has the length True": with_field(length=True),
    "more decimals than digits": with_field(length=2, decimals=3),
    "is divided into boxes: expected its length": with_field(length=None, decimals=None),
    "rules of field 1 are not a list": with_field(rules="all"),
    "too many rules": with_field(rules=[{"list": "x" * 5_000}]),
    "two fields are called 'yes'": with_field(name="yes"),
    "characters that can be printed": with_field(name="a\u202eb"),
}


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_json_is_refused_with_the_reason(words):
    with pytest.raises(TemplateError, match=words):
        from_json(HOSTILE[words])


def test_a_grid_has_names_by_a_pattern_and_boxes_side_by_side():
    fields = make_grid("{row}-{column} {number}", (0.0, 0.0, 0.6, 0.4), 2, 3, gap=0.5)
    assert [field.name for field in fields] == ["1-1 1", "1-2 2", "1-3 3", "2-1 4", "2-2 5", "2-3 6"]
    assert fields[4].box == pytest.approx((0.25, 0.25, 0.35, 0.35))
    with pytest.raises(TemplateError, match="two fields the same name"):
        make_grid("row {row}", (0, 0, 1, 1), 2, 2)
    with pytest.raises(TemplateError, match="expected 1 to 1,000"):
        make_grid("{number}", (0, 0, 1, 1), 40, 40)


def test_a_number_in_boxes_has_a_cell_for_each_digit():
    assert FIELDS[0].cells[1] == pytest.approx((0.1 + 0.1 / 3, 0.1, 0.1 + 0.2 / 3, 0.2))
    assert FIELDS[2].cells == [FIELDS[2].box]


def test_names_that_are_taken_get_a_number():
    fields = [Field("a", (0, 0, 1, 1)), Field("a", (0, 0, 1, 1)), Field("b", (0, 0, 1, 1))]
    named = templates.rename_fields(fields, {"a"}.__contains__)
    assert [field.name for field in named] == ["a 2", "a 3", "b"]


def test_forms_are_saved_by_name_replaced_and_deleted(folders):
    assert template_store.list_names() == []
    template_store.save(FORM)
    template_store.save(FORM._replace(name="b"))
    template_store.save(FORM._replace(fields=FIELDS[:1]))
    assert template_store.list_names() == ["A form / 1", "b"]
    assert template_store.load("A form / 1").fields == FIELDS[:1]
    template_store.delete("b")
    template_store.delete("b")
    with pytest.raises(TemplateError, match="there is no form 'b'"):
        template_store.load("b")


def test_damaged_and_too_many_forms(folders, monkeypatch):
    template_store.save(FORM)
    (path,) = template_store._folder().glob("*.json")
    path.with_name("other.json").write_text("{")
    assert template_store.list_names() == [FORM.name]
    monkeypatch.setattr(template_store, "MAX_FORMS", 2)
    template_store.save(FORM)
    with pytest.raises(TemplateError, match="there are 2 forms already"):
        template_store.save(check(FORM._replace(name="c")))
