"""What a form looks like: its page, and its fields with what may stand in each; as JSON, which may be hostile."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

FieldKind: TypeAlias = Literal["digit", "number", "tick", "empty", "ignore"]
Anchor: TypeAlias = Literal["marks", "frame", "page"]
Box: TypeAlias = tuple[float, float, float, float]  # left, top, right and bottom, in shares of the straight page
FIELD_KINDS: tuple[FieldKind, ...] = get_args(FieldKind)
ANCHORS: tuple[Anchor, ...] = get_args(Anchor)
MAX_JSON_BYTES = 4_000_000
MAX_FIELDS, MAX_NAME, MAX_LENGTH = 1_000, 80, 20  # fields, characters of a name, digits of a number
MAX_PICTURE_BYTES = 2_000_000
_MAX_RULES, _MAX_RULE_CHARACTERS = 20, 4_000  # of one field
_MIN_SIDE = 0.002  # of the page: of a box
_SIZES = (10.0, 5_000.0)  # millimetres of a page
_MAX_RATIO = 10.0  # of its sides
_VERSION = 1


class TemplateError(ValueError):
    """A template cannot be used: the message says where, what was expected, and what to do."""


class Field(NamedTuple):
    """A place on a form.

    Attributes:
        name: unique on the form.
        box: in shares of the straight page.
        kind: what may stand there; "empty": nothing may; "ignore": it is not read.
        length: of a number: its digits at most; None: any.
        decimals: of a number: its digits behind the point; None: any.
        boxed: of a number: whether the box is divided into `length` boxes with one digit each.
        rules: what the reading has to obey, as plain JSON objects.
    """

    name: str
    box: Box
    kind: FieldKind = "digit"
    length: int | None = None
    decimals: int | None = None
    boxed: bool = False
    rules: tuple[dict[str, Any], ...] = ()

    @property
    def cells(self) -> list[Box]:
        """The boxes with one symbol each: the field's own, or those into which it is divided."""
        left, top, right, bottom = self.box
        count = self.length if self.boxed and self.length else 1
        width = (right - left) / count
        return [(left + k * width, top, left + (k + 1) * width, bottom) for k in range(count)]


class Template(NamedTuple):
    """A form.

    Attributes:
        name: for people.
        width: and
        height: of the straight page, in millimetres, or in any unit if it was never measured.
        fields: in the order in which they are read.
        anchor: how the page is found: by printed registration marks, by its outer frame of lines, or by the edges
            of the paper or of the picture.
        picture: PNG or JPEG of the empty form, put straight; empty for one that this program prints.
    """

    name: str
    width: float
    height: float
    fields: tuple[Field, ...] = ()
    anchor: Anchor = "marks"
    picture: bytes = b""

    @property
    def read_fields(self) -> list[Field]:
        """The fields that are read."""
        return [field for field in self.fields if field.kind != "ignore"]


def make_grid(
    pattern: str, box: Box, rows: int, columns: int, *, kind: FieldKind = "digit", gap: float = 0.0
) -> list[Field]:
    """Fields in rows and columns.

    Args:
        pattern: of their names; {row}, {column} and {number} count from 1.
        box: around all of them, in shares of the page.
        rows: of fields.
        columns: of fields.
        kind: of each.
        gap: share of each place that is left free, from 0 to 0.9.

    Raises:
        TemplateError: too many fields, or two of the same name.
    """
    if not (rows >= 1 and columns >= 1 and rows * columns <= MAX_FIELDS):
        raise TemplateError(f"a grid of {rows} x {columns} fields: expected 1 to {MAX_FIELDS:,} fields.")
    if not 0 <= gap <= 0.9:
        raise TemplateError(f"the gap is {gap}: expected a share from 0 to 0.9.")
    left, top, right, bottom = box
    wide, high = (right - left) / columns, (bottom - top) / rows
    x, y = gap * wide / 2, gap * high / 2
    fields = []
    for number in range(rows * columns):
        row, column = divmod(number, columns)
        values = {"{row}": row + 1, "{column}": column + 1, "{number}": number + 1}
        name = pattern
        for place, value in values.items():
            name = name.replace(place, str(value))
        at = left + column * wide, top + row * high
        fields.append(Field(name, (at[0] + x, at[1] + y, at[0] + wide - x, at[1] + high - y), kind))
    if len({field.name for field in fields}) < len(fields):
        raise TemplateError(
            f"the pattern {pattern!r} gives two fields the same name: expected {{row}} and {{column}}, or "
            "{number}."
        )
    return fields


