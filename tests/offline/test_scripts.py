"""What the offline page computes in JavaScript, beside what digitrec computes: images, networks, verdicts."""

import base64
import zlib
from collections import Counter

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.imaging import to_mnist
from digitrec.inference import Classifier, load_reference, read_drawing
from digitrec.offline import pack_model, read_graph
from digitrec.runs import NETWORKS, open_run
from support.many_drawings import make_drawings

pytestmark = pytest.mark.slow

TO_MNIST = """async (drawings) => (await unpackDrawings(drawings)).map(({ink, height, width}) =>
  btoa(String.fromCharCode(...toMnist(ink, height, width))))"""
RUN = """({graph, images}) => {
  const run = makeNetwork(graph);
  return images.map((image) => Object.fromEntries(
    Object.entries(run(unpackBytes(image))).map(([name, values]) => [name, [...values]])));
}"""
READ = """async ({model, drawings}) => {
  const read = makeReader(model);
  return (await unpackDrawings(drawings)).map(({ink, height, width}) => {
    const {image, proba, answer, reasons} = read(ink, height, width);
    return {proba, answer, kinds: reasons.map(({kind}) => kind)};
  });
}"""


def pack(drawings) -> dict:
    inks = zlib.compress(b"".join(ink.tobytes() for ink in drawings), 1)
    return {"inks": base64.b64encode(inks).decode(), "shapes": [ink.shape for ink in drawings]}


def test_a_thousand_drawings_become_the_same_images(scripts):
    drawings = make_drawings(1000, seed=0)
    found = scripts.evaluate(TO_MNIST, pack(drawings))
    images = [np.frombuffer(base64.b64decode(text), np.uint8).reshape(28, 28).astype(int) for text in found]
    differences = [abs(image - to_mnist(ink)).max() for image, ink in zip(images, drawings, strict=True)]
    assert max(differences) <= 1


def test_paper_without_ink_is_no_image(scripts):
    assert scripts.evaluate("() => toMnist(new Uint8Array(400), 20, 20)") is None


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_answers_as_litert_does(scripts, made_networks, name):
    model = (made_networks.folder / f"{name}.tflite").read_bytes()
    images = made_networks.images[:2]
    packed = [base64.b64encode(image.tobytes()).decode() for image in images]
    found = scripts.evaluate(RUN, {"graph": read_graph(model).about, "images": packed})
    classifier = Classifier(model)
    np.testing.assert_allclose([each["proba"] for each in found], classifier.predict_proba(images), atol=1e-5)
    embeddings = classifier.embed(images)
    np.testing.assert_allclose(
        [each["embedding"] for each in found], embeddings, atol=1e-4 * abs(embeddings).max()
    )


def test_the_verdicts_are_the_same_with_their_reasons(scripts):
    run = open_run("draw")
    model = Classifier(run.tflite_path.read_bytes())  # the page has the weights of 32 bits
    reference = load_reference(run, model)
    dotted = np.zeros((28, 28), np.uint8)
    dotted[4:24:2, 14] = dotted[4, 8:14:2] = 255  # one broken stroke
    drawings = [*make_drawings(60, seed=1), np.kron(dotted, np.ones((10, 10), np.uint8))]
    found = scripts.evaluate(READ, {"model": pack_model(run), "drawings": pack(drawings)})
    expected = [read_drawing(ink, model, run, reference=reference).verdict for ink in drawings]
    assert [each["answer"] for each in found] == [verdict.ranking[0] for verdict in expected]
    np.testing.assert_allclose([each["proba"] for each in found], [each.proba for each in expected], atol=1e-5)
    assert [each["kinds"] for each in found] == [[reason.kind for reason in each.reasons] for each in expected]
    states = Counter(verdict.sure for verdict in expected)
    assert min(states[True], states[False]) >= 10  # else the comparison would say little
    assert len({reason.kind for verdict in expected for reason in verdict.reasons}) >= 4


def test_weights_in_half_precision_answer_nearly_the_same(scripts, monkeypatch):
    monkeypatch.setattr("digitrec.offline.graph.MAX_FLOAT32_BYTES", 1000)
    run = open_run("draw")
    graph = read_graph(run.tflite_path.read_bytes())
    assert graph.weight_type == "float16"
    images = loading.load("digits").test.images[:4]
    packed = [base64.b64encode(image.tobytes()).decode() for image in images]
    found = scripts.evaluate(RUN, {"graph": graph.about, "images": packed})
    proba = Classifier.load(run.tflite_path).predict_proba(images)
    np.testing.assert_allclose([each["proba"] for each in found], proba, atol=0.02)
