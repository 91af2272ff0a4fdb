"""Out-of-sample probabilities, and a training with corrections. Keras stays in other processes."""

import json

import pytest

from digitrec.data import corrections, loading
from digitrec.data.corrections import LEAVE_OUT, RELABEL, Decision

pytestmark = pytest.mark.slow

_JUDGE = """
import json
import numpy as np
from digitrec.curation.label_issues import find_label_issues
from digitrec.data import Dataset, Split, loading
from digitrec.training import cross_validation as cv

cv.MIN_STEPS, cv.FOLDS = 100, 2
whole = loading.load("digits")
images, labels = whole.train.images[:800].copy(), whole.train.labels[:800].copy()
images[1] = images[0]
labels[5::100] = (labels[5::100] + 3) % 10
test = Split(np.concatenate([images[:1], whole.test.images[:100]]), np.append(labels[:1], whole.test.labels[:100]))
made = Dataset(whole.description, Split(images, labels), test)
groups = np.arange(800)
groups[2] = groups[1]  # versions of one drawing
folds, others = cv.assign_folds(made.train, test, groups, seed=0)
same = cv.assign_folds(made.train, test, groups, seed=0)[0]
steps = []
inside, outside = cv.predict_out_of_sample(made, lambda done, of: steps.append((done, of)))
cv.MIN_STEPS = cv.MIN_EPOCHS = 1
cv.MAX_LEARNT = 50
alone = cv.predict_out_of_sample(Dataset(whole.description, Split(images[:0], labels[:0]), test), lambda *_: None)
print(json.dumps({
    "folds": np.bincount(folds).tolist(),
    "per class": int(max(np.ptp(np.bincount(folds[labels == c], minlength=2)) for c in range(10))),
    "joined": bool(folds[0] == folds[1] == folds[2] == others[0]),
    "others": sorted(set(others[1:].tolist())),
    "same": bool((folds == same).all()),
    "shapes": [inside.shape, outside.shape, alone[0].shape, alone[1].shape],
    "sums": float(max(np.abs(p.sum(1) - 1).max() for p in (inside, outside, alone[1]))),
    "right": float((outside.argmax(1) == test.labels).mean()),
    "planted": np.sort(find_label_issues(labels, inside, most=1000).rows[:10]).tolist(),
    "rising": steps == sorted(steps) and steps[-1][0] == steps[-1][1],
}))
"""


def test_networks_judge_only_what_they_did_not_learn(keras_process):
    done = keras_process.run(_JUDGE)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert sum(found["folds"]) == 800 and max(found["folds"]) - min(found["folds"]) < 20
    assert found["per class"] < 6 and found["joined"] and found["same"] and found["others"] == [-1]
    assert found["shapes"] == [[800, 10], [101, 10], [0, 10], [101, 10]] and found["sums"] < 1e-4
    assert found["right"] > 0.85 and found["rising"]
    assert len({5, 105, 205, 305, 405, 505, 605, 705} & {*found["planted"]}) >= 7


_PARTS = """
import json
from digitrec.data import corrections, loading
from digitrec.runs import TrainConfig
from digitrec.training.parts import load_parts
names = tuple("0123456789")
configs = [TrainConfig(dataset="digits", corrections=version) for version in ("", "latest")]
before, after = (load_parts(config, names) for config in configs)
print(json.dumps([
    [len(parts.training.labels), len(parts.validation.labels), parts.dataset.test.labels[:3].tolist()]
    + [parts.training_places[:5].tolist(), parts.training.labels[:5].tolist()]
    for parts in (before, after)
]))
"""


def test_a_training_learns_the_new_label_and_not_what_is_left_out(keras_process, folders):
    dataset = loading.load("digits")

    def decide(split: str, place: int, action: str, to: int | None = None) -> None:
        corrections.decide("digits", Decision(corrections.find_key(dataset, split, place), action, to))

    (n, held, test, places, labels), _ = _parts(keras_process)
    for place in (places[1], *(row for row in range(40) if row not in range(places[4] + 1))):
        decide("train", place, LEAVE_OUT)
    decide("train", places[0], RELABEL, (labels[0] + 1) % 10)
    decide("test", 0, RELABEL, (test[0] + 1) % 10)
    before, after = _parts(keras_process)
    left_out = 40 - places[4]
    assert before == [n, held, test, places, labels]
    assert after[0] + after[1] == n + held - left_out and after[2] == test
    assert after[3][:4] == [places[0], *places[2:5]] and after[4][0] == (labels[0] + 1) % 10
    assert after[4][1:4] == labels[2:5]


def _parts(keras_process) -> list[list]:
    done = keras_process.run(_PARTS)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])
