"""What a training on drawn samples is made of: the copy of the samples, the settings, the run."""

import numpy as np
import pytest

from digitrec.data import DatasetError, drawn_samples, loading
from digitrec.data.drawn_samples import Samples
from digitrec.runs import jobs, store, teaching

IMAGES = np.random.default_rng(3).integers(0, 256, (30, 28, 28), np.uint8)


@pytest.fixture(autouse=True)
def no_worker(monkeypatch, folders):
    """Trainings that are created and not begun."""
    monkeypatch.setattr(jobs, "start", lambda run: None)


def samples(*counts: int) -> Samples:
    labels = np.repeat(np.arange(len(counts)), counts)
    names = tuple(f"class {i}" for i in range(len(counts)))
    return Samples(names, IMAGES[: len(labels)], labels, np.arange(len(labels)))


@pytest.mark.parametrize(("counts", "share"), [((5, 6), 0.2), ((3, 9, 4), 0.0)])
def test_samples_are_trained_on_with_some_held_out_where_there_are_enough(counts, share):
    run = teaching.start_classes(samples(*counts), store.open_run("draw"))
    assert (run.config.start_from, run.config.dataset, run.config.validation_share) == ("draw", run.name, share)
    assert 0 < run.config.trained_layers < 5 and run.config.network == "resnet-fine"
    assert run.class_names == samples(*counts).class_names
    assert len(loading.load(run.config.dataset).train.labels) == sum(counts)
    again = teaching.start_classes(samples(*counts), store.open_run("mnist"))
    assert (again.config.dataset, again.name) == (run.name, f"{run.name}.2")
    assert {each.name for each in teaching.find_runs(teaching.CLASSES)} == {run.name, again.name}


@pytest.mark.parametrize(("counts", "words"), [((9,), "two or more"), ((3, 2, 0), "class 1, class 2: exp")])
def test_too_few_samples_or_classes_are_refused_and_nothing_is_left(counts, words):
    with pytest.raises(DatasetError, match=words):
        teaching.start_classes(samples(*counts), store.open_run("draw"))
    assert teaching.find_runs(teaching.CLASSES) == [] and "taught 1" not in map(str, loading.list_datasets())


def test_a_run_that_is_thrown_away_takes_its_copy_with_it_but_not_one_of_another_run():
    first, second = (teaching.start_classes(samples(3, 3), store.open_run("draw")) for _ in range(2))
    teaching.discard(second)
    assert loading.is_available("taught 1")
    teaching.discard(first)
    assert not loading.is_available("taught 1") and teaching.find_runs(teaching.CLASSES) == []


def test_without_a_process_no_run_is_left(monkeypatch):
    def fail(run):
        raise OSError("no process")

    monkeypatch.setattr(jobs, "start", fail)
    with pytest.raises(OSError, match="no process"):
        teaching.start_classes(samples(3, 3), store.open_run("draw"))
    assert teaching.find_runs(teaching.CLASSES) == []


def test_a_third_of_each_class_is_held_back_always_the_same_one():
    drawn = samples(3, 3, 6)
    learnt, held_back = teaching.divide(drawn)
    assert (np.bincount(learnt.labels).tolist(), np.bincount(held_back.labels).tolist()) == ([2, 2, 4], [1, 1, 2])
    assert not {image.tobytes() for image in learnt.images} & {image.tobytes() for image in held_back.images}
    assert np.array_equal(teaching.divide(drawn).held_back.images, held_back.images)


def test_one_s_handwriting_is_learnt_with_some_of_mnist_s_images_that_the_network_knows(monkeypatch):
    mnist = loading.load("digits")
    monkeypatch.setattr(loading, "load", lambda name: mnist)
    monkeypatch.setattr(teaching, "REHEARSED", 50)
    drawn = samples(*[3] * 10)
    run = teaching.start_handwriting(drawn, store.open_run("draw"))
    monkeypatch.undo()
    assert run.config.validation_share == 0
    assert drawn_samples.load("handwriting").class_names == ()  # only a copy was made
