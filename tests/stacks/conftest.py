"""What the tests of stacks share."""

import pytest

from digitrec.inference import Classifier
from digitrec.runs import store
from digitrec.stacks import Model


@pytest.fixture
def draw(folders):
    """The built-in model, as a stack names it."""
    run = store.open_run("draw")
    return Model("draw", Classifier.load(run.tflite_path).sha256, tuple(run.class_names))
