"""`Classifier` against what Keras answered in another process; damaged and foreign files; threads."""

import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.inference.classifier import BATCH, Classifier, ClassifierError, dynamic_name
from support.keras_process import KerasProcess
from support.places import ROOT

# TensorFlow stays in a process of its own, as in the program. Seven classes: nothing may assume ten.
SCRIPT = """
import pathlib, sys
import keras, numpy as np, tensorflow as tf
from keras import layers as kl
folder = pathlib.Path(sys.argv[1])
keras.utils.set_random_seed(1)

def save(name, image, outputs, quantised=False):
    model = keras.Model(image, outputs)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT] if quantised else []
    (folder / f"{name}.tflite").write_bytes(converter.convert())
    return model

image = keras.Input((28, 28), dtype="uint8")
x = kl.Reshape((28, 28, 1))(kl.Rescaling(1 / 255)(image))
x = kl.Conv2D(16, 5, strides=3, activation="relu", kernel_initializer="he_normal")(x)
embedding = kl.Dense(6)(kl.Flatten()(x))
logits = kl.Dense(7, kernel_initializer="he_normal")(embedding)
proba = kl.Softmax()(logits)
model = save("model", image, {"proba": proba, "embedding": embedding})
save("dynamic", image, {"proba": proba, "embedding": embedding}, quantised=True)
save("no-embedding", image, {"proba": proba})
save("unnamed", image, proba)
save("logits", image, {"proba": kl.Rescaling(1.0, offset=3.0)(logits)})
floats = keras.Input((28, 28))
save("floats", floats, {"proba": kl.Dense(7, activation="softmax")(kl.Flatten()(floats))})
colour = keras.Input((32, 32, 3), dtype="uint8")
flat = kl.Flatten()(kl.Rescaling(1 / 255)(colour))
save("colour", colour, {"proba": kl.Dense(7, activation="softmax")(flat)})
images = np.random.default_rng(0).integers(0, 256, (1203, 28, 28), dtype=np.uint8)
np.savez(folder / "keras.npz", images=images, **model.predict(images, batch_size=500, verbose=0))
"""

# Each damaged copy must be refused in words, or answer as a network does; the process must live.
FUZZ = """
import pathlib, sys
import numpy as np
from digitrec.inference.classifier import Classifier, ClassifierError
whole, rng, refused = pathlib.Path(sys.argv[1]).read_bytes(), np.random.default_rng(0), 0
images = np.full((3, 28, 28), 200, np.uint8)
for _ in range(200):
    data = np.frombuffer(whole, np.uint8).copy()
    data[rng.integers(8, len(data), 12)] = rng.integers(0, 256, 12)
    try:
        classifier = Classifier(data.tobytes())
        assert classifier.predict_proba(images).shape[0] == 3
        assert classifier.trace(images[0])
    except ClassifierError:
        refused += 1
print(refused)
"""


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, keras_process: KerasProcess) -> SimpleNamespace:
    """The folder of the made models, and what Keras answered to `images`."""
    folder = tmp_path_factory.mktemp("made")
    keras_process.run(SCRIPT, str(folder)).check_returncode()
    with np.load(folder / "keras.npz") as arrays:
        return SimpleNamespace(folder=folder, **arrays)


@pytest.fixture(scope="session")
def classifier(made: SimpleNamespace) -> Classifier:
    return Classifier.load(made.folder)


@pytest.mark.parametrize("n", [0, 1, 2, BATCH - 1, BATCH, BATCH + 1, 499, 500, 501, 1203])
def test_it_answers_as_keras_does(made, classifier, n):
    proba, embedding = classifier.predict_proba(made.images[:n]), classifier.embed(made.images[:n])
    assert (proba.shape, embedding.shape) == ((n, 7), (n, 6)) == ((n, classifier.classes), (n, 6))
    assert proba.dtype == embedding.dtype == np.float32
    np.testing.assert_allclose(proba, made.proba[:n], atol=1e-4)
    np.testing.assert_allclose(embedding, made.embedding[:n], atol=1e-4)
    for one, other in zip(classifier.predict_and_embed(made.images[:n]), (proba, embedding), strict=True):
        assert np.array_equal(one, other)


def test_the_made_network_tells_images_apart(made):
    # Else the comparison with Keras could not fail.
    assert made.proba.std(0).max() > 0.01


