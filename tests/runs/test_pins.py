"""Pinned digits: they come back as they were pinned, and damage costs no more than what it damaged."""

import json

import numpy as np
import pytest

from digitrec.runs import pins
from digitrec.runs.pins import MAX_PINS, Pin
from support import made_runs


def a_pin(seed: int, label: int | None = None) -> Pin:
    image = np.random.default_rng(seed).integers(0, 256, (28, 28), dtype=np.uint8)
    return Pin(image, f"validation image {seed}", label)


def equal(found, expected) -> bool:
    return [(pin.key, pin.source, pin.label) for pin in found] == [
        (pin.key, pin.source, pin.label) for pin in expected
    ] and all(np.array_equal(a.image, b.image) for a, b in zip(found, expected, strict=True))


def test_pins_come_back_as_they_were_pinned():
    run = made_runs.new("first")
    assert pins.load(run) == () and pins.changed_at(run) is None
    pinned = [a_pin(0, 3), a_pin(1)]
    pins.save(run, pinned)
    assert equal(pins.load(run), pinned) and pins.changed_at(run)


def test_ten_are_pinned_at_most_and_equal_images_once():
    run = made_runs.new("first")
    pins.save(run, [a_pin(seed) for seed in range(MAX_PINS + 3)])
    assert equal(pins.load(run), [a_pin(seed) for seed in range(MAX_PINS)])
    pins.save(run, [a_pin(0), a_pin(0)])
    assert equal(pins.load(run), [a_pin(0)])


@pytest.mark.parametrize("damage", ['{"pins": 5}', '{"pins": [{"image": "AAAA"}, 7]}', "[", '{"pins": [{}]}'])
def test_what_cannot_be_read_is_left_out(damage):
    run = made_runs.new("first")
    (run.path / "pins.json").write_text(damage)
    assert pins.load(run) == ()
    pins.save(run, [a_pin(0)])
    rows = json.loads((run.path / "pins.json").read_text())["pins"]
    (run.path / "pins.json").write_text(json.dumps({"pins": [{"image": "!"}, *rows]}))
    assert equal(pins.load(run), [a_pin(0)])
