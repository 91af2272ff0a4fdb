"""The training itself. Keras stays in other processes, as in the program: each script prints one JSON line."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from digitrec.runs import jobs, store
from digitrec.runs.config import TrainConfig
from digitrec.runs.history import TrainingData
from digitrec.runs.jobs import Status
from digitrec.runs.run import Run
from support.keras_process import LITTLE_CALIBRATION

pytestmark = pytest.mark.slow
DIGITS = tuple("0123456789")


@pytest.fixture
def train(keras_process):
    """Trains in another process, as a worker does, after running the code `before`."""

    def train(config: TrainConfig, name: str, before: str = "", classes: tuple[str, ...] = DIGITS) -> Run:
        run = store.create(config, classes, name)
        start = f"\nfrom digitrec.cli.main import main\nmain(['train', '--run', '{name}'])"
        keras_process.run(LITTLE_CALIBRATION + before + start)
        return run

    return train


FIRST = TrainConfig(dataset="digits", network="fast", epochs=3, learning_rate=0.01)


@pytest.fixture(scope="module")
def trained(keras_process, tmp_path_factory) -> Path:
    """A folder of runs with one of the settings FIRST. Tests get copies."""
    models = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITREC_MODELS", str(models))
        store.create(FIRST, DIGITS, "first")
        done = keras_process.digitrec("train", "--run", "first")
    assert done.returncode == 0, done.stderr[-2000:]
    return models


@pytest.fixture
def first(trained, models_folder) -> Run:
    """The trained run "first"."""
    return Run(shutil.copytree(trained / "first", models_folder / "first"))


def test_a_training_goes_on_from_the_weights_of_another(train, first):
    rest = TrainConfig(dataset="digits", network="fast", epochs=1, learning_rate=1e-5)
    rows = train(dataclasses.replace(rest, start_from="first"), "second").history()
    fresh = train(rest, "fresh").history()
    assert rows.start.learnt_before == (TrainingData("digits", 0.1, 0, None),) and not rows.start.validation_notes
    accuracy, without = (history.epochs[0].val_accuracy for history in (rows, fresh))
    # So small a step teaches nothing: without the first's weights the second would be where the fresh one is.
    assert accuracy > without + 0.3


COUNT = """
from digitrec.data import loading
import json
from pathlib import Path
names, describe = [], loading.describe
def counted(name):
    names.append(name)
    Path({file!r}).write_text(json.dumps(names))
    return describe(name)
loading.describe = counted
"""


def test_a_training_looks_up_the_name_of_its_data_set_a_handful_of_times(train, tmp_path):
    config = TrainConfig(dataset="digits", network="mlp", epochs=1)
    train(config, "first")
    later = dataclasses.replace(config, start_from="first", teachers="first")
    train(later, "second", before=COUNT.format(file=str(tmp_path / "names")))
    assert len(json.loads((tmp_path / "names").read_text())) <= 3


# How far the weights of "average" are from the mean of its two starts, and these from each other.
FROM_THE_MEAN = """
import json
import numpy as np
from digitrec.runs import store
from digitrec.training import export
names = ("later 1", "later 2", "average")
one, two, average = (
    np.concatenate([w.numpy().ravel() for w in export.load_keras(store.open_run(name)).trainable_weights])
    for name in names)
print(json.dumps({
    "from the mean": float(np.abs(average - (one + two) / 2).max()), "apart": float(np.abs(one - two).max())}))
"""


def test_a_training_goes_on_from_the_average_of_several(train, keras_says, first):
    for seed in (1, 2):
        train(dataclasses.replace(FIRST, epochs=1, seed=seed, start_from="first"), f"later {seed}")
    last = dataclasses.replace(FIRST, epochs=1, learning_rate=1e-5, start_from="later 1,later 2")
    rows = train(last, "average").history()
    # A step of Adam moves no weight by more than 3.2 learning rates: Kingma and Ba 2015, section 2.1, with
    # (1 - 0.9) / sqrt(1 - 0.999). What is well below that, on any processor, began at the mean.
    found, reach = keras_says(FROM_THE_MEAN), 3.2 * last.learning_rate * rows.start.steps_per_epoch
    assert found["from the mean"] < reach < 0.1 * found["apart"]
    assert [data.seed for data in rows.start.learnt_before] == [1, 0, 2]  # of each, and of what was first
    assert "images: these numbers are too high" in rows.start.validation_notes[0]
    again = train(dataclasses.replace(last, start_from="later 1,average"), "again")
    assert jobs.status(again) is Status.FINISHED
    apart = train(dataclasses.replace(last, start_from="first,average"), "apart")
    assert "cannot be averaged" in jobs.failure_reason(apart)
    assert "'first' from random weights; 'average' from later 1,later 2" in jobs.failure_reason(apart)
    assert "Choose runs that started from the same run, or that run and one of these." in jobs.failure_reason(
        apart
    )


def test_a_network_learns_what_its_teachers_answer(train, first):
    # The pupil never sees a true label: the images that it learns from are all said to be a 0.
    wrong = "from digitrec.data import splits as d; import numpy as np; part = d.select_part\n"
    wrong += "d.select_part = lambda data, which, **o: (p := part(data, which, **o)) and ("
    wrong += "p._replace(labels=np.zeros_like(p.labels)) if which == 'train' else p)\n"
    pupil = dataclasses.replace(FIRST, epochs=5, teachers="first", teacher_share=1.0)
    last = train(pupil, "pupil", before=wrong).history().epochs[-1]
    # Who believed the labels would call all a 0: right of one validation image in ten, and of all it learns from.
    assert last.val_accuracy > 0.5
    assert last.accuracy < 0.5  # counted against the labels, not against what the teachers say


def test_who_never_saw_a_drawing_does_not_teach_drawings(train, keras_says, first):
    first.path.rename(first.path.with_name("knows"))
    train(TrainConfig(dataset="digits", network="mlp", epochs=1), "does-not")
    for name, dataset in (("knows", "mnist+pen"), ("does-not", "mnist")):
        path = store.open_run(name).path / "config.json"
        path.write_text(path.read_text().replace('"digits"', f'"{dataset}"'))
    found = keras_says("""
