"""One tiny run that is trained and exported once, and a page of Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from digitrec.exchange import FORMATS
from digitrec.imaging import to_mnist
from digitrec.runs.run import Run
from support.chromium import launched
from support.keras_process import KerasProcess
from support.many_drawings import make_drawings


class Exported(NamedTuple):
    """A tiny run with all its files, which tests only read.

    Attributes:
        run: a run "tiny" of the embedded digits, in a models folder of its own.
        folder: the exported files, and a picture "digit.png".
        printed: what the command said.
        image: uint8 (28, 28), what the picture becomes.
    """

    run: Run
    folder: Path
    printed: str
    image: np.ndarray

    def path(self, kind: str) -> Path:
        """The exported file of a format."""
        return self.folder / f"tiny{FORMATS[kind].suffix}"


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, keras_process: KerasProcess) -> Exported:
    models, folder = tmp_path_factory.mktemp("exported-models"), tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITREC_MODELS", str(models))
        options = ["--dataset", "digits", "--network", "strided", "--epochs", "3", "--learning-rate", "0.01"]
        keras_process.digitrec("train", *options, "--name", "tiny").check_returncode()
        done = keras_process.digitrec("export", "tiny", "--format", "all", "--output", str(folder))
    assert done.returncode == 0, done.stderr[-2000:]
    drawn = make_drawings(1, seed=5)[0]
    ink = np.where(drawn < 64, 0, drawn).astype(np.uint8)
    Image.fromarray(255 - ink).save(folder / "digit.png")
    return Exported(Run(models / "tiny"), folder, done.stdout, to_mnist(ink))


@pytest.fixture(scope="module")
def page(chromium: str) -> Iterator[Page]:
    """An empty page of Chromium."""
    with launched(chromium) as browser:
        yield browser.new_page()
