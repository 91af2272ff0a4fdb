"""A classifier whose answer one can tell beforehand, and ink for it."""

from pathlib import Path

import numpy as np

from digitrec.inference.classifier import Classifier

INK = np.zeros((280, 280), np.uint8)
INK[40:240, 120:160] = 255


class Known:
    """Stands in for the Classifier: finds its class in the number of inked pixels."""

    classes, sha256 = 10, "known"

    @classmethod
    def load(cls, path: Path) -> "Known":
        return Classifier.load(path) if path.name == "broken" else cls()

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        proba = np.full((len(images), 10), 0.01, np.float32)
        for row, image in zip(proba, images, strict=True):
            row[np.count_nonzero(image) % 10] = 0.91
        return proba


class Thickness:
    """Reads much ink as 7 and little as 1."""

    sha256 = "thickness"

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        proba = np.full((len(images), 10), 0.01, np.float32)
        much = images.sum((1, 2)) > 70 * 255
        proba[np.arange(len(images)), np.where(much, 7, 1)] = 0.9
        proba[:, 4] = 0.02
        return proba