import json
import numpy as np
from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from digitrec.inference.classifier import Classifier
from digitrec.training.transfer import Teachers
from digitrec.data import loading
digits = tuple("0123456789")
images = np.random.default_rng(0).integers(0, 256, (8, 28, 28), dtype=np.uint8)
one_hot, drawn = np.eye(10, dtype=np.float32)[:8], np.arange(8) >= 5
def says_of(name):
    return Classifier.load(store.open_run(name).tflite_path).predict_proba(images)
says = {name: says_of(name) for name in ("knows", "does-not")}
def targets(teachers, share=0.6, **which):
    config = TrainConfig(dataset="mnist+pen", teachers=teachers, teacher_share=share)
    return Teachers(config, digits, loading.describe("mnist+pen")).targets(images, one_hot, **which)
def close(a, b):
    return bool(np.allclose(a, b, atol=1e-4))
both, alone = targets("knows,does-not", drawn=drawn), targets("does-not", share=1.0, drawn=drawn)
mean = (says["knows"] + says["does-not"]) / 2
print(json.dumps({
    "they differ": not close(says["knows"], says["does-not"]),
    "images": close(both[:5], 0.6 * mean[:5] + 0.4 * one_hot[:5]),
    "drawings": close(both[5:], 0.6 * says["knows"][5:] + 0.4 * one_hot[5:]),
    "nobody knows": close(alone[5:], one_hot[5:]) and close(alone[:5], says["does-not"][:5]),
    "no drawings": close(targets("does-not"), 0.6 * says["does-not"] + 0.4 * one_hot),
}))
""")
    assert all(found.values()), found


@pytest.mark.parametrize(("teachers", "reason"), [("nobody", "there is no run"), ("first", "no trained network")])
def test_a_teacher_that_cannot_teach_fails_the_run_with_the_reason(train, teachers, reason):
    store.create(TrainConfig(dataset="digits", network="fast"), DIGITS, "first")
    run = train(TrainConfig(dataset="digits", network="mlp", teachers=teachers), "second")
    assert jobs.status(run) is Status.FAILED and reason in jobs.failure_reason(run)


@pytest.mark.parametrize(
    ("network", "reason"),
    [("mlp", "is a 'fast', expected a 'mlp'"), ("fast", "has no trained network to start from")],
)
def test_a_start_that_does_not_fit_fails_the_run_with_the_reason(train, network, reason):
    first = store.create(TrainConfig(dataset="digits", network="fast"), DIGITS, "first")
    if network != "fast":
        first.keras_path.touch()
        first.tflite_path.touch()
    run = train(TrainConfig(dataset="digits", network=network, start_from="first"), "second")
    assert jobs.status(run) is Status.FAILED and reason in jobs.failure_reason(run)


def test_schedules_have_their_shapes(keras_says):
    found = keras_says("""
import json
from digitrec.runs.config import TrainConfig
from digitrec.runs import Course
from digitrec.training.steering import SteeredRate
rates = {}
for name in ("cosine", "exponential", "one-cycle"):
    config = TrainConfig(epochs=10, learning_rate=0.01, schedule=name)
    schedule = SteeredRate(config, Course(0, 0, 100, 10, 0.01))
    rates[name] = [float(schedule(step)) for step in (0, 100, 300, 650, 1000)]
print(json.dumps(rates))
""")
    assert found["cosine"][0] == pytest.approx(0.01) and found["cosine"][-1] == pytest.approx(0, abs=1e-6)
    assert found["exponential"] == pytest.approx([0.01 * 0.98**n for n in (0, 1, 3, 6, 10)], rel=1e-4)
    assert found["one-cycle"] == pytest.approx([4e-4, 3.6e-3, 0.01, 5e-3, 1e-5], rel=1e-2)


def test_the_time_in_which_tensorflow_compiles_does_not_count_as_speed(keras_says):
    found = keras_says("""
