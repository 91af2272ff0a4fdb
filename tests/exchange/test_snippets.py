"""The programs around the files make digitrec's images, in Python, JavaScript and C++; Kotlin by its text."""

import io
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from digitrec.exchange import FORMATS, CNames, Quantisation, write_c_array, write_snippet
from digitrec.imaging import to_mnist
from support.many_drawings import make_drawings

NAMES = tuple("0123456789")
SCALE = Quantisation(1.0, -128, 0.00390625, -128)
PAIRS = [(kind, language) for kind, about in FORMATS.items() for language in about.languages]
MAIN = """
#include <cstdio>
#include "snippet.h"
int main() {
  int width, height;
  while (std::scanf("%d %d", &width, &height) == 2) {
    std::vector<std::uint8_t> gray(width * height);
    for (auto &level : gray) { int value; if (std::scanf("%d", &value) != 1) return 1; level = value; }
    std::uint8_t image[784];
    std::int8_t input[784];
    if (!to_mnist(gray.data(), width, height, image)) { std::puts("none"); continue; }
    quantise(image, input);
    for (int i = 0; i < 784; ++i) std::printf("%d,%d ", image[i], input[i]);
    std::puts("");
  }
  std::printf("%g\\n", probability(127));
}
"""


def snippet(kind: str, language: str) -> str:
    return write_snippet(kind, language, name="mine", class_names=NAMES)


@pytest.fixture(scope="module")
def grays() -> list[np.ndarray]:
    """Drawings on white paper, with levels that no threshold takes for paper or that all take for it."""
    inks = [np.where(ink < 64, 0, ink).astype(np.uint8) for ink in make_drawings(30, seed=3)]
    return [255 - ink for ink in inks]


def expect(gray: np.ndarray) -> np.ndarray:
    return to_mnist(255 - gray).astype(int)


@pytest.mark.parametrize(("kind", "language"), PAIRS)
def test_no_place_is_left_and_the_file_is_named(kind, language):
    text = snippet(kind, language)
    assert f"mine{FORMATS[kind].suffix}" in text or "mine.h" in text
    assert not re.findall("@[A-Z_]+@", text)


def test_python_makes_the_same_images(grays, tmp_path, monkeypatch):
    text = snippet("onnx", "python")
    start = text.index("\nimage = to_mnist(")
    scope: dict = {}
    exec(text[:start].replace("import onnxruntime", ""), scope)
    for gray in grays:
        buffer = io.BytesIO()
        Image.fromarray(gray).save(buffer, "PNG")
        assert abs(scope["to_mnist"](buffer).astype(int) - expect(gray)).max() <= 1


def test_cpp_compiles_and_makes_the_same_images_and_integers(grays, tmp_path):
    if shutil.which("g++") is None:
        pytest.skip("g++ is not on this machine")
    header = write_c_array(b"TFL3" * 8, CNames("mine", NAMES, "MIT", SCALE))
    for name, text in {"mine.h": header, "snippet.h": snippet("c", "cpp"), "main.cpp": MAIN}.items():
        (tmp_path / name).write_text(text)
    program = tmp_path / "main"
    subprocess.run(["g++", "-std=c++17", "-Wall", tmp_path / "main.cpp", "-o", program], check=True)
    paper = np.full((9, 7), 250, np.uint8)
    asked = "\n".join(f"{g.shape[1]} {g.shape[0]} {' '.join(map(str, g.ravel()))}" for g in [*grays, paper])
    *found, empty, best = subprocess.run(
        [program], input=asked, capture_output=True, text=True
    ).stdout.splitlines()
    assert (empty, best) == ("none", "0.996094")
    for line, gray in zip(found, grays, strict=True):
        image, integers = np.array([pair.split(",") for pair in line.split()], int).T
        assert abs(image.reshape(28, 28) - expect(gray)).max() <= 1
        assert np.array_equal(integers, SCALE.write(image.astype(np.uint8)))


@pytest.mark.slow
def test_javascript_makes_the_same_images_and_asks_for_the_answer(grays, page):
    page.evaluate(
        """() => { globalThis.ort = {
          Tensor: class { constructor(...of) { [this.type, this.data, this.dims] = of; } },
          InferenceSession: { create: async (file) => ({ run: async ({ image }) => {
            globalThis.given = { file, type: image.type, dims: image.dims, data: [...image.data] };
            return { proba: { data: new Float32Array([0.1, 0.6, 0.3]) } };
          } }) } } }"""
    )
    run = f"""(async ({{levels, width, height}}) => {{
      {snippet("onnx", "javascript")}
      const canvas = new OffscreenCanvas(width, height);
      const pixels = new ImageData(width, height);
      levels.forEach((level, i) => pixels.data.set([level, level, level, 255], 4 * i));
      canvas.getContext("2d").putImageData(pixels, 0, 0);
      const answer = await readDigit(canvas);
      return {{ answer, given: globalThis.given }};
    }})"""
    for gray in grays[:6]:
        asked = {"levels": gray.ravel().tolist(), "width": gray.shape[1], "height": gray.shape[0]}
        found = page.evaluate(run, asked)
        assert found["answer"] == {"answer": "1", "probability": pytest.approx(0.6)}
        given = found["given"]
        assert (given["file"], given["type"], given["dims"]) == ("mine.onnx", "uint8", [1, 28, 28])
        assert abs(np.array(given["data"]).reshape(28, 28) - expect(gray)).max() <= 1


def test_kotlin_has_what_android_needs():
    text = snippet("tflite", "kotlin")
    assert text.count("{") == text.count("}") and text.count("(") == text.count(")")
    assert f"listOf({json.dumps(list(NAMES))[1:-1]})" in text
    assert set(re.findall(r"import kotlin\.math\.(\w+)", text)) == {"max", "min", "round"}  # it has no rint
    for needed in (
        "org.tensorflow.lite.Interpreter",
        "allocateDirect(28 * 28)",
        "0 to proba",
        "20.0 / max",
        "14 - centre",
    ):
        assert needed in text


def test_javascript_can_stand_in_a_page():
    text = write_snippet("onnx", "javascript", name="mine", class_names=("</script>", "1"))
    assert "</script" not in text and r'["<\/script>", "1"]' in text


def test_class_names_cannot_leave_their_string():
    evil = ('"); evil(', "$x", "@FILE@")
    kotlin, python = (
        write_snippet("tflite", each, name="mine", class_names=evil) for each in ("kotlin", "python")
    )
    assert r'"\"); evil("' in kotlin and r'"\$x"' in kotlin
    assert f"CLASSES = {json.dumps(list(evil))}" in python
