"""What the tests of searches share."""

import pytest

from digitrec.search import Search, folder
from support.searches import PLAN


@pytest.fixture
def search() -> Search:
    return folder.create(PLAN, "mine")
