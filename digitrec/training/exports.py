"""A run's network in other formats, each compared with Keras before it is given away."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from digitrec import files
from digitrec.data import DatasetError
from digitrec.exchange import (
    FORMATS,
    Proof,
    ProofImages,
    choose_images,
    export_path,
    exports_folder,
    keras_sha256,
    save_proof,
)
from digitrec.imaging import Floats
from digitrec.runs import Run
from digitrec.training import converting, export, proving
from digitrec.training.converting import ConversionError, Source

_BATCH = 250


class Exporter:
    """Makes the files of a run, and proves each. The network and the images are loaded once."""

    def __init__(self, run: Run) -> None:
        """Load the network and the images.

        Raises:
            ModelFileError: the run's Keras file is missing or damaged.
        """
        self._run, self._sha256 = run, keras_sha256(run)
        self._images: ProofImages | None = None
        self._expected: Floats = np.empty((0, 0), np.float32)
        self._problem = ""
        model = export.load_keras(run)
        try:
            self._images = found = choose_images(run)
            self._expected = model.predict(found.images, batch_size=_BATCH, verbose=0)
        except DatasetError as error:
            self._problem = str(error)
        self._source = Source(run, model, self._images.calibration if self._images else None)

    def make(self, kind: str, folder: Path) -> Proof:
        """Make the file of a format in a folder, and prove it; the proof is not stored yet.

        Args:
            kind: a key of `FORMATS`.
            folder: gets the file, under the name that `export_path` gives, whole or not at all.

        Raises:
            ConversionError: this network cannot be written in this format, or the file cannot be read back.
            OSError: the folder cannot be written.
        """
        path = export_path(self._run, kind, folder)
        if FORMATS[kind].is_stored:
            return self._prove(kind, path)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            temporary = Path(place) / path.name
            converting.convert(self._source, kind, temporary)
            proof = self._prove(kind, temporary)
            temporary.replace(path)
        return proof

    def _prove(self, kind: str, path: Path) -> Proof:
        try:
            with converting.quiet():
                loaded = proving.load(kind, path)
                compared = proving.compare(loaded, self._images.images, self._expected) if self._images else None
        except Exception as error:  # any error of any runtime says the same: the file is no good
            said = " ".join(f"{type(error).__name__}: {error}".split())[-300:]
            raise ConversionError(
                f"the {FORMATS[kind].label} file was made, but its own runtime does not run it: {said}. Choose "
                "another format."
            ) from error
        proof = Proof(
            kind=kind,
            model_sha256=self._sha256,
            size=path.stat().st_size,
            runtime=loaded.runtime,
            quantisation=loaded.quantisation,
            note=loaded.note or self._problem,
        )
        if compared is None or self._images is None:
            return proof
        return _add_numbers(proof, compared, self._images)


def _add_numbers(proof: Proof, compared: proving.Comparison, images: ProofImages) -> Proof:
    """The proof with what a comparison measured."""
    return dataclasses.replace(
        proof,
        images=len(images.images),
        dataset=images.dataset,
        split=images.split,
        changed=compared.changed,
        largest_difference=compared.largest_difference,
        latency=compared.latency,
    )


def make_exports(
    run: Run, kinds: Sequence[str], *, report: Callable[[str, Proof | ConversionError, Path], None]
) -> None:
    """Make and prove the files of several formats; they stay with the run, where its folder can be written.

    Args:
        run: a run with a model.
        kinds: keys of `FORMATS`.
        report: gets each format, its proof or why it failed, and the path of its file, in turn.

    Raises:
        ModelFileError: the run's Keras file is missing or damaged.
        OSError: the folder cannot be written.
    """
    exporter = Exporter(run)
    with _open_folder(run) as (folder, stays):
        for kind in kinds:
            try:
                proof = exporter.make(kind, folder)
            except ConversionError as error:
                report(kind, error, folder)
                continue
            if stays:
                save_proof(proof, folder)
            report(kind, proof, export_path(run, kind, folder))


@contextlib.contextmanager
def _open_folder(run: Run) -> Iterator[tuple[Path, bool]]:
    """Where the files are made, and whether they stay there: not where the program only reads."""
    if files.is_read_only():
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder), False
    else:
        yield exports_folder(run), True
