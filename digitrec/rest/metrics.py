"""Counters of the API for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, exposition

MEDIA_TYPE = exposition.CONTENT_TYPE_LATEST
_METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH")
_SECONDS = (0.005, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 100)


class Metrics:
    """What is counted; labels come from closed lists, so that no client can make new ones."""

    def __init__(self, queued: Callable[[], int]) -> None:
        """Make counters at zero.

        Args:
            queued: how many pictures wait.
        """
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "digitrec_requests", "Requests answered", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "digitrec_request_seconds",
            "Seconds from a request to its answer",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._images = Counter("digitrec_images", "Pictures read", ("result",), registry=registry)
        self._batches = Histogram(
            "digitrec_batch_size",
            "Pictures predicted together",
            buckets=_BATCH_SIZES,
            registry=registry,
        )
        Gauge("digitrec_queue", "Pictures that wait", registry=registry).set_function(queued)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_images(self, result: str, count: int = 1) -> None:
        """Count pictures by what came of them: "sure", "not sure" or "not read"."""
        if count:
            self._images.labels(result).inc(count)

    def count_batch(self, size: int) -> None:
        """Count pictures that were predicted together."""
        self._batches.observe(size)

    def to_text(self) -> bytes:
        """All numbers as Prometheus reads them."""
        return exposition.generate_latest(self._registry)
