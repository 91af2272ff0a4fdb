"""TrainConfig: what it refuses, and that it survives being written down."""

import dataclasses
import json
import math

import pytest

from digitrec.imaging.augmentation import Augmentation
from digitrec.runs.config import AUGMENTATIONS, PRESETS, ConfigError, StartPoint, TrainConfig

FIELDS = {f.name: f for f in dataclasses.fields(TrainConfig)}
NUMBERS = [name for name, f in FIELDS.items() if "low" in f.metadata]
CHOICES = [name for name, f in FIELDS.items() if "choices" in f.metadata]


@pytest.mark.parametrize("config", [TrainConfig(), *PRESETS.values()])
def test_a_config_survives_json(config):
    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("end", ["low", "high"])
def test_both_ends_of_a_range_are_allowed(name, end):
    value = FIELDS[name].metadata[end]
    assert getattr(TrainConfig(**{"validation_share": 0.1, name: value}), name) == value


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "value", [-1, 10**400, 2.0**40, math.nan, math.inf, -math.inf, True, None, "5", [5]], ids=lambda v: repr(v)[:8]
)
def test_a_value_out_of_range_is_refused_with_its_name_value_and_range(name, value):
    with pytest.raises(ConfigError) as refusal:
        TrainConfig(**{name: value})
    low, high = FIELDS[name].metadata["low"], FIELDS[name].metadata["high"]
    assert str(refusal.value).startswith(f"{name} is {value!r}: expected")
    assert str(refusal.value).endswith(f"from {low} to {high}.")


@pytest.mark.parametrize("name", [name for name in NUMBERS if FIELDS[name].type == "int"])
def test_a_whole_number_is_no_fraction(name):
    with pytest.raises(ConfigError, match=f"^{name} is 8.5: expected a whole number"):
        TrainConfig(**{name: 8.5})


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("value", ["", "none such", 3, None])
def test_an_unknown_choice_is_refused_with_the_choices(name, value):
    with pytest.raises(ConfigError) as refusal:
        TrainConfig(**{name: value})
    assert (
        str(refusal.value)
        == f"{name} is {value!r}: expected one of {', '.join(FIELDS[name].metadata['choices'])}."
    )


@pytest.mark.parametrize("value", [None, 3, ["first"]])
def test_what_is_started_from_is_a_name_or_nothing(value):
    assert TrainConfig().start_from == "" and TrainConfig(start_from="first").start_from == "first"
    assert TrainConfig(start_from="first, second,").start_names == ("first", "second")
    with pytest.raises(ConfigError, match=r"^start_from is .*: expected a name\.$"):
        TrainConfig(start_from=value)


def test_an_unknown_setting_is_refused_by_name():
    expected = "^unknown setting momentum, speed: expected some of adversarial, batch_size, "
    with pytest.raises(ConfigError, match=expected):
        TrainConfig.from_dict({"speed": 1, "momentum": 2, "epochs": 3})


def test_early_stopping_without_validation_is_refused():
    with pytest.raises(ConfigError, match="patience is 3 but validation_share is 0"):
        TrainConfig(patience=3, validation_share=0)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_any_single_distortion_augments(name):
    assert not TrainConfig().augments
    assert TrainConfig(**{name: FIELDS[name].metadata["high"]}).augments


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_says_what_it_is(name):
    metadata = FIELDS[name].metadata
    assert metadata["help"]
    if name in NUMBERS:
        assert metadata["low"] <= FIELDS[name].default <= metadata["high"] and metadata["step"] > 0


def test_the_augmentation_has_the_distortions_of_the_config():
    config = TrainConfig(rotation=1, shift=0.02, zoom=0.03, shear=4, elastic=0.5, flip=0.06)
    assert config.augmentation == Augmentation(rotation=1, shift=0.02, zoom=0.03, shear=4, elastic=0.5, flip=0.06)


def test_a_start_is_a_run_or_one_of_its_epochs():
    config = TrainConfig(start_from="a, b@12")
    assert config.start_points == (StartPoint("a"), StartPoint("b", 12)) and config.start_names == ("a", "b")
    for wrong in ("a@", "@3", "a@0", "a@x", "a@-1", "a@1@2"):
        with pytest.raises(ConfigError, match="expected a run, or a run and one of its epochs"):
            TrainConfig(start_from=wrong)
