"""Pictures of requests that come at the same time are predicted together, in a thread beside the event loop.

Small pictures wait for each other at most a few milliseconds, unless few come; while a batch is computed the next
one gathers. Large ones, such as photos, have threads of their own, so that no small one waits for them.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeAlias, TypeVar

from digitrec.inference import BATCH, ReadError, Verdict, read_many
from digitrec.rest.models import Loaded
from digitrec.rest.pictures import Picture

Answer: TypeAlias = Verdict | ReadError
T = TypeVar("T")
PHOTO_THREADS = 2
_ENOUGH = 16  # pictures of a batch: more of them cost each as much


class _Waiting(NamedTuple):
    loaded: Loaded
    picture: Picture
    answer: asyncio.Future[Answer]
    since: float  # by the event loop's clock


class Batcher:
    """Reads pictures in batches; it belongs to one event loop.

    Args:
        seconds: that a picture waits for others, at most, while no batch is computed. It does not wait if the one
            before it came longer ago.
        count_batch: told how many pictures are read together.
    """

    def __init__(self, seconds: float, count_batch: Callable[[int], None]) -> None:
        self._seconds, self._count_batch = seconds, count_batch
        self._digits = ThreadPoolExecutor(1, "digits")
        self._photos = ThreadPoolExecutor(PHOTO_THREADS, "photos")
        self._waiting: list[_Waiting] = []
        self._timer: asyncio.TimerHandle | None = None
        self._last, self._is_quiet = -math.inf, True  # when the last picture came; whether that was long ago
        self._is_busy = False
        self._in_photos = 0

    @property
    def queued(self) -> int:
        """How many pictures wait, or are read in a thread for photos."""
        return len(self._waiting) + self._in_photos

    async def read(self, loaded: Loaded, pictures: Sequence[Picture]) -> list[Answer]:
        """The answer to each picture: a verdict, or why it cannot be read."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._last, self._is_quiet = now, now - self._last > self._seconds
        futures: dict[int, asyncio.Future[Answer]] = {}
        heavy: list[int] = []
        for index, picture in enumerate(pictures):
            if picture.is_light:
                futures[index] = loop.create_future()
                self._waiting.append(_Waiting(loaded, picture, futures[index], now))
            else:
                heavy.append(index)
        if futures:
            self._arrange(loop)
        answers: dict[int, Answer] = {}
        if heavy:
            read = await self.run_in_thread(len(heavy), _read, loaded, [pictures[index] for index in heavy])
            answers |= zip(heavy, read, strict=True)
        for index, future in futures.items():
            answers[index] = await future
        return [answers[index] for index in range(len(pictures))]

    async def run_in_thread(self, pictures: int, work: Callable[..., T], *arguments: object) -> T:
        """Do work on so many pictures in one of the threads for photos, and return what it gives."""
        self._in_photos += pictures
        try:
            return await asyncio.get_running_loop().run_in_executor(self._photos, work, *arguments)
        finally:
            self._in_photos -= pictures

    def close(self) -> None:
        """End the threads."""
        self._digits.shutdown(wait=False, cancel_futures=True)
        self._photos.shutdown(wait=False, cancel_futures=True)

    def _arrange(self, loop: asyncio.AbstractEventLoop) -> None:
        """See to it that what waits is read."""
        if self._is_busy or not self._waiting:
            return  # what waits is read when the present batch is done
        left = self._waiting[0].since + self._seconds - loop.time()
        if len(self._waiting) >= _ENOUGH or left <= 0 or self._is_quiet:
            self._begin(loop)
        elif self._timer is None:
            self._timer = loop.call_later(left, self._begin, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._is_busy or not self._waiting:
            return
        first = self._waiting[0].loaded
        batch = [each for each in self._waiting if each.loaded is first][:BATCH]
        taken = set(map(id, batch))
        self._waiting = [each for each in self._waiting if id(each) not in taken]
        batch = [each for each in batch if not each.answer.done()]  # the client may have gone
        if not batch:
            self._arrange(loop)
            return
        self._is_busy = True
        self._count_batch(len(batch))
        done = loop.run_in_executor(self._digits, _read, first, [each.picture for each in batch])
        done.add_done_callback(lambda future: self._end(loop, batch, future))

    def _end(
        self, loop: asyncio.AbstractEventLoop, batch: list[_Waiting], done: asyncio.Future[list[Answer]]
    ) -> None:
        self._is_busy = False
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        answers: Sequence[Answer | BaseException] = done.result() if error is None else [error] * len(batch)
        for each, answer in zip(batch, answers, strict=True):
            if each.answer.done():
                continue
            if error is not None:
                each.answer.set_exception(RuntimeError(f"the pictures were not read: {error!r}"))
            else:
                each.answer.set_result(answer)  # type: ignore[arg-type]  # no error: all are answers
        self._arrange(loop)


def _read(loaded: Loaded, pictures: Sequence[Picture]) -> list[Answer]:
    loads = (picture.load_drawing for picture in pictures)
    return list(read_many(loads, loaded.classifier, loaded.run, reference=loaded.reference))
