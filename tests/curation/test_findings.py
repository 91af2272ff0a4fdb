"""What is odd in a data set, put together, stored and read again."""

import json

import numpy as np

from digitrec import curation
from digitrec.curation import DUPLICATE, LABEL, Finding, Findings
from digitrec.data import Dataset, loading
from digitrec.data.splits import Split, make_split
from digitrec.runs import measurements

SET = loading.load("digits")
SMALL = Dataset(
    SET.description,
    make_split(SET.train.images[:200], SET.train.labels[:200]),
    make_split(np.concatenate([SET.test.images[:60], SET.train.images[:1]]), SET.test.labels[:61].copy()),
)


def predict(dataset, report):
    """A network that is right but for the training image 3 and the test image 2."""
    report(1, 2)
    found = []
    for split, wrong in ((dataset.train, 3), (dataset.test, 2)):
        answers = split.labels.copy()
        answers[wrong] = (answers[wrong] + 1) % 10
        found.append(np.where(np.eye(10, dtype=bool)[answers], 0.91, 0.01))
    return tuple(found)


def test_labels_duplicates_and_outliers_are_found_with_progress(folders):
    steps = list[tuple[int, int]]()
    found = curation.find_odd(SMALL, predict, lambda done, of: steps.append((done, of)))
    labels = found.select(LABEL)
    assert [each[:3] for each in labels] == [(LABEL, "train", 3), (LABEL, "test", 2)]
    assert labels[0].suggested == (SMALL.train.labels[3] + 1) % 10 and labels[0].share > 0.8
    first = found.select(DUPLICATE)[0]
    assert first[1:3] == ("train", 0) and first.other == ("test", 60) and first.is_leak
    assert set(found.estimates) == {"train", "test"} and steps == sorted(steps)
    assert Findings.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_without_networks_labels_are_not_judged(folders):
    found = curation.find_odd(SMALL, None, lambda done, of: None)
    assert not found.select(LABEL) and not found.estimates and found.select(DUPLICATE, "train")


def test_a_result_is_of_this_content_alone(folders):
    search = curation.make_search(SMALL)
    folder = measurements.claim(search, 0, by_server=False)
    measurements.finish(folder, Findings((Finding(LABEL, "train", 3, 0.1, 4, 0.9),), {"train": 1}).to_dict())
    assert curation.load_findings(SMALL).found == (Finding(LABEL, "train", 3, 0.1, 4, 0.9),)
    changed = SMALL.train.labels.copy()
    changed[0] = 9 - changed[0]
    assert curation.load_findings(Dataset(SET.description, Split(SMALL.train.images, changed), SMALL.test)) is None


def test_damaged_results_are_none():
    for values in (
        {},
        {"found": [[1]], "estimates": {}},
        {"found": 3, "estimates": {}},
        {"found": [], "estimates": 3},
    ):
        assert Findings.from_dict(values) is None
