"""Kept answers: bytes that give back exactly what was kept; data that is other in any way is seen to be."""

import numpy as np
import pytest

from digitrec.data.splits import Split
from digitrec.evaluation import scoring
from digitrec.evaluation.scoring import StoredAnswers

RNG = np.random.default_rng(7)
KEPT = StoredAnswers(RNG.dirichlet(np.ones(3), 20).astype(np.float32), "model", "data")
PART = Split(RNG.integers(0, 256, (4, 28, 28), np.uint8), np.array([0, 1, 2, 0]))


def test_answers_come_back_bit_for_bit():
    found = scoring.unpack_answers(scoring.pack_answers(KEPT))
    assert np.array_equal(found.proba, KEPT.proba) and found.proba.dtype == np.float32
    assert found[1:] == ("model", "data")
    assert not found.proba.flags.writeable


@pytest.mark.parametrize("cut", range(0, 400, 13))
def test_bytes_cut_off_or_altered_are_no_answers(cut):
    data = scoring.pack_answers(KEPT)
    assert scoring.unpack_answers(data[:cut]) is None
    altered = bytearray(data)
    altered[cut] ^= 0xFF
    found = scoring.unpack_answers(bytes(altered))
    assert found is None or np.array_equal(found.proba, KEPT.proba)


@pytest.mark.parametrize("proba", [KEPT.proba.astype(float), KEPT.proba[0], np.array(["x"]), np.array([{}])])
def test_another_array_is_no_answers(proba):
    assert scoring.unpack_answers(scoring.pack_answers(KEPT._replace(proba=proba))) is None


def test_other_data_in_any_way_has_another_fingerprint():
    names = ("a", "b", "c")
    images, labels = PART.images.copy(), PART.labels.copy()
    images[3, 27, 27] ^= 1
    labels[0] = 2
    others = [
        scoring.hash_split(PART, names),
        scoring.hash_split(Split(images, PART.labels), names),
        scoring.hash_split(Split(PART.images, labels), names),
        scoring.hash_split(Split(PART.images[:3], PART.labels[:3]), names),
        scoring.hash_split(PART, ("a", "b", "d")),
    ]
    assert len(set(others)) == 5
    assert scoring.hash_split(Split(PART.images.copy(), PART.labels.astype(np.uint8)), names) == others[0]
