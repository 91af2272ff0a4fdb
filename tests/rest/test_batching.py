"""Pictures that come together are read together, and one that comes alone is read at once."""

import asyncio

import pytest

from digitrec.rest import batching
from digitrec.rest.batching import Batcher
from digitrec.rest.pictures import Picture


@pytest.fixture
def batches(monkeypatch):
    """The names of the pictures of each batch that was read; the answer to a picture is its name."""
    found = []

    def read(loaded, pictures):
        found.append([picture.name for picture in pictures])
        return found[-1]

    monkeypatch.setattr(batching, "_read", read)
    return found


def light(*names):
    return [Picture(name, b"\xff\xd8\xff") for name in names]


def test_pictures_that_come_together_are_read_together(batches):
    async def visit():
        batcher = Batcher(30, batches.count)
        assert await batcher.read(None, light("first")) == ["first"]  # nobody came before: it does not wait
        several = [batcher.read(None, light(f"{number}")) for number in range(batching._ENOUGH)]
        answers = await asyncio.gather(*several)  # they wait for each other until there are enough
        batcher.close()
        return answers

    assert asyncio.run(visit()) == [[f"{number}"] for number in range(batching._ENOUGH)]
    assert [len(batch) for batch in batches] == [1, batching._ENOUGH]


def test_without_a_wait_each_is_read_when_it_comes(batches):
    async def visit():
        batcher = Batcher(0, batches.count)
        for name in "abc":
            assert await batcher.read(None, light(name)) == [name]
        batcher.close()

    asyncio.run(visit())
    assert batches == [["a"], ["b"], ["c"]]