def to_json(template: Template) -> str:
    """A template as JSON, which `from_json` reads."""
    fields = []
    for field in template.fields:
        record: dict[str, Any] = {"name": field.name, "kind": field.kind, "box": [round(x, 6) for x in field.box]}
        record |= {key: value for key in ("length", "decimals") if (value := getattr(field, key)) is not None}
        record |= {"boxed": True} if field.boxed else {}
        record |= {"rules": list(field.rules)} if field.rules else {}
        fields.append(record)
    found: dict[str, Any] = {
        "digitrec form": _VERSION,
        "name": template.name,
        "width": template.width,
        "height": template.height,
        "anchor": template.anchor,
        "fields": fields,
    }
    if template.picture:
        found["picture"] = base64.b64encode(template.picture).decode()
    return json.dumps(found, ensure_ascii=False, indent=1)


def from_json(data: bytes | str) -> Template:
    """Read a template.

    Args:
        data: JSON, UTF-8.

    Raises:
        TemplateError: it is not that of a template, too large, or a value is out of range.
    """
    if len(data) > MAX_JSON_BYTES:
        raise TemplateError(
            f"the form is {len(data) / 1e6:.1f} MB: expected at most {MAX_JSON_BYTES / 1e6:.0f} MB of JSON."
        )
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, a number or brackets without end
        raise TemplateError("the form is not JSON: expected a file that was saved on the Read page.") from error
    if not isinstance(found, dict) or "digitrec form" not in found:
        raise TemplateError(
            'the JSON is not a form: expected an object with "digitrec form", "name", "width", "height" and '
            '"fields".'
        )
    if found["digitrec form"] != _VERSION:
        raise TemplateError(
            f"the form is of version {_shown(found['digitrec form'])}: expected {_VERSION}. Update digitrec."
        )
    fields = found.get("fields")
    if not isinstance(fields, list) or len(fields) > MAX_FIELDS:
        raise TemplateError(f'"fields" is not a list of at most {MAX_FIELDS:,} fields.')
    return check(
        Template(
            found.get("name"),  # type: ignore[arg-type]  # `check` looks at it
            _number(found.get("width")),
            _number(found.get("height")),
            tuple(_to_field(at, field) for at, field in enumerate(fields, 1)),
            found.get("anchor", "marks"),
            _to_picture(found.get("picture", "")),
        )
    )


def check(template: Template) -> Template:
    """Give back a template whose values are in range.

    Raises:
        TemplateError: one is not.
    """
    _check_name(template.name, "the form")
    for name, value in (("width", template.width), ("height", template.height)):
        if not _SIZES[0] <= value <= _SIZES[1]:
            raise TemplateError(f'"{name}" is {value:g}: expected {_SIZES[0]:g} to {_SIZES[1]:g} millimetres.')
    if not 1 / _MAX_RATIO <= template.width / template.height <= _MAX_RATIO:
        raise TemplateError(f"the page is more than {_MAX_RATIO:g} times as long as wide: expected paper.")
    if template.anchor not in ANCHORS:
        raise TemplateError(f'"anchor" is {_shown(template.anchor)}: expected one of {", ".join(ANCHORS)}.')
    if len(template.fields) > MAX_FIELDS:
        raise TemplateError(f"the form has {len(template.fields):,} fields: expected at most {MAX_FIELDS:,}.")
    if len(template.picture) > MAX_PICTURE_BYTES:
        raise TemplateError(f"the form's picture is larger than {MAX_PICTURE_BYTES / 1e6:.0f} MB.")
    names: set[str] = set()
    for at, field in enumerate(template.fields, 1):
        _check_field(field, f"field {at}")
        if field.name in names:
            raise TemplateError(f"two fields are called {field.name!r}: give each a name of its own.")
        names.add(field.name)
    return template


