"""What a browser makes of HTML that the pages write."""

import base64
import io
from html.parser import HTMLParser

import numpy as np
from PIL import Image


class Reader(HTMLParser):
    """What a browser makes of HTML: its images, its texts, and all its tags."""

    def __init__(self, html: str):
        super().__init__()
        self.images, self.texts, self.tags = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attributes))

    def handle_data(self, data):
        self.texts.append(data)


def pixels(source: str) -> np.ndarray:
    kind, _, data = source.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
