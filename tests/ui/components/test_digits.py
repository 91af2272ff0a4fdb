"""Galleries as a browser reads them."""

import numpy as np
from streamlit.testing.v1 import AppTest

from digitrec.inference.verdict import Reason, Verdict
from digitrec.reporting import format_probability
from digitrec.ui.components.digits import short_verdict
from support.html_reader import Reader, pixels

CHANCE = np.random.default_rng(0)
UNSURE = Reason("between two classes", "confidence", 0.55, (0.6, 1.0))


def shown(function, **arguments) -> Reader:
    page = AppTest.from_function(function, kwargs=arguments).run()
    assert not page.exception
    return Reader("".join(block.proto.body for block in page.get("html")))


def gallery(**arguments):
    from digitrec.ui.components.digits import digit_gallery

    digit_gallery(**arguments)


def test_the_gallery_shows_the_images_themselves():
    images = CHANCE.integers(0, 256, (5, 28, 28), dtype=np.uint8)
    found = shown(gallery, images=images, captions=list("abcde"), alts=list("vwxyz"))
    assert np.array_equal([pixels(image["src"]) for image in found.images], images)
    assert [image["alt"] for image in found.images] == list("vwxyz")
    assert found.texts == list("abcde")


def test_the_caption_stands_in_for_a_missing_alt():
    found = shown(gallery, images=np.zeros((1, 28, 28), np.uint8), captions=["a 7"])
    assert found.images[0]["alt"] == "a 7"


def test_a_caption_is_text_whatever_it_holds():
    found = shown(gallery, images=np.zeros((1, 28, 28), np.uint8), captions=['<b>"x" & y</b>'])
    assert found.texts == ['<b>"x" & y</b>'] == [found.images[0]["alt"]]
    assert found.tags == ["div", "figure", "img", "figcaption"]


def test_a_reading_in_a_few_words():
    proba = np.array([0.1, 0.9])
    assert short_verdict(Verdict(proba, ("a", "b"))) == "b, 90.0%"
    assert short_verdict(Verdict(proba, ("a", "b"), (UNSURE,))) == "not sure, maybe b"


def test_percent_never_says_all_or_nothing():
    shares = np.concatenate([np.linspace(0, 1, 2001), 10.0 ** -np.arange(1, 9), 1 - 10.0 ** -np.arange(1, 9)])
    for share in shares:
        assert format_probability(share) not in ("100.0%", "0.0%")
        assert abs(float(format_probability(share).strip("<>%")) - 100 * share) <= 0.1
