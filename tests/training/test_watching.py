"""What the worker writes for those who watch. Keras stays in another process."""

import json

import numpy as np
import pytest

from digitrec.data import loading, splits
from digitrec.runs import pins, snapshots, store
from digitrec.runs.config import TrainConfig
from digitrec.runs.pins import Pin
from digitrec.runs.run import Run

pytestmark = pytest.mark.slow
DIGITS = tuple("0123456789")
CONFIG = TrainConfig(dataset="digits", network="lenet5", epochs=3, batch_size=64, learning_rate=0.01)
# In the second epoch a person pins another digit.
SCRIPT = """
from digitrec.inference import ood_fit
ood_fit.calibrate = lambda *given: None
from digitrec.data import loading, splits
from digitrec.runs import pins, run as runs
from digitrec.runs.history import Batch
from digitrec.training import callback, loop
loop.SLICE_SECONDS, callback.MIN_REPORT_SECONDS, callback.MIN_REPORT_SHARE = 0.0, 0.0, 0.0
append = runs.Run.append
def watched(run, row):
    append(run, row)
    if isinstance(row, Batch) and row.epoch == 3 and row.done > 2.5 and len(pins.load(run)) == 2:
        pins.save(run, [*pins.load(run), pins.Pin(loading.load("digits").test.images[2], "own drawing")])
runs.Run.append = watched
from digitrec.cli.main import main
main(["train", "--run", "watched"])
"""

_done: list[Run] = []


@pytest.fixture
def run(keras_process, tmp_path_factory) -> Run:
    """A training that was watched; it is done once, in a folder that outlives its test."""
    if not _done:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DIGITREC_MODELS", str(tmp_path_factory.mktemp("watched")))
            made = store.create(CONFIG, DIGITS, "watched")
            test = loading.load("digits").test
            pins.save(made, [Pin(test.images[i], "own drawing", int(test.labels[i])) for i in (0, 1)])
            keras_process.run(SCRIPT)
        _done.append(made)
    return _done[0]


def test_pinned_digits_are_answered_four_times_in_the_first_epochs_and_after_each(run):
    rows = run.history().pinned
    first = [row.done for row in rows if row.done <= 2]
    assert len(first) >= 8 and first[-1] == 2 and first == sorted(first)
    assert {1.0, 2.0, 3.0} <= {row.done for row in rows}
    for row in rows:
        proba = np.array([shares for _, shares in row.answers])
        assert proba.sum(1) == pytest.approx(np.ones(len(proba)), abs=1e-3)


def test_a_digit_that_is_pinned_meanwhile_is_answered_at_once(run):
    third = pins.load(run)[2].key
    done = [row.done for row in run.history().pinned if third in dict(row.answers)]
    assert 2.5 < done[0] < 2.75 and done[-1] == 3


def test_the_answers_are_those_of_the_network(run, keras_process):
    script = f"""
import json, keras, numpy as np
from digitrec.data import loading, splits
model = keras.models.load_model({str(run.keras_path)!r})
proba = model.predict(loading.load("digits").test.images[:2], verbose=0)
print(json.dumps(np.asarray(proba["proba"] if isinstance(proba, dict) else proba, float).tolist()))
"""
    expected = np.array(json.loads(keras_process.run(script).stdout.splitlines()[-1]))
    last = np.array([shares for _, shares in run.history().pinned[-1].answers])
    assert last[:2] == pytest.approx(expected, abs=1e-3)  # no early stopping: the last epoch's weights are kept


def test_each_epoch_can_be_looked_back_at(run):
    validation = splits.select_part(loading.load("digits"), "validation", share=0.1, seed=0)
    assert snapshots.epochs(run) == [1, 2, 3]
    before = None
    for row in run.history().epochs:
        found = snapshots.load(run, row.epoch)
        right = found.answers == validation.labels
        assert right.mean() == pytest.approx(row.val_accuracy)  # the answers of Keras's own pass
        assert np.trace(found.confusion) == right.sum() and found.confusion.sum() == len(right)
        wrong, newly_right = snapshots.find_errors(validation.labels, found.answers, before)
        assert (len(wrong), len(newly_right)) == (found.newly_wrong, found.newly_right)
        assert np.array_equal(found.error_images, validation.images[wrong[: snapshots.MAX_ERRORS]])
        assert found.filters.shape == (6, 5, 5)
        before = found.answers


