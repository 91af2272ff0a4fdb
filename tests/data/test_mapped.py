"""Images that are mapped into memory: taken and read in chunks without holding them all."""

import numpy as np
import pytest

from digitrec.data import mapped

IMAGES = np.random.default_rng(5).integers(0, 256, (70, 28, 28), np.uint8)


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / "images.npy", IMAGES)
    return np.load(tmp_path / "images.npy", mmap_mode="r")


def test_what_is_taken_of_mapped_images_is_mapped_and_its_file_has_no_name(file, tmp_path, monkeypatch):
    monkeypatch.setattr(mapped, "CHUNK_IMAGES", 16)
    chosen = np.arange(0, 70, 3)
    taken = mapped.take(file, chosen)
    assert mapped.is_mapped(taken) and np.array_equal(taken, IMAGES[chosen])
    assert not taken.flags.writeable
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["images.npy"]
    assert len(mapped.take(file, chosen[:0])) == 0
    again = mapped.take(taken, np.array([1, 2]))
    assert np.array_equal(again, IMAGES[[3, 6]])


def test_other_images_are_copied():
    taken = mapped.take(IMAGES, np.array([4, 9]))
    assert not mapped.is_mapped(taken) and np.array_equal(taken, IMAGES[[4, 9]])


@pytest.mark.parametrize("count", [1, 16, 70, 200])
def test_the_chunks_are_the_images_also_after_their_memory_was_given_back(file, count):
    for images in (file, IMAGES):
        assert np.array_equal(np.concatenate(list(mapped.iterate_chunks(images, count))), IMAGES)
    mapped.release(file)
    assert np.array_equal(file, IMAGES)
