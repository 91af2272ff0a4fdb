"""Stored answers: bytes that give back exactly what was stored; data that differs in any way is noticed."""

import numpy as np
import pytest

from digitrec.evaluation import scoring
from digitrec.evaluation.scoring import StoredAnswers

RNG = np.random.default_rng(7)
KEPT = StoredAnswers(RNG.dirichlet(np.ones(3), 20).astype(np.float32), "model", "data")


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
