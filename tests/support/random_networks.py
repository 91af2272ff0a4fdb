"""Own networks by chance: any blocks, dense layers and ends that can be built, of every kind."""

import random

from digitrec.runs import TrainConfig, measure_size, own_network, summarise
from digitrec.runs.own_network import Block, DenseBlock, OwnNetwork

MAX_MULTIPLY_ADDS = 30_000_000  # of one image: larger ones take a test's time and have nothing new


def random_network(rng: random.Random) -> OwnNetwork:
    """A network that the builder allows to be set, whether it can be built or not."""
    blocks = [_block(rng) for _ in range(rng.randint(1, own_network.MAX_BLOCKS))]
    dense = [_dense(rng) for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))]
    return OwnNetwork(
        tuple(blocks),
        end=rng.choice(own_network.ENDS),
        dense=tuple(dense),
        crop=rng.choice((0, 0, rng.randint(1, own_network.MAX_CROP))),
        standardize=rng.random() < 0.2,
    )


def random_lines(count: int, seed: int) -> list[str]:
    """The lines of so many networks that can be built, and are of a test's size."""
    rng, found = random.Random(seed), []
    while len(found) < count:
        own = random_network(rng)
        try:
            own_network.check(own)
        except own_network.LayersError:
            continue
        if measure_size(summarise(own.network, 10)).multiply_adds <= MAX_MULTIPLY_ADDS:
            found.append(own_network.write(own))
    return found


def config_of(line: str) -> TrainConfig:
    """The config of an own network."""
    return TrainConfig(network=own_network.OWN, layers=line)


def _block(rng: random.Random) -> Block:
    return Block(
        filters=rng.choice((rng.randint(1, 16), rng.randint(1, 64))),
        kernel=rng.choice((1, 2, 3, 3, 3, 4, 5, 6, 7)),
        times=rng.choice((1, 1, 2, 3)),
        shrink=rng.choice(own_network.SHRINKS),
        padding=rng.choice(("same", "same", "valid")),
        norm=rng.random() < 0.5,
        activation=rng.choice(("relu", *own_network.ACTIVATIONS)),
        residual=rng.random() < 0.4,
        dropout=rng.random() < 0.3,
    )


def _dense(rng: random.Random) -> DenseBlock:
    return DenseBlock(
        units=rng.randint(2, 200),
        norm=rng.random() < 0.4,
        activation=rng.choice(own_network.ACTIVATIONS),
        dropout=rng.random() < 0.3,
    )
