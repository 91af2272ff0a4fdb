"""Of 200 hostile files each is refused in words or read, none ends the program, and memory stays below 500 MB."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.hostile_files import hostile
from support.places import ROOT

# Takes each file on the whole way from bytes to an image, as the page does, and prints what was said of it.
READ_ALL = """
import sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
from digitrec.imaging import InkError, PictureError, fit_to_square, read_ink, to_mnist
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        image = to_mnist(fit_to_square(read_ink(path.read_bytes())[1].ink, 280))
        print(path.name, "read", image.shape, image.dtype, sep="\\t")
    except (PictureError, InkError) as error:
        print(path.name, "refused", error, sep="\\t")
print("peak", Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0], sep="\\t")
"""
ADVICE = ("expected", "Shrink it", "save or send it again", "Draw with")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of memory so")
def test_200_hostile_files_get_a_clear_word_each_in_less_than_500_mb(tmp_path):
    files = hostile()
    assert len(files) == len(set(files)) == 200
    folder = tmp_path / "files"
    folder.mkdir()
    for number, data in enumerate(files):
        (folder / f"{number:03}").write_bytes(data)
    command = [sys.executable, "-c", READ_ALL, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    *said, (_, peak) = (line.split("\t") for line in done.stdout.splitlines())
    assert [row[0] for row in said] == [f"{number:03}" for number in range(200)]
    refused = [row[2] for row in said if row[1] == "refused"]
    assert len(refused) > 100 and all(any(advice in words for advice in ADVICE) for words in refused)
    assert all(row[2:] == ["(28, 28)", "uint8"] for row in said if row[1] == "read")
    assert int(peak) < 500_000, f"{int(peak) / 1000:.0f} MB"
