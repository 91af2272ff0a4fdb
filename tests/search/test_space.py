"""The space of a search, and the plan that holds it: what is allowed, and what comes out as it went in."""

import dataclasses
import json

import optuna
import pytest

from digitrec.runs import PRESETS, ConfigError, TrainConfig
from digitrec.search import Choices, Plan, Range, SearchError, SpaceError, read_space_file, space, write_space_file

CONFIG = TrainConfig(dataset="digits", network="mlp", epochs=3)
RATE = {"low": 1e-4, "high": 1e-2, "log": True}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "the space is empty"),
        ({"epochs": {"low": 1, "high": 9}}, "epochs cannot be varied"),
        ({"speed": [1, 2]}, "unknown setting 'speed'"),
        ({"learning_rate": {"low": 1e-4, "high": 5}}, "expected a range within 1e-05 to 0.1"),
        ({"learning_rate": {"low": 1e-2, "high": 1e-4}}, "expected a range within"),
        ({"learning_rate": {"low": 1e-4}}, "expected low and high as numbers"),
        ({"learning_rate": {"low": 1e-4, "high": "much"}}, "expected low and high as numbers"),
        ({"learning_rate": {"low": 0.01, "high": 0.05}}, "learning_rate is 0.001 now"),
        ({"dropout": {"low": 0, "high": 0.5, "log": True}}, "logarithmic scale"),
        ({"batch_size": {"low": 16.5, "high": 128}}, "expected whole numbers"),
        ({"schedule": {"low": 0, "high": 1}}, "schedule has no range"),
        ({"schedule": ["constant", "zigzag"]}, "the choices of schedule"),
        ({"schedule": "cosine"}, "or a list of choices"),
        ({"schedule": ["cosine", "step"]}, "schedule is constant now"),
        ({"dropout": [0.0]}, "one point alone"),
        ([1], "the space is empty"),
    ],
)
def test_what_cannot_be_varied_is_refused_with_the_setting(values, said):
    with pytest.raises(SpaceError, match=said):
        space.parse_space(values, CONFIG)


def test_the_network_is_not_varied_where_weights_are_given():
    with pytest.raises(SpaceError, match="start_from"):
        space.parse_space({"network": ["mlp", "fast"]}, dataclasses.replace(CONFIG, start_from="draw"))


@pytest.mark.parametrize("config", [CONFIG, *PRESETS.values()])
def test_what_is_suggested_for_each_setting_is_allowed_and_gives_settings(config):
    values = space.to_json({name: space.suggest_dimension(name, config) for name in space.FIELDS})
    found = space.parse_space(values, config)
    assert space.to_json(found) == values
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(20):
        made = space.make_config(found, config, study.ask())
        same = {name: getattr(config, name) for name in space.FIXED}
        assert {name: getattr(made, name) for name in space.FIXED} == same
        assert all(space._holds(found[name], getattr(made, name)) for name in space.FIELDS)


def test_an_own_network_is_varied_among_named_ones():
    own = TrainConfig(dataset="digits", network="own", layers="conv 8 max 2, flatten")
    found = space.parse_space({"network": ["own", "mlp"]}, own)
    assert space.suggest_dimension("network", own).values[-1] == "own"
    made = [space.make_config(found, own, optuna.trial.FixedTrial({"network": name})) for name in ("own", "mlp")]
    assert [config.layers for config in made] == [own.layers, ""]


def test_every_setting_has_a_group():
    assert {space.group_of(name) for name in space.FIELDS} == {"Network", "Optimiser", "Augmentation"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"objectives": ()}, "expected accuracy or loss"),
        ({"objectives": ("accuracy", "loss")}, "expected accuracy or loss"),
        ({"objectives": ("size",)}, "expected accuracy or loss"),
        ({"objectives": ("accuracy", "size", "size")}, "expected accuracy or loss"),
        ({"objectives": ("beauty",)}, "unknown objective 'beauty'"),
        ({"trials": 0}, "trials is 0"),
        ({"hours": 0.0}, "hours is 0"),
        ({"hours": float("nan")}, "hours is nan"),
        ({"config": dataclasses.replace(CONFIG, validation_share=0)}, "validation_share is 0"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(changes, said):
    with pytest.raises(SearchError, match=said):
        Plan(**{"config": CONFIG, "space": {"learning_rate": Range(**RATE)}} | changes)


def test_losses_with_different_label_smoothing_are_not_compared():
    smoothed = {"label_smoothing": Range(0, 0.2)}
    with pytest.raises(SpaceError, match="the loss depends on label_smoothing"):
        Plan(config=CONFIG, space=smoothed, objectives=("loss",))
    assert not Plan(config=CONFIG, space=smoothed).prunes_by_loss


def test_a_plan_comes_out_of_json_as_it_went_in():
    varied = {"learning_rate": Range(**RATE), "schedule": Choices(("constant", "cosine"))}
    plan = Plan(
        config=CONFIG, space=varied, objectives=("accuracy", "size"), hours=2.5, storage="postgresql://here/a"
    )
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    with pytest.raises(SearchError, match="damaged"):
        Plan.from_json({"config": {}})


def test_a_space_file_is_toml_or_json(tmp_path):
    toml, written = tmp_path / "space.toml", tmp_path / "space.json"
    toml.write_text(
        'preset = "quick"\nobjectives = ["loss"]\n[settings]\ndataset = "digits"\nepochs = 4\n'
        '[space]\nschedule = ["one-cycle", "cosine"]\nlearning_rate = { low = 0.001, high = 0.05, log = true }\n'
    )
    found = read_space_file(toml)
    assert found["config"] == dataclasses.replace(PRESETS["quick"], dataset="digits", epochs=4)
    assert found["space"]["learning_rate"] == Range(0.001, 0.05, log=True) and found["objectives"] == ("loss",)
    written.write_text(write_space_file(Plan(**found)))
    assert read_space_file(written) == found


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("{", SearchError, "is not JSON"),
        ("[]", SearchError, "holds no names"),
        ('{"spaces": {}}', SpaceError, "has spaces: expected some of preset"),
        ('{"preset": "magic"}', SpaceError, "there is no preset 'magic'"),
        ('{"settings": 3}', SpaceError, "settings is 3"),
        ('{"settings": {"speed": 3}}', ConfigError, "unknown setting speed"),
        ('{"settings": {"epochs": 0}}', ConfigError, "epochs is 0"),
        ('{"objectives": "accuracy"}', SpaceError, "objectives is 'accuracy'"),
        ("{}", SpaceError, "the space is empty"),
    ],
)
def test_a_space_file_that_says_what_is_unknown_is_refused(tmp_path, text, error, said):
    path = tmp_path / "space.json"
    path.write_text(text)
    with pytest.raises(error, match=said):
        read_space_file(path)


def test_a_space_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SearchError, match=r"space.json cannot be read: No such file"):
        read_space_file(tmp_path / "space.json")
