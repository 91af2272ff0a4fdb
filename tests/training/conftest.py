"""What the tests of a training share."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from support.keras_process import KerasProcess


@pytest.fixture
def keras_says(keras_process: KerasProcess, request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """Runs a script in a process with Keras, after the module's PARTS, and gives the JSON of its last line."""
    parts = getattr(request.module, "PARTS", "")

    def keras_says(script: str) -> Any:
        done = keras_process.run(parts + script)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])

    return keras_says