import json, types
from digitrec.training import callback
from digitrec.training.loop import Progress
from digitrec.runs import TrainConfig, Wishes
clock = [0.0]
callback.time = types.SimpleNamespace(monotonic=lambda: clock[0])
rows = []
run = types.SimpleNamespace(
    config=TrainConfig(batch_size=100), wishes=Wishes(), append=lambda row: rows.append(vars(row)))
steering = types.SimpleNamespace(batches=range(7), follow=lambda *asked: None)
reporter = callback.Reporter(run, steering, print)
optimizer = types.SimpleNamespace(learning_rate=0.001)
loop = types.SimpleNamespace(progress=Progress(), steps=7, share=0.5)
reporter.set_model(types.SimpleNamespace(loop=loop, optimizer=optimizer))
reporter.on_epoch_begin(0)
for batch in range(7):
    done = batch + 1 if batch % 2 == 0 else batch + 2  # slices of one step, then of two
    if batch != 2 and batch != 4 and batch != 6:
        clock[0] += 9 if batch == 0 else 0.2
        reporter.model.loop.progress = Progress(done, 100 * done, 100 * done * (1 - done / 10), 10 * done * done)
    reporter.on_train_batch_end(batch, {})
print(json.dumps(rows))
""")
    # The first step takes 9 seconds, each one after it 0.1: 1,000 images per second.
    assert [(row["step"], row["images_per_second"]) for row in found] == [(5, 1000), (7, 1000)]
    # No image is lost from the means: the sums of the loss after 5 and 7 steps are 250 and 210.
    assert [row["loss"] for row in found] == pytest.approx([250 / 500, (210 - 250) / 200])
    assert [row["accuracy"] for row in found] == pytest.approx([250 / 500, (490 - 250) / 200])


def test_batch_normalisation_has_settled_even_after_a_few_steps(first):
    last = first.history().epochs[-1]
    # Averages that still remember their start cost 0.25 to 0.3 here, settled ones nothing: the mark is halfway.
    assert last.val_accuracy > last.accuracy - 0.15


def test_early_stopping_restores_the_best_epoch(train):
    config = TrainConfig(dataset="digits", network="mlp", epochs=60, learning_rate=0.02, patience=2, batch_size=64)
    rows = train(config, "early").history()
    losses = [epoch.val_loss for epoch in rows.epochs]
    assert rows.end.reason == "early stopping" and len(losses) < 60
    assert rows.end.best_epoch == 1 + losses.index(min(losses)) == len(losses) - 2


def test_a_stop_keeps_the_best_weights_of_the_epochs_so_far(train):
    config = TrainConfig(dataset="digits", network="mlp", epochs=200)
    # The wish is there before the first batch is done, as when a person stops at once.
    run = train(
        config,
        "stopped",
        before="from digitrec.runs import jobs\n"
        "jobs.wait_for_turn = lambda run, cancelled: run.ask(wish='stop') or True",
    )
    rows = run.history()
    assert rows.end.reason == "stopped" and rows.end.best_epoch == 1
    assert jobs.status(run) is Status.STOPPED and run.has_model


def test_without_validation_the_last_epoch_is_kept(train):
    rows = train(
        TrainConfig(dataset="digits", network="mlp", epochs=2, validation_share=0), "no validation"
    ).history()
    assert [epoch.val_loss for epoch in rows.epochs] == [None, None]
    assert rows.end.best_epoch == 2 and rows.end.val_accuracy is None


def test_a_loss_that_is_not_a_number_fails_the_run_with_the_reason(train):
    spoil = """
from digitrec.training import networks
build = networks.build
def spoiled(*arguments, **options):
    model = build(*arguments, **options)
    model.set_weights([weights * float("nan") for weights in model.get_weights()])
    return model
networks.build = spoiled
"""
    run = train(TrainConfig(dataset="digits", network="mlp"), "nan", before=spoil)
    reason = jobs.failure_reason(run)
    assert jobs.status(run) is Status.FAILED and run.has_diverged
    assert "The loss became nan in epoch 1" in reason and "Try 0.0001" in reason
    assert not run.has_model


def test_models_that_disagree_fail_the_run(train):
    bend = """
from digitrec.training import export
convert = export.to_tflite
def bent(model):
    model.set_weights([weights * 0.5 for weights in model.get_weights()])
    return convert(model)
export.to_tflite = bent
"""
    run = train(TrainConfig(dataset="digits", network="mlp", epochs=1), "bent", before=bend)
    assert jobs.status(run) is Status.FAILED and "disagree" in jobs.failure_reason(run)
    assert not run.has_model and not list(run.path.glob("*.tmp*"))


def test_classes_that_differ_from_the_data_set_fail_the_run(train):
    run = train(TrainConfig(dataset="digits", network="mlp"), "foreign", classes=("a", "b"))
    assert "has the classes 0, 1, 2" in jobs.failure_reason(run)
