"""The rank of labels that are likely wrong, on probabilities that are known."""

import numpy as np

from digitrec.curation.label_issues import find_label_issues


def made(n: int = 300, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and a network that is sure of each of them."""
    labels = np.arange(n) % classes
    proba = np.full((n, classes), 0.02)
    proba[np.arange(n), labels] = 1 - 0.02 * (classes - 1)
    return labels, proba


def test_wrong_labels_come_first_and_the_answer_is_suggested():
    labels, proba = made()
    labels[[7, 50]] = (labels[[7, 50]] + 1) % 3
    proba[50] = [0.5, 0.5, 0.5]
    proba[50, labels[50]], proba[50] = 0.2, proba[50] / proba[50].sum()
    found = find_label_issues(labels, proba, most=10)
    assert found.rows.tolist()[0] == 7 and set(found.rows.tolist()) <= {7, 50}
    assert found.suggested[0] == 7 % 3 and found.shares[0] > 0.9 and found.given_shares[0] < 0.1


def test_a_network_that_agrees_finds_none():
    found = find_label_issues(*made(), most=10)
    assert not len(found.rows) and found.estimate == 0


def test_classes_without_an_image_and_a_single_class_are_no_error():
    labels, proba = made(classes=4)
    few = labels < 3
    labels, proba = labels[few], proba[few]
    labels[0] = 2
    assert find_label_issues(labels, proba, most=10).rows.tolist() == [0]
    assert find_label_issues(labels, proba, most=10).suggested.tolist() == [0]
    assert not len(find_label_issues(np.zeros(5, int), np.full((5, 4), 0.25), most=10).rows)
    assert not len(find_label_issues(np.zeros(0, int), np.zeros((0, 4)), most=10).rows)


def test_no_more_are_returned_than_asked_for():
    labels, proba = made()
    labels[:30] = (labels[:30] + 1) % 3
    assert len(find_label_issues(labels, proba, most=4).rows) == 4
