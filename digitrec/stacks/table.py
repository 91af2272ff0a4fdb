"""All fields of a stack as they stand: what was read, what a person said, broken rules, and what is sure."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from digitrec.forms import FieldReading, Kind
from digitrec.imaging import Mask
from digitrec.metrics import Floats
from digitrec.stacks import log, rules, sureness
from digitrec.stacks.log import Cause, Place, Said
from digitrec.stacks.pages import Page
from digitrec.stacks.rules import Broken
from digitrec.stacks.stack import Settings, Stack

FinalState: TypeAlias = Literal["sure", "look", "empty", "checked", "corrected"]
_EVERY = 4  # doubtful fields, after which one of the random ones comes
MAX_STACKS = 3  # whose fields are in memory
_lock = threading.RLock()


class Task(NamedTuple):
    """A field to look at, and why."""

    field: int
    cause: Cause


class _Fields(NamedTuple):
    """What does not change while no page is read."""

    source: list[Page]  # as `Stack.pages` gave it
    pages: list[Page]
    page_of: list[int]  # (n,) place in `pages`
    fields: list[FieldReading]  # (n,)
    by_place: dict[Place, int]
    readings: sureness.Readings
    random: Floats  # (n,) in [0, 1): the fields with the lowest are checked at random
    broken: dict[int, tuple[Any, list[Broken]]]  # by page: what was looked at, and the rules that it breaks


class Table:
    """The fields of a stack at one moment.

    Args:
        stack: of pages.
        fields: what was read so far.
        said: what stands in the log.
        settings: share and rules.
    """

    def __init__(self, stack: Stack, fields: _Fields, said: dict[Place, Said], settings: Settings) -> None:
        self.stack, self._fields, self.settings = stack, fields, settings
        places = fields.by_place
        self.said: dict[int, Said] = {places[place]: each for place, each in said.items() if place in places}

    def __len__(self) -> int:
        return len(self._fields.fields)

    @property
    def pages(self) -> list[Page]:
        """The pages that were read, or could not be."""
        return self._fields.pages

    def page(self, index: int) -> Page:
        """The page of a field."""
        return self.pages[self._fields.page_of[index]]

    def reading(self, index: int) -> FieldReading:
        """A field as it was read."""
        return self._fields.fields[index]

    def place(self, index: int) -> Place:
        """The page and the name of a field."""
        return self.page(index).number, self.reading(index).name

    def find(self, place: Place) -> int | None:
        """The field of a place."""
        return self._fields.by_place.get(place)

    def indices(self, page: Page) -> range:
        """The fields of a page."""
        if not page.fields:
            return range(0)
        first = self._fields.by_place[page.number, page.fields[0].name]
        return range(first, first + len(page.fields))

    def value(self, index: int) -> tuple[str, str]:
        """What stands in a field: kind and text; what a person said goes before what was read."""
        said = self.said.get(index)
        return (said.kind, said.text) if said and said.is_final else self.reading(index)[1:3]

    def state(self, index: int) -> FinalState:
        """What a person has to do, or has done."""
        said = self.said.get(index)
        if said is not None:
            return "look" if not said.is_final else "corrected" if self._is_wrong(index, said) else "checked"
        if not self.outlook.accepted[index]:
            return "look"
        return "empty" if self.reading(index).kind == "empty" else "sure"

    def why(self, index: int) -> str:
        """What is doubtful about a field that is to be looked at; empty for others."""
        said, reading = self.said.get(index), self.reading(index)
        if said is not None:
            return "" if said.is_final else "Marked as wrong."
        broken = " ".join(each.says for each in self.broken_by.get(index, ()))
        if broken or self.outlook.accepted[index]:
            return broken
        return reading.why or "The confidence is below the threshold."

    def cause(self, index: int) -> Cause:
        """Why a field is looked at now."""
        if index in self.said:
            return "seen"
        if index in self.broken_by:
            return "rule"
        return "random" if self.is_random[index] else "seen" if self.outlook.accepted[index] else "doubt"

    # --- rules ---

    @cached_property
    def all_rules(self) -> tuple[dict[str, Any], ...]:
        """The rules of the template, and those of the stack."""
        return (*_template_rules(self.stack), *self.settings.rules)

    @cached_property
    def broken(self) -> list[tuple[Page, Broken]]:
        """The rules that do not hold."""
        if not self.all_rules:
            return []
        found: list[tuple[Page, Broken]] = []
        before: rules.Texts | None = None
        for page in sorted((page for page in self.pages if page.fields), key=lambda page: page.number):
            texts = self._texts(page)
            found += [(page, broken) for broken in self._find_broken(page, texts, before)]
            before = texts
        return found

    def _texts(self, page: Page) -> rules.Texts:
        """What rules see of a page."""
        texts = {name: rules.value_of(kind, text) for name, kind, text, *_ in page.fields}
        said = self._said_by_page.get(page.number, {})
        return texts | {name: rules.value_of(each.kind, each.text) for name, each in said.items()}

    def find_mends(self, index: int) -> list[str]:
        """Texts with one other digit, with which a rule would hold that the field breaks: the likeliest first."""
        page, name = self.page(index), self.reading(index).name
        found: list[rules.Mend] = []
        said = self._said_by_page.get(page.number, {})
        doubts = {each.name: 1 - each.confidence for each in page.fields if each.name not in said}
        earlier = [each for each in self.pages if each.fields and each.number < page.number]
        before = self._texts(max(earlier, key=lambda each: each.number)) if earlier else None
        for broken in self.broken_by.get(index, ()):
            rule = self.all_rules[broken.rule]
            found += rules.find_mends(rule, broken, self._texts(page), doubts, before=before)
        return list(dict.fromkeys(mend.text for mend in found if mend.name == name))

    @cached_property
    def _said_by_page(self) -> dict[int, dict[str, Said]]:
        found: dict[int, dict[str, Said]] = {}
        for index, said in self.said.items():
            if said.is_final:
                number, name = self.place(index)
                found.setdefault(number, {})[name] = said
        return found

    def _find_broken(self, page: Page, texts: rules.Texts, before: rules.Texts | None) -> list[Broken]:
        """The rules that a page breaks, found anew only where something has changed."""
        key = self._rules_key, texts, before if self._looks_back else None
        kept = self._fields.broken.get(page.number)
        if kept is None or kept[0] != key:
            found = rules.find_broken(self.all_rules, page.fields, texts, before=before)
            kept = self._fields.broken[page.number] = key, found
        return kept[1]

    @cached_property
    def _rules_key(self) -> str:
        return json.dumps(self.all_rules)

    @cached_property
    def _looks_back(self) -> bool:
        return any(rule.get("check") == "near" for rule in self.all_rules)

    @cached_property
    def broken_by(self) -> dict[int, list[Broken]]:
        """The broken rules of each field."""
        found: dict[int, list[Broken]] = {}
        for page, broken in self.broken:
            for name in broken.names:
                found.setdefault(self._fields.by_place[page.number, name], []).append(broken)
        return found

    # --- what is sure ---

    @cached_property
    def outlook(self) -> sureness.Outlook:
        """Which fields are accepted, and how many of them are expected to be wrong."""
        return sureness.estimate(self._fields.readings, self._checks(), self.settings.share)

    def _checks(self) -> sureness.Checks:
        done, counts, wrong, barred = (np.zeros(len(self), bool) for _ in range(4))
        for index, said in self.said.items():
            done[index] = True
            wrong[index] = self._is_wrong(index, said)
            counts[index] = said.cause in ("doubt", "random", "page") or bool(self.is_random[index])
        barred[list(self.broken_by)] = True
        return sureness.Checks(done, counts, wrong, barred)

    @cached_property
    def is_random(self) -> Mask:
        """The fields that are checked at random, so that the errors among the sure ones can be estimated."""
        return sureness.choose_random(self._fields.readings, self._fields.random)

    def _is_wrong(self, index: int, said: Said) -> bool:
        reading = self.reading(index)
        if said.is_final and said.text and reading.text:
            return said.text != reading.text
        return (said.kind, said.text) != (reading.kind, reading.text)

    # --- what to look at ---

    @cached_property
    def queue(self) -> list[Task]:
        """The fields to look at: marked ones, broken rules, the most doubtful; random ones in between."""
        marked = [index for index, said in self.said.items() if not said.is_final]
        broken = [index for index in self.broken_by if index not in self.said]
        taken = {*marked, *broken, *self.said}
        outlook = self.outlook
        rest = np.ones(len(self), bool)
        rest[list(taken)] = False
        doubtful = np.flatnonzero(rest & ~outlook.accepted)
        doubtful = doubtful[np.argsort(-outlook.wrong[doubtful], kind="stable")]
        chosen = np.flatnonzero(rest & outlook.accepted & self.is_random)
        chosen = chosen[np.argsort(self._fields.random[chosen], kind="stable")]
        first = [Task(index, "seen") for index in marked] + [Task(index, "rule") for index in broken]
        return first + list(_mix(doubtful.tolist(), chosen.tolist()))

    def count_values(self) -> dict[str, int]:
        """How many fields were read as each text, of those that are one digit or a tick."""
        found: dict[str, int] = {}
        for index in range(len(self)):
            kind, text = self.reading(index)[1:3]
            if kind in ("digit", "tick"):
                found[text] = found.get(text, 0) + 1
        return found

    def find_unchecked(self, text: str) -> list[int]:
        """The fields that were read as a text and are not confirmed, the most doubtful first."""
        wrong, found = self.outlook.wrong, []
        for index, reading in enumerate(self._fields.fields):
            if reading.text == text and reading.kind in ("digit", "tick"):
                said = self.said.get(index)
                if said is None or said.cause == "wall":
                    found.append(index)
        return sorted(found, key=lambda index: (-wrong[index], index))

    def text_kind(self, index: int) -> Kind:
        """The kind of a field where it holds a text: a digit, a number or a tick."""
        reading = self.reading(index)
        if reading.kind in ("digit", "number", "tick"):
            return reading.kind
        return self._text_kinds.get(reading.name, "number" if self.stack.way.kind == "numbers" else "digit")

    @cached_property
    def _text_kinds(self) -> dict[str, Kind]:
        """What the fields of a template are for."""
        found: dict[str, Kind] = {}
        fields = (self.stack.way.template or {}).get("fields")
        for field in fields if isinstance(fields, list) else ():
            if isinstance(field, dict) and field.get("kind") in ("digit", "number", "tick"):
                found[str(field.get("name"))] = field["kind"]
        return found

    def count_states(self) -> dict[FinalState, int]:
        """How many fields are in each state."""
        accepted, empty = self.outlook.accepted, self._fields.readings.is_empty
        counts: dict[FinalState, int] = {"sure": 0, "empty": 0, "look": 0, "checked": 0, "corrected": 0}
        counts["empty"] = int((accepted & empty).sum())
        counts["sure"] = int(accepted.sum()) - counts["empty"]
        for index in self.said:
            counts[self.state(index)] += 1
        counts["look"] = len(self) - sum(counts.values()) + counts["look"]
        return counts


def load_table(stack: Stack) -> Table:
    """The fields of a stack now; the same table while nothing changes."""
    pages, said, settings = stack.pages, log.standing(stack), stack.settings
    key = id(pages), log.version(stack), json.dumps(settings)
    with _lock:
        kept = _tables.get(stack.path)
        if kept is not None and kept[0] == key:
            return kept[1]
        fields = kept[1]._fields if kept is not None and kept[1]._fields.source is pages else _fields(stack, pages)
        table = Table(stack, fields, said, settings)
        _tables[stack.path] = key, table
        _tables.move_to_end(stack.path)
        while len(_tables) > MAX_STACKS:
            _tables.popitem(last=False)
        return table


_tables: OrderedDict[Path, tuple[Any, Table]] = OrderedDict()


def _fields(stack: Stack, source: list[Page]) -> _Fields:
    pages = list({page.number: page for page in reversed(source)}.values())[::-1]  # each once
    fields = [field for page in pages for field in page.fields]
    page_of = [at for at, page in enumerate(pages) for _ in page.fields]
    index = {(pages[at].number, field.name): i for i, (at, field) in enumerate(zip(page_of, fields, strict=True))}
    readings = sureness.Readings(
        np.array([field.confidence for field in fields], np.float64),
        np.array([field.sure for field in fields], bool),
        np.array([bool(field.text) for field in fields], bool),
        np.array([field.kind == "empty" for field in fields], bool),
        np.array(page_of, np.int64),
    )
    seed = int(stack.id, 16) if all(each in "0123456789abcdef" for each in stack.id) else 0
    draws = [np.random.default_rng([seed, page.number]).random(len(page.fields)) for page in pages]
    random = np.concatenate(draws) if draws else np.zeros(0)
    return _Fields(source, pages, page_of, fields, index, readings, random, {})


def _template_rules(stack: Stack) -> Iterable[dict[str, Any]]:
    """The rules in the fields of a template; a rule without fields is about its own."""
    fields = (stack.way.template or {}).get("fields")
    for field in fields if isinstance(fields, list) else ():
        found = field.get("rules") if isinstance(field, dict) else None
        for rule in found if isinstance(found, list) else ():
            if isinstance(rule, dict):
                yield {"fields": str(field.get("name", "")), **rule}


def _mix(doubtful: list[int], chosen: list[int]) -> Iterable[Task]:
    """The doubtful ones, with one of the random ones after every few."""
    waiting = iter(chosen)
    for at, index in enumerate(doubtful, 1):
        yield Task(index, "doubt")
        if at % _EVERY == 0:
            yield from (Task(each, "random") for each in [next(waiting, None)] if each is not None)
    yield from (Task(index, "random") for index in waiting)