def test_a_batch_answers_as_its_images_one_by_one(made, classifier):
    images = made.images[:7]
    one_by_one = np.concatenate([classifier.predict_proba(image[None]) for image in images])
    np.testing.assert_allclose(classifier.predict_proba(images), one_by_one, atol=1e-4)


def test_a_few_images_do_not_pay_for_a_full_batch(made):
    few = Classifier.load(made.folder)
    few.predict_proba(made.images[: BATCH // 2])
    assert few._many is None  # which reads mostly padding, and takes as long as for a full batch
    np.testing.assert_allclose(few.predict_proba(made.images[:7]), made.proba[:7], atol=1e-4)


def test_views_and_read_only_images_are_read_as_they_are(made, classifier):
    images = made.images[:9].copy()
    images.flags.writeable = False
    np.testing.assert_array_equal(
        classifier.predict_proba(images[::-2, ::-1]), classifier.predict_proba(images[::-2, ::-1].copy())
    )


def test_many_threads_get_the_answers_that_one_gets(made):
    shared = Classifier.load(made.folder)
    barrier = threading.Barrier(8)

    def ask(i: int) -> list[np.ndarray]:
        barrier.wait()
        chosen = made.images[i : i + (1 if i % 2 else 2 * BATCH + i)]
        return [answer for _ in range(10) for answer in (shared.predict_proba(chosen), shared.embed(chosen))]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    for i, found in enumerate(answers):
        chosen = slice(i, i + (1 if i % 2 else 2 * BATCH + i))
        for proba, embedding in zip(found[::2], found[1::2], strict=True):
            np.testing.assert_allclose(proba, made.proba[chosen], atol=1e-4)
            np.testing.assert_allclose(embedding, made.embedding[chosen], atol=1e-4)


@pytest.mark.parametrize("n", [1, 2 * BATCH, 2 * BATCH + 1])
def test_progress_rises_to_the_number_of_images(made, classifier, n):
    told = []
    classifier.predict_proba(made.images[:n], lambda done, total: told.append((done, total)))
    assert told == sorted(set(told))
    assert told[-1] == (n, n) and {total for _, total in told} == {n}


def test_no_images_make_no_progress(made, classifier):
    classifier.predict_proba(made.images[:0], lambda done, total: pytest.fail("nothing was to be done"))


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((2, 28, 28), np.float32),
        np.zeros((2, 28, 28), bool),
        np.zeros((28, 28), np.uint8),
        np.zeros((2, 28, 28, 1), np.uint8),
        np.zeros((2, 32, 32), np.uint8),
        np.zeros(0, np.uint8),
    ],
    ids=lambda images: f"{images.dtype} {images.shape}",
)
def test_wrong_images_are_refused_with_what_they_are(classifier, images):
    for ask in (classifier.predict_proba, classifier.embed):
        with pytest.raises(ClassifierError, match="expected uint8") as refusal:
            ask(images)
        assert f"{images.dtype} {images.shape}" in str(refusal.value)


def test_a_folder_and_its_file_are_the_same_model(made, classifier):
    by_file = Classifier.load(made.folder / "model.tflite")
    assert by_file.sha256 == classifier.sha256 != Classifier.load(made.folder / "no-embedding.tflite").sha256


@pytest.fixture
def quantised(made, tmp_path) -> Classifier:
    """The model with the file of 8-bit weights beside it."""
    model = made.folder / "model.tflite"
    shutil.copy(model, tmp_path)
    shutil.copy(made.folder / "dynamic.tflite", tmp_path / dynamic_name(model.read_bytes()))
    return Classifier.load(tmp_path)


def test_weights_of_8_bits_beside_a_model_answer_for_it(made, classifier, quantised):
    assert quantised.is_quantised and not classifier.is_quantised and quantised.sha256 == classifier.sha256
    proba, exact = (each.predict_proba(made.images) for each in (quantised, classifier))
    assert not np.array_equal(proba, exact) and np.abs(proba - exact).max() < 0.03
    one_by_one = np.concatenate([quantised.predict_proba(image[None]) for image in made.images[:20]])
    assert np.array_equal(one_by_one, proba[:20])


