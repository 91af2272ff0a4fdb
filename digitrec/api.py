"""What `import digitrec` gives a notebook.

Each function imports what it needs when it is called: `import digitrec` itself is quick, and only `train` starts
TensorFlow, in a process of its own.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import PIL.Image

    from digitrec.data import Dataset
    from digitrec.evaluation import Score
    from digitrec.imaging import Enlarged, Image, Images, Ink, Proba
    from digitrec.inference import ReadError, Verdict
    from digitrec.runs import Run

    Picture = str | os.PathLike[str] | bytes | PIL.Image.Image | Ink

__all__ = [
    "Model",
    "evaluate",
    "list_runs",
    "load_dataset",
    "load_model",
    "predict",
    "report",
    "to_mnist",
    "train",
]

_POLL_SECONDS = 0.5


class Model:
    """A trained network, loaded once, with what it needs to say "not sure".

    Args:
        run: the run whose network it is.

    Raises:
        ClassifierError: the network is missing, damaged, or of another number of classes than the run.
    """

    def __init__(self, run: Run) -> None:
        from digitrec.inference import Classifier, load_reference

        self.run = run
        self._classifier = Classifier.load(run.tflite_path)
        self._reference = load_reference(run, self._classifier)

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the columns of `proba` mean."""
        return self.run.class_names

    def predict(self, picture: Picture) -> Verdict:
        """Read the digit in a picture; see `digitrec.predict`."""
        from digitrec.imaging import Enlarged
        from digitrec.inference import read_drawing

        drawing = _to_drawing(picture)
        ink = drawing.draw() if isinstance(drawing, Enlarged) else drawing
        return read_drawing(ink, self._classifier, self.run, reference=self._reference).verdict

    def predict_all(self, pictures: Iterable[Picture | Callable[[], Picture]]) -> Iterator[Verdict | ReadError]:
        """Read many pictures, quicker than one by one and with the same answers.

        Args:
            pictures: any number of them; or functions that give one, such as `path.read_bytes`, which are called
                when the turn comes.

        Yields:
            For each picture in turn, the verdict that `predict` gives, or the error that it raises for a picture:
            an OSError, PictureError or InkError.
        """
        from digitrec.inference import read_many

        inks = (functools.partial(_to_drawing, picture) for picture in pictures)
        return read_many(inks, self._classifier, self.run, reference=self._reference)

    def predict_proba(self, images: Images) -> Proba:
        """The calibrated probabilities of images uint8 (n, 28, 28): float32 (n, c)."""
        from digitrec.inference import calibrated_proba

        return calibrated_proba(self.run, self._classifier, images)


def to_mnist(ink: Ink) -> Image:
    """Normalise a drawing as MNIST's images are: uint8 (height, width), 0 = paper, to uint8 (28, 28).

    Raises:
        InkError: the drawing holds no ink.
    """
    from digitrec.imaging import to_mnist as normalise

    return normalise(ink)


def load_model(name_or_path: str | os.PathLike[str] = "draw") -> Model:
    """Load a model once, to read many pictures.

    Args:
        name_or_path: the name of a run, shipped ("draw", "mnist") or your own, or the path of a run's folder.

    Raises:
        RunError: there is no such run.
        ClassifierError: its network is missing or damaged.
    """
    return Model(_open(name_or_path))


def predict(picture: Picture, model: str | os.PathLike[str] | Model = "draw") -> Verdict:
    """Read the digit in a picture, or say that the model is not sure.

    Args:
        picture: the path of a file, its bytes, a PIL image, or a drawing as an array uint8 (height, width) with
            0 = paper and 255 = ink.
        model: the name or the folder of a run, or what `load_model` gave, which is quicker for many pictures.

    Raises:
        PictureError: the file is no picture, too large, or damaged.
        InkError: no ink is found in it.
        RunError: there is no such run. ClassifierError: its network cannot be loaded.
    """
    reader = model if isinstance(model, Model) else load_model(model)
    return reader.predict(picture)


def load_dataset(name: str = "mnist") -> Dataset:
    """Load a data set by its name, downloading it first where that is needed; its arrays are read-only.

    Raises:
        DatasetError: there is no such data set, or it cannot be downloaded.
    """
    from digitrec.data import loading

    return loading.load(name)