def _to_field(at: int, found: Any) -> Field:
    if not isinstance(found, dict):
        raise TemplateError(f"field {at} is not an object: expected one with name, kind and box.")
    box, rules = found.get("box"), found.get("rules", [])
    if not isinstance(box, list) or len(box) != 4:
        raise TemplateError(f"field {at} has no box: expected left, top, right and bottom, shares of the page.")
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise TemplateError(f"the rules of field {at} are not a list of objects.")
    left, top, right, bottom = (_number(value) for value in box)
    return Field(
        found.get("name"),  # type: ignore[arg-type]  # `check` looks at them
        (left, top, right, bottom),
        found.get("kind", "digit"),
        found.get("length"),
        found.get("decimals"),
        found.get("boxed", False),
        tuple(rules),
    )


def _check_field(field: Field, where: str) -> None:
    _check_name(field.name, where)
    where = f"{where}, {field.name!r},"
    if field.kind not in FIELD_KINDS:
        raise TemplateError(
            f"{where} has the kind {_shown(field.kind)}: expected one of {', '.join(FIELD_KINDS)}."
        )
    left, top, right, bottom = field.box
    inside = 0 <= left <= right <= 1 and 0 <= top <= bottom <= 1
    if not inside or min(right - left, bottom - top) < _MIN_SIDE:
        raise TemplateError(
            f"{where} has the box {', '.join(f'{x:g}' for x in field.box)}: expected left, top, right and bottom, "
            "from 0 to 1, with some room between them."
        )
    for name, value, least in (("length", field.length, 1), ("decimals", field.decimals, 0)):
        if value is not None and not (_is_whole(value) and least <= value <= MAX_LENGTH):
            raise TemplateError(
                f"{where} has the {name} {_shown(value)}: expected {least} to {MAX_LENGTH}, or none."
            )
    if field.length is not None and field.decimals is not None and field.decimals > field.length:
        raise TemplateError(f"{where} has more decimals than digits.")
    if not isinstance(field.boxed, bool) or (field.boxed and field.length is None):
        raise TemplateError(f"{where} is divided into boxes: expected its length, the number of boxes.")
    if len(field.rules) > _MAX_RULES or len(json.dumps(field.rules)) > _MAX_RULE_CHARACTERS:
        raise TemplateError(
            f"{where} has too many rules: expected {_MAX_RULES}, in {_MAX_RULE_CHARACTERS:,} characters at most."
        )


def _check_name(name: Any, where: str) -> None:
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise TemplateError(
            f"{where} has the name {_shown(name)}: expected 1 to {MAX_NAME} characters that can be printed."
        )


def _to_picture(found: Any) -> bytes:
    try:
        return base64.b64decode(found, validate=True) if isinstance(found, str) else b"?"
    except (binascii.Error, ValueError) as error:
        raise TemplateError('"picture" is not a picture in base64.') from error


def _number(value: Any) -> float:
    """A finite number; NaN for what is none, which no check lets pass."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9:
        return float(value)
    return math.nan


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def rename_fields(fields: Sequence[Field], taken: Callable[[str], bool]) -> list[Field]:
    """The same fields; those whose name is taken get a number behind it."""
    found, used = [], set()
    for field in fields:
        name, number = field.name, 2
        while taken(name) or name in used:
            name, number = f"{field.name} {number}", number + 1
        used.add(name)
        found.append(field._replace(name=name))
    return found
