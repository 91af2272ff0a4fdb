"""What a network learns from, step by step. Keras stays in other processes: each script prints one JSON line."""

import pytest

pytestmark = pytest.mark.slow

PARTS = """
import json
import numpy as np
from digitrec.runs.config import TrainConfig
from digitrec.data.loading import Split
from digitrec.training.batches import Batches
rng = np.random.default_rng(0)
split = Split(rng.integers(0, 256, (70, 28, 28), dtype=np.uint8), np.arange(70) % 10)
def make(batches, epoch, index):
    return [part.numpy() for part in batches.make(batches.order(epoch), epoch, index)]
"""


def test_batches_depend_on_seed_epoch_and_place_alone(keras_says):
    found = keras_says("""
def batches(seed):
    return Batches(split, 10, TrainConfig(dataset="digits", batch_size=32, rotation=10, elastic=1, seed=seed))
one, same, other = batches(1), batches(1), batches(2)
first = [make(one, 0, i) for i in range(len(one))]
backwards = [make(same, 0, i) for i in reversed(range(len(same)))][::-1]
print(json.dumps({
    "sizes": [len(images) for images, _, _ in first],
    "reproducible": all((a == b).all() for one, two in zip(first, backwards) for a, b in zip(one, two)),
    "seeds differ": bool((first[0][0] != make(other, 0, 0)[0]).any()),
    "epochs differ": bool((first[0][0] != make(one, 1, 0)[0]).any()),
    "labels": np.bincount(np.concatenate([labels for _, _, labels in first])).tolist(),
    "targets": all((targets == np.eye(10)[labels]).all() for _, targets, labels in first),
}))
""")
    assert found == {
        "sizes": [32, 32, 6],
        "reproducible": True,
        "seeds differ": True,
        "epochs differ": True,
        "labels": [7] * 10,
        "targets": True,
    }


def test_without_augmentation_the_images_are_those_of_the_split(keras_says):
    found = keras_says("""
batches = Batches(split, 10, TrainConfig(dataset="digits", batch_size=32))
order = batches.order(3)
images, _, labels = make(batches, 3, 1)
print(json.dumps([bool((images == split.images[order[32:64]]).all()), bool((labels == order[32:64] % 10).all())]))
""")
    assert found == [True, True]


def test_each_epoch_takes_half_of_the_versions_of_each_drawing(keras_says):
    found = keras_says("""
groups = np.append(np.repeat(np.arange(19), 3), [19, 19, 20])  # of 3, 2 and 1 versions
wanted = [group for group in range(21) for _ in range(2 if group < 19 else 1)]
images = np.zeros((60, 28, 28), np.uint8)
batches = Batches(Split(images, groups % 10), 10, TrainConfig(batch_size=8), groups=groups)
epochs = [batches.order(epoch).tolist() for epoch in range(30)]
print(json.dumps({"steps": len(batches), "sizes": [len(epoch) for epoch in epochs],
    "all": len(set(sum(epochs, []))),
    "halves": all(sorted(groups[epoch].tolist()) == wanted and len({*epoch}) == 40 for epoch in epochs)}))
""")
    assert found == {"steps": 5, "sizes": [40] * 30, "all": 60, "halves": True}


def test_a_teacher_sees_the_images_moved_but_not_degraded(keras_says):
    found = keras_says("""
class Teachers:
    def targets(self, images, one_hot, *, drawn=None):
        self.seen = images.numpy()
        return one_hot
def make_first(**settings):
    teachers = Teachers()
    one = Batches(split, 10, TrainConfig(batch_size=32, rotation=20, **settings), teachers=teachers)
    return make(one, 0, 0)[0], teachers.seen
(moved, seen), (degraded, seen_too) = make_first(), make_first(noise=0.5, contrast=0.9)
print(json.dumps([bool((moved == seen).all()), bool((seen == seen_too).all()),
    float((degraded != seen).any((1, 2)).mean())]))
""")
    assert found[:2] == [True, True] and found[2] > 0.3


def test_images_that_are_mapped_make_the_same_batches_and_stay_in_their_file(keras_says):
    assert keras_says("""
import tempfile
from digitrec.data import mapped
with tempfile.TemporaryDirectory() as folder:
    np.save(folder + "/images.npy", split.images)
    images = np.load(folder + "/images.npy", mmap_mode="r")
    config = TrainConfig(dataset="digits", batch_size=32)
    one, other = (Batches(each, 10, config) for each in (split, Split(images, split.labels)))
    same = all((a == b).all() for i in range(len(one)) for a, b in zip(make(one, 0, i), make(other, 0, i)))
    print(json.dumps([mapped.is_mapped(images), bool(same), images.flags.writeable]))
""") == [True, True, False]