def train(
    *,
    dataset: str = "mnist",
    network: str = "fast",
    name: str | None = None,
    progress: Callable[[float], None] | None = None,
    **settings: Any,
) -> Run:
    """Train a network in a worker process and wait for its end; Ctrl-C stops it and keeps the best weights.

    Args:
        dataset: the name of a data set.
        network: the name of a network, one of `runs.architectures.NETWORKS`.
        name: the new run's name; by default the time and the network.
        progress: is called now and then with the share that is done, 0 to 1.
        settings: the other fields of `runs.config.TrainConfig`, such as `epochs` or `learning_rate`.

    Raises:
        ConfigError: a setting is unknown or not allowed.
        DatasetError: the data set cannot be loaded.
        RunError: the name is taken, TensorFlow is not installed, or the training failed; the message says why.
    """
    from digitrec.data import loading
    from digitrec.runs import TrainConfig, jobs, processes, store

    if not processes.has_tensorflow():
        raise store.RunError(processes.explain_missing_tensorflow("Training"))
    config = TrainConfig.from_dict({"dataset": dataset, "network": network, **settings})
    loading.check_trainable(dataset)
    run = store.create(config, loading.load(dataset).class_names, name)
    jobs.start(run)
    try:
        _wait(run, progress)
    except KeyboardInterrupt:
        jobs.stop(run)
        _wait(run, progress)
    if reason := jobs.failure_reason(run):
        raise store.RunError(f"the training of {run.name!r} failed: {reason}")
    return run


def evaluate(run: str | os.PathLike[str] | Run, *, dataset: str | None = None, split: str = "test") -> Score:
    """Measure a run's network on a split of a data set; what was measured before is taken from the run's folder.

    Args:
        run: a run, its name, or its folder.
        dataset: the name of a data set; by default the one that the run was trained on.
        split: "test", "validation" or "train". Each view of test images is counted with the run.

    Raises:
        ScoringError: the run has no network, or other classes than the data set.
        ClassifierError: the network cannot be loaded. DatasetError: the data set cannot be loaded.
    """
    from digitrec.data import evaluation_dataset
    from digitrec.evaluation import scoring
    from digitrec.runs import Run

    found = run if isinstance(run, Run) else _open(run)
    score = scoring.score(found, dataset or evaluation_dataset(found.config.dataset), split)
    if split == "test":
        with contextlib.suppress(OSError):  # a read-only folder: the numbers are right all the same
            found.record_view(score.evaluation.dataset, split, score.evaluation.model_sha256)
    return score


def report(score: Score, path: str | os.PathLike[str]) -> Path:
    """Write an evaluation as one HTML file that needs no network, and return its path.

    Raises:
        OSError: the file cannot be written.
    """
    from digitrec import files
    from digitrec.reporting.report import make_report

    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    files.replace(target, make_report(score).encode())
    return target


def list_runs() -> list[Run]:
    """All runs: the shipped ones first, then the newest first."""
    from digitrec.runs import store

    return store.list_runs()


def _open(name_or_path: str | os.PathLike[str]) -> Run:
    from digitrec.runs import Run, store

    path = Path(name_or_path)
    if path.name != str(name_or_path) and (path / "config.json").is_file():
        return Run(path.resolve())
    return store.open_run(str(name_or_path))


def _to_drawing(picture: Picture | Callable[[], Picture]) -> Ink | Enlarged:
    import numpy as np

    from digitrec.imaging import load_drawing

    if callable(picture):
        picture = picture()
    if isinstance(picture, np.ndarray):
        if picture.ndim != 2 or picture.dtype != np.uint8:
            raise ValueError(
                f"the picture is an array {picture.dtype} {picture.shape}: expected ink, uint8 (height, width), "
                "0 = paper and 255 = ink. Give a photo as a file, as bytes or as a PIL image."
            )
        return picture
    if isinstance(picture, bytes):
        data = picture
    elif isinstance(picture, str | os.PathLike):
        data = Path(picture).read_bytes()
    else:
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        data = buffer.getvalue()
    # As on the Draw page: the layout of the ink is judged at one size, whatever the picture's is.
    return load_drawing(data)


def _wait(run: Run, progress: Callable[[float], None] | None) -> None:
    from digitrec.runs import jobs

    while jobs.is_live(run):
        if progress is not None and (found := jobs.progress(run.history())) is not None:
            progress(found.fraction)
        time.sleep(_POLL_SECONDS)
