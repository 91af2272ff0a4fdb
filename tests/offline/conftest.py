"""A page of Chromium that has the scripts of the offline page, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import digitrec.offline
from support.chromium import launched

# Drawings come compressed: they are mostly paper, and what goes to the browser is written out as text.
UNPACK = """
function unpackBytes(text) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}
async function unpackDrawings({inks, shapes}) {
  const stream = new Blob([unpackBytes(inks)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let start = 0;
  return shapes.map(([height, width]) => (
    {ink: bytes.slice(start, start += height * width), height, width}
  ));
}
"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with launched(chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def scripts(browser: Browser) -> Iterator[Page]:
    """Has `makeNetwork`, `toMnist` and `makeReader`."""
    folder = Path(digitrec.offline.__file__).parent
    page = browser.new_page()
    page.add_script_tag(content="\n".join((folder / name).read_text() for name in ("network.js", "reading.js")))
    page.add_script_tag(content=UNPACK)
    yield page
    page.close()
