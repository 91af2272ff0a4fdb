"""A classifier that reads scikit-learn's digits by their mean images, with an embedding."""

import numpy as np

from digitrec.data.sklearn_digits import read
from support.linear_reader import Linear

IMAGES, LABELS = read()
NAMES = tuple("0123456789")


class Reader(Linear):
    """A linear reader of ten classes whose embedding is the image itself, made coarse."""

    classes, embedding_size, sha256 = 10, 49, "reader"

    def __init__(self):
        means = np.stack([IMAGES[label == LABELS].mean(0) for label in range(10)]) / 255
        super().__init__(means, list(-(means**2).sum((1, 2)) / 2))

    def embed(self, images):
        return images.reshape(-1, 7, 4, 7, 4).mean((2, 4)).reshape(-1, 49).astype(np.float32)