def test_the_layers_shown_are_those_of_the_model_and_not_of_the_8_bits(made, classifier, quantised):
    for one, other in zip(classifier.trace(made.images[0]), quantised.trace(made.images[0]), strict=True):
        assert one.kind == other.kind and np.array_equal(one.value, other.value)


@pytest.mark.parametrize("spoil", [lambda data: data[:500], lambda data: b"", None])
def test_weights_of_8_bits_that_are_damaged_or_of_another_model_are_not_used(made, classifier, tmp_path, spoil):
    model, dynamic = ((made.folder / f"{name}.tflite").read_bytes() for name in ("model", "dynamic"))
    name, kept = (dynamic_name(model), spoil(dynamic)) if spoil else (dynamic_name(b"another"), dynamic)
    (tmp_path / "model.tflite").write_bytes(model)
    (tmp_path / name).write_bytes(kept)
    found = Classifier.load(tmp_path)
    assert not found.is_quantised
    assert np.array_equal(found.predict_proba(made.images[:5]), classifier.predict_proba(made.images[:5]))


def test_a_model_without_embedding_still_answers(made):
    plain = Classifier.load(made.folder / "no-embedding.tflite")
    np.testing.assert_allclose(plain.predict_proba(made.images[:5]), made.proba[:5], atol=1e-4)
    assert plain.embedding_size == 0
    with pytest.raises(ClassifierError, match=r"no-embedding\.tflite gives no embedding"):
        plain.embed(made.images[:5])


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("unnamed", 'no output named "proba"'),
        ("logits", "not probabilities"),
        ("floats", r"takes float32 \(1, 28, 28\)"),
        ("colour", r"takes uint8 \(1, 32, 32, 3\)"),
    ],
)
def test_a_foreign_model_is_refused_with_what_it_is(made, name, found):
    with pytest.raises(ClassifierError, match=rf"{name}\.tflite is not a digitrec model: .*{found}"):
        Classifier.load(made.folder / f"{name}.tflite")


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_cut_off_file_is_refused(made, tmp_path, share):
    whole = (made.folder / "model.tflite").read_bytes()
    (tmp_path / "model.tflite").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ClassifierError, match=r"model\.tflite is (not a TensorFlow Lite model|damaged)"):
        Classifier.load(tmp_path)


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 8, b"PK\x03\x04 a zip", b"\x1c\0\0\0TFL3", b"\x1c\0\0\0TFL3" + b"\xff" * 999]
)
def test_bytes_that_are_no_model_are_refused(data):
    with pytest.raises(ClassifierError, match=r"the model is .*train a new one"):
        Classifier(data)


def test_random_bytes_behind_the_right_identifier_are_refused():
    rng = np.random.default_rng(0)
    for size in (10, 100, 1000, 100_000):
        with pytest.raises(ClassifierError, match="damaged"):
            Classifier(b"\x1c\0\0\0TFL3" + rng.bytes(size))


def test_no_damaged_file_ends_the_process(made):
    done = subprocess.run(
        [sys.executable, "-c", FUZZ, str(made.folder / "model.tflite")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def test_a_missing_model_is_named_with_what_to_do(tmp_path):
    with pytest.raises(ClassifierError, match=r"no model .*gone\.tflite.*Train"):
        Classifier.load(tmp_path / "gone.tflite")
    with pytest.raises(ClassifierError, match=r"no model .*model\.tflite.*Train"):
        Classifier.load(tmp_path)


def test_an_unreadable_model_is_named_with_the_reason(tmp_path):
    (tmp_path / "model.tflite").mkdir()
    with pytest.raises(ClassifierError, match=r"model\.tflite cannot be read: Is a directory"):
        Classifier.load(tmp_path)


def test_the_server_reads_images_without_tensorflow():
    script = "import sys, digitrec.inference.classifier; print({'tensorflow', 'keras'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_only_the_line_about_the_delegate_is_kept_off_standard_error():
    script = """
import os
from digitrec.inference import classifier
with classifier._without_delegate_line():
    os.write(2, b"a warning\\n" + classifier._DELEGATE_LINE + b"\\nthe last")
os.write(2, b" words")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == "a warning\nthe last words"


def test_a_closed_standard_error_is_no_fault():
    script = """
import os
from digitrec.inference import Classifier
from digitrec.runs import store
os.close(2)
Classifier.load(store.open_run("draw").tflite_path)
print("loaded")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "loaded\n"
