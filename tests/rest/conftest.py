"""The API without sockets."""

import io

import pytest
from PIL import Image
from starlette.testclient import TestClient

from digitrec.rest import Settings, application
from support.image_files import DIGITS, png


@pytest.fixture(scope="session")
def pictures():
    """Embedded digits as PNG files."""
    return [png(image) for image in DIGITS.images[:12]]


@pytest.fixture(scope="session")
def photo():
    """A photo too large for the batches: a 7 on grey paper."""
    from PIL import ImageDraw

    paper = Image.new("L", (900, 900), 210)
    ImageDraw.Draw(paper).line([(250, 240), (640, 230), (560, 420), (450, 700)], fill=20, width=60)
    buffer = io.BytesIO()
    paper.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def make_client():
    """A client of a new application with these settings; the network stays loaded between tests."""

    def make(**settings):
        return TestClient(
            application.create_app(Settings(**{"rate": 0.0, **settings})), raise_server_exceptions=False
        )

    return make


@pytest.fixture
def client(make_client):
    return make_client()
