"""Own networks: a line and its network are one, and what cannot be built is refused with the way out."""

import json
import random

import pytest

from digitrec.runs import NETWORKS, ConfigError, Run, RunError, TrainConfig, own_network, store, summarise
from digitrec.runs.own_network import OWN, Block, DenseBlock, LayersError, OwnNetwork, check, parse, write
from support import made_runs
from support.random_networks import config_of, random_lines, random_network

LINE = (
    "crop 2, standardize, conv 32 5x5 stride 2 norm, conv 64 times 2 max 2 norm elu residual dropout, "
    "global average, dense 128 tanh dropout, dense 9 norm linear"
)


def test_a_line_written_out():
    assert parse(LINE) == OwnNetwork(
        (
            Block(32, 5, shrink="stride 2", norm=True),
            Block(64, times=2, shrink="max 2", norm=True, activation="elu", residual=True, dropout=True),
        ),
        end="global average",
        dense=(DenseBlock(128, activation="tanh", dropout=True), DenseBlock(9, norm=True, activation="linear")),
        crop=2,
        standardize=True,
    )


def test_the_line_of_a_network_is_that_network():
    rng = random.Random(0)
    for own in (random_network(rng) for _ in range(500)):
        assert parse(write(own)) == own


def test_a_network_has_one_line_however_it_was_typed():
    typed = " conv 8  residual same norm 3x3 max 2 relu,conv 4 times 1,"
    assert config_of(typed + "global max").layers == "conv 8 max 2 norm residual, conv 4, global max"
    assert config_of(typed + "global max") == config_of("conv 8 max 2 norm residual, conv 4, global max")


@pytest.mark.parametrize("name", own_network.COPIES)
def test_a_copy_of_a_named_network_has_its_layers(name):
    line = own_network.COPIES[name]
    assert config_of(line).architecture.layers == NETWORKS[name].layers
    assert config_of(line).layers == line


def test_whatever_is_set_is_built_or_refused_in_words():
    """No combination fails in another way, and none that passes has an empty map."""
    rng, refused = random.Random(1), 0
    for own in (random_network(rng) for _ in range(1000)):
        try:
            check(own)
        except LayersError as error:
            refused += 1
            assert str(error).startswith(tuple(part.title for part in own.parts)) and str(error).endswith(".")
        else:
            rows = summarise(own.network, 10)
            assert all(side >= 1 for row in rows for side in row.output_shape)
            assert len(rows[-2].output_shape) == 1
    assert 100 < refused < 900


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "conv 8 max 3, conv 8 max 3, conv 64 5x5 valid",
            "block 3 (conv 64 5x5 valid): Conv 64 5 x 5 gets 3 x 3 x 8: its filter is larger than that. Take a "
            "smaller kernel or the padding same, or leave out a stride or a pooling before it.",
        ),
        (
            "conv 8 stride 3, conv 8 stride 3, conv 8 stride 2, conv 8 stride 2, conv 4 average 2",
            "block 5 (conv 4 average 2): Average pooling 2 x 2 gets 1 x 1 x 4: there is too little left to pool. "
            "Leave out this pooling, or a stride, a pooling or a valid padding before it.",
        ),
        (
            "conv 8 valid residual",
            "block 1 (conv 8 valid residual): Residual block of 1 conv 8 gets 28 x 28 x 1 and makes 26 x 26 x 8: "
            "a link cannot add the two. Take the padding same, or leave out the residual link.",
        ),
        (
            "conv 16, flatten",
            "flatten: the last row has 12,544 values, expected at most 2,048. Add a dense layer, end with global "
            "max or global average, or pool more before it.",
        ),
        (
            "conv 256, dense 1024",
            "dense 1024: it gets 200,704 values and makes the network larger than 20,000,000 parameters. Take "
            "fewer filters or units, or pool more before it.",
        ),
        ("", 'there is no convolution: expected 1 to 5 blocks, such as "' + own_network.EXAMPLE + '".'),
        ("conv 8 7x5, dense 3", "the word '7x5' in 'conv 8 7x5' is unknown: expected a kernel such as 5x5, "),
        ("conv 8 9x9", "'conv 8 9x9' has '9' after kernel: expected a number from 1 to 7."),
        ("conv 999", "'conv 999' has '999' after conv: expected a number from 1 to 256."),
        ("conv 8 max", "'conv 8 max' has nothing after max: expected a number from 2 to 3."),
        ("conv 8 max 2 stride 2", "the part 'conv 8 max 2 stride 2' says its pooling or stride twice"),
        ("lstm 8", "the part 'lstm 8' is unknown: expected it to begin with crop, "),
        ("dense 8, conv 8", "the parts are dense, conv: expected, in this order, crop, "),
        (", ".join(["conv 8 max 2"] * 6), "the parts are conv, conv, conv, conv, conv, conv: expected, "),
    ],
)
def test_what_cannot_be_built_is_refused_with_the_layer_its_input_and_the_way_out(line, message):
    with pytest.raises(ConfigError) as refusal:
        config_of(line)
    assert str(refusal.value).startswith(f"the network 'own' cannot be built: {message}")


def test_only_the_own_network_has_layers_to_be_set():
    with pytest.raises(ConfigError, match="layers is 'conv 8' but network is 'cnn', which has its own layers"):
        TrainConfig(layers="conv 8")
    with pytest.raises(ConfigError, match=r"^layers is 3: expected a line of text\.$"):
        TrainConfig(network=OWN, layers=3)


def test_a_config_survives_json():
    for line in random_lines(20, seed=2):
        config = config_of(line)
        again = TrainConfig.from_dict(json.loads(json.dumps(config.to_dict())))
        assert (again, again.architecture) == (config, config.architecture)


def test_a_run_that_was_made_before_there_were_layers_is_read():
    old = made_runs.SMALL.to_dict()
    del old["layers"]
    assert TrainConfig.from_dict(old) == made_runs.SMALL


def test_a_run_whose_network_cannot_be_built_is_refused_by_its_name():
    run = made_runs.new("damaged", config_of("conv 8, global max"))
    path = run.path / "config.json"
    path.write_text(path.read_text().replace("conv 8, global max", "conv 8, flatten"))
    with pytest.raises(RunError, match="damaged"):
        store.open_run("damaged")
    with pytest.raises(ConfigError, match="the last row has 6,272 values"):
        _ = Run(run.path).config