def test_the_health_of_each_epoch_is_plausible(run):
    rows = run.history().health
    assert [row.epoch for row in rows] == [1, 2, 3]
    names = [layer.name for layer in rows[0].layers]
    assert names == ["convolution 1", "convolution 2", "dense 3", "dense 4", "output"]
    for row in rows:
        assert 0 < row.gradient_norm < 100
        assert all(1e-5 < layer.update_ratio < 0.5 for layer in row.layers)
        assert [layer.dead for layer in row.layers] == [None] * 5  # this network has no ReLU


MEASURED = """
import json, keras, numpy as np
from digitrec.runs import NETWORKS
from digitrec.training import networks
from digitrec.training.health import Stethoscope
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (64, 28, 28), dtype=np.uint8)
targets = np.eye(10, dtype=np.float32)[rng.integers(0, 10, 64)]
model = networks.build(NETWORKS["mlp"], 10)
kernel = model.layers[-1].kernel
dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
dense[0].bias.assign(np.repeat(np.float32([-1e6, 10]), dense[0].bias.shape[0] // 2))  # half of them are dead
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="categorical_crossentropy", jit_compile=False)
for _ in range(3):
    before = np.array(kernel)
    model.train_on_batch(images, targets)
row = Stethoscope(model, images, 10_000).measure(1, 0.01)
change = float(np.linalg.norm(np.array(kernel) - before) / np.linalg.norm(np.array(kernel)))
squares = [float(each.sum()) for each in map(np.array, model.optimizer._velocities)]
hidden = images.reshape(64, -1) / 255 @ np.array(dense[0].kernel) + np.array(dense[0].bias)
dead = float((hidden.max(0) <= 0).mean())
print(json.dumps([dead, change, row.layers[-1].update_ratio, row.layers[0].dead, row.gradient_norm, sum(squares)]))
"""


def test_the_health_is_measured_without_another_step(keras_process):
    done = keras_process.run(MEASURED)
    expected, change, ratio, dead, norm, squares = json.loads(done.stdout.splitlines()[-1])
    assert ratio == pytest.approx(change, rel=1e-3)  # what the last step really changed
    assert 0.5 <= expected < 1 and dead == pytest.approx(expected, rel=1e-3)
    assert norm == pytest.approx((squares / (1 - 0.999**3)) ** 0.5, rel=1e-3)


FAULTS = """
import json, pathlib, sys, tempfile, types
from digitrec.runs import Batch, Epoch, TrainConfig
from digitrec.training import callback
folder = pathlib.Path(tempfile.mkdtemp())
rows, said, room = [], [], [True, False, False, True]
def append(row):
    if room and not room.pop(0):
        raise OSError(28, "No space left on device")
    rows.append(row)
run = types.SimpleNamespace(config=TrainConfig(), name="first", path=folder, append=append)
reporter = callback.Reporter(run, None, said.append)
for i in (1, 2):
    reporter._write(Batch(step=i, epoch=1, loss=1.0, accuracy=0.5))
reporter._write(Epoch(epoch=1, loss=1.0, accuracy=0.5))
reporter._write(Epoch(epoch=2, loss=1.0, accuracy=0.5))
folder.rmdir()
room[:] = [False]
try:
    reporter._write(Epoch(epoch=3, loss=1.0, accuracy=0.5))
except callback.TrainingError as error:
    said.append(str(error))
print(json.dumps([[type(row).__name__ for row in rows], said]))
"""


def test_a_full_disk_costs_rows_of_batches_alone_and_a_removed_folder_ends_the_training(keras_process):
    rows, said = json.loads(keras_process.run(FAULTS).stdout.splitlines()[-1])
    assert rows == ["Batch", "Epoch", "Epoch"]
    assert said[0] == "The history could not be written: No space left on device. The training goes on."
    assert said[-1] == "the folder of the run 'first' was removed: its training ends." and len(said) == 2
