"""The named networks as data, and their summaries. What Keras builds of them is in test_networks."""

import math

import pytest

from digitrec.runs.architectures import IMAGE_SIDE, NETWORKS
from digitrec.runs.layer_summary import count_parameters, measure_size, summarise


def test_the_seed_architecture_has_433018_parameters_with_26_classes():
    assert count_parameters(NETWORKS["cnn"], 26) == 433_018
    assert count_parameters(NETWORKS["cnn"], 10) == 424_810


def test_lenet5_has_the_61706_parameters_of_the_fully_connected_original():
    assert count_parameters(NETWORKS["lenet5"], 10) == 61_706


def test_the_summary_of_a_plain_network_written_out():
    assert [tuple(row[:4]) for row in summarise(NETWORKS["mlp"], 3)] == [
        ("Input, scaled to [0, 1]", (28, 28, 1), 0, 0),
        ("Flatten", (784,), 0, 0),
        ("Dense 256, relu", (256,), 784 * 256 + 256, 784 * 256),
        ("Dense 128, relu", (128,), 256 * 128 + 128, 256 * 128),
        ("Dense 3, softmax", (3,), 128 * 3 + 3, 128 * 3),
    ]


def test_the_size_of_a_network_is_that_of_all_its_layers():
    size = measure_size(summarise(NETWORKS["mlp"], 3))
    weights = 784 * 256 + 256 + 256 * 128 + 128 + 128 * 3 + 3
    assert size[:2] == (weights, weights - 256 - 128 - 3)
    assert 4 * weights < size.tflite_bytes < 4.1 * weights


@pytest.mark.parametrize("name", NETWORKS)
def test_classes_cost_one_weight_for_each_value_of_the_embedding_and_an_offset(name):
    *_, embedding, proba = summarise(NETWORKS[name], 7)
    assert proba.output_shape == (7,)
    assert (
        count_parameters(NETWORKS[name], 8) - count_parameters(NETWORKS[name], 7)
        == math.prod(embedding.output_shape) + 1
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_goes_from_an_image_to_one_row_of_values(name):
    first, *_, embedding, _ = summarise(NETWORKS[name], 10)
    assert first.output_shape == (IMAGE_SIDE, IMAGE_SIDE, 1)
    assert len(embedding.output_shape) == 1
    assert all(side >= 1 for row in summarise(NETWORKS[name], 10) for side in row.output_shape)


@pytest.mark.parametrize("name", NETWORKS)
def test_dropout_shows_in_the_summary_and_costs_no_parameters(name):
    without, with_it = summarise(NETWORKS[name], 10), summarise(NETWORKS[name], 10, dropout=0.2)
    assert [row for row in with_it if row.layer != "Dropout"] == without
    assert with_it[-2].layer == "Dropout"


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_says_what_it_is_for_and_cites_its_source(name):
    network = NETWORKS[name]
    assert network.purpose.endswith(".")
    assert any(str(year) in network.source for year in range(1957, 2027))
