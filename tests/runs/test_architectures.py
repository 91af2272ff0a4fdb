"""The networks as data. That Keras builds what is counted here is tested in test_networks."""

import math

import pytest

from digitrec.runs.architectures import IMAGE_SIDE, NETWORKS, count_parameters, summarise


def test_the_seed_architecture_has_433018_parameters_with_26_classes():
    assert count_parameters("cnn", 26) == 433_018
    assert count_parameters("cnn", 10) == 424_810


def test_lenet5_has_the_61706_parameters_of_the_fully_connected_original():
    assert count_parameters("lenet5", 10) == 61_706


def test_the_summary_of_a_plain_network_written_out():
    assert [tuple(row) for row in summarise("mlp", 3)] == [
        ("Input, scaled to [0, 1]", (28, 28, 1), 0),
        ("Flatten", (784,), 0),
        ("Dense 256, relu", (256,), 784 * 256 + 256),
        ("Dense 128, relu", (128,), 256 * 128 + 128),
        ("Dense 3, softmax", (3,), 128 * 3 + 3),
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_classes_cost_one_weight_for_each_value_of_the_embedding_and_an_offset(name):
    *_, embedding, proba = summarise(name, 7)
    assert proba.output_shape == (7,)
    assert count_parameters(name, 8) - count_parameters(name, 7) == math.prod(embedding.output_shape) + 1


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_goes_from_an_image_to_one_row_of_values(name):
    first, *_, embedding, _ = summarise(name, 10)
    assert first.output_shape == (IMAGE_SIDE, IMAGE_SIDE, 1)
    assert len(embedding.output_shape) == 1
    assert all(side >= 1 for row in summarise(name, 10) for side in row.output_shape)


@pytest.mark.parametrize("name", NETWORKS)
def test_dropout_shows_in_the_summary_and_costs_no_parameters(name):
    without, with_it = summarise(name, 10), summarise(name, 10, dropout=0.2)
    assert [row for row in with_it if row.layer != "Dropout"] == without
    assert with_it[-2].layer == "Dropout"


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_says_what_it_is_for_and_cites_its_source(name):
    network = NETWORKS[name]
    assert network.purpose.endswith(".")
    assert any(str(year) in network.source for year in range(1957, 2027))
