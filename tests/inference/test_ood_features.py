"""Signs of drawings that are known: one for each name, and those of the ink as the drawing has them."""

import numpy as np
import pytest

from digitrec.inference import ood_features
from digitrec.inference.ood_features import DIRECTION_FEATURES, FEATURE_NAMES, compute_directions, compute_features
from digitrec.inference.verdict import feature_reasons
from support.linear_reader import BLANK, CORNERS, inked

RING = inked((slice(6, 22), slice(8, 20)))
RING[9:19, 11:17] = 0


def row_of(image: np.ndarray, proba: tuple[float, ...] = (0.2, 0.7, 0.1)) -> dict[str, float]:
    chance, labels = np.random.default_rng(0), np.arange(60) % 3
    near = (
        ood_features.fit_gaussians(chance.normal(size=(60, 4)), labels, 3),
        ood_features.fit_gaussians(chance.normal(size=(60, DIRECTION_FEATURES)), labels, 3),
    )
    rows = compute_features(image[None], np.array([proba], np.float32), np.ones((1, 4), np.float32), near)
    return dict(zip(FEATURE_NAMES, rows[0, : len(FEATURE_NAMES)], strict=True))


@pytest.mark.parametrize(("image", "components", "loops"), [(RING, 1, 1), (CORNERS, 2, 0), (BLANK, 0, 0)])
def test_components_and_loops_are_counted(image, components, loops):
    found = row_of(image)
    assert (found["components"], found["loops"]) == (components, loops)
    assert all(np.isfinite(value) for value in found.values())


def test_the_second_piece_is_told_by_its_share():
    assert row_of(CORNERS)["second component"] == pytest.approx(0.5)
    assert row_of(RING)["second component"] == 0


def test_thin_faint_strokes_do_not_break():
    image = inked((slice(4, 12), slice(14, 15)), (slice(16, 24), slice(14, 15)))
    image[12:16, 14] = 100
    assert row_of(image)["components"] == 1


def test_a_sure_answer_has_little_doubt_and_a_wide_margin():
    sure, unsure = row_of(RING, (0.99, 0.005, 0.005)), row_of(RING, (0.4, 0.35, 0.25))
    assert sure["doubt"] < unsure["doubt"] and sure["margin"] > unsure["margin"]
    assert all(np.isfinite(value) for value in row_of(RING, (1.0, 0.0, 0.0)).values())


def test_the_most_unusual_features_are_the_reasons():
    usual = np.stack([np.zeros(len(FEATURE_NAMES)), np.ones(len(FEATURE_NAMES))])
    row = np.full(len(FEATURE_NAMES), 0.5)
    assert [reason.kind for reason in feature_reasons(row, usual)] == ["unusual in all"]
    (
        row[FEATURE_NAMES.index("loops")],
        row[FEATURE_NAMES.index("embedding distance")],
        row[FEATURE_NAMES.index("doubt")],
    ) = (
        9,
        5,
        3,
    )
    found = feature_reasons(row, usual)
    assert [reason.kind for reason in found] == ["many loops", "unlike class"]
    assert found[0] == ("many loops", "ink", 9.0, (0.0, 1.0), "loops") and found[1].group == "distance"


def test_directions_of_a_ring_are_those_that_signs_use():
    assert compute_directions(RING[None]).any()


def test_features_of_ink_are_those_that_the_shipped_references_were_fitted_on(mnist):
    images = mnist.test.images[:1000]
    proba, embeddings = np.full((1000, 10), 0.1, np.float32), np.ones((1000, 4), np.float32)
    near = tuple(
        ood_features.fit_gaussians(np.eye(10, d, dtype=np.float32), np.arange(10), 10)
        for d in (4, DIRECTION_FEATURES)
    )
    rows = compute_features(images, proba, embeddings, near).astype(np.float64)
    found = dict(zip(FEATURE_NAMES, rows.T[: len(FEATURE_NAMES)], strict=True))
    counts = {name: np.bincount(found[name].astype(int)).tolist() for name in ("components", "loops", "ends")}
    assert counts == {
        "components": [0, 994, 6],
        "loops": [613, 281, 93, 10, 2, 1],
        "ends": [91, 177, 365, 276, 76, 15],
    }
    means = {"ink": -2.153337, "thickness": 1.008425, "aspect": -0.339127, "length": 3.719346}
    means |= {"second component": 0.001475, "slant": 0.228738}
    assert {name: found[name].mean() for name in means} == pytest.approx(means, abs=2e-6)
