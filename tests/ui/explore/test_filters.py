"""What is filtered, in words; and what a card says of an image whose writer is known."""

import dataclasses

import numpy as np

from digitrec.data import loading
from digitrec.evaluation import ImageQuery
from digitrec.ui.explore import card, filters

NAMES = tuple("abc")


def test_every_filter_is_told():
    query = ImageQuery("test", 1, "wrong", 2, 7, (1, 2), None, (-3.4, 0), None, None, (0.5, 1), "leaks")
    told = (
        "class b, read wrong, read as c, writer 07, equal images in training and in test, "
        "ink 1.0% to 2.0%, slant −3° to 0°, confidence 50.0% to >99.9%"
    )
    assert filters.describe_query(query, NAMES) == told
    assert filters.describe_query(ImageQuery("test", sort="ink"), NAMES) == ""
    assert filters.describe_count(1, 1, ImageQuery(), NAMES) == "**1** image"


def test_a_card_tells_the_writer_where_it_is_known():
    whole = loading.load("digits")
    writers = tuple(np.full(len(part.labels), -1) for part in (whole.train, whole.test))
    writers[1][3] = 12
    dataset = dataclasses.replace(whole, writers=writers)
    assert card._describe(dataset, "test", 3).endswith(" · writer 12")
    assert "writer" not in card._describe(dataset, "test", 4)
    assert "writer" not in card._describe(whole, "test", 3)
