"""How much one client may ask for: a token bucket each."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

MAX_CLIENTS = 10_000  # whose buckets are remembered; the one seen longest ago is forgotten first
_IPV6_PREFIX = 64  # bits that one household has: its addresses are one client


class RateLimit:
    """A token bucket for each client: a picture costs a token, and tokens come back with time.

    Args:
        rate: tokens a second; 0: no limit.
        burst: tokens that a bucket holds.
        clock: gives seconds.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, float(burst), clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when that was

    def take(self, client: str, tokens: float = 1.0) -> float:
        """Take tokens; return 0, or the seconds after which there is one again, and then nothing is taken.

        A request with many pictures may take more than there is: its client then waits longer.
        """
        if not self._rate:
            return 0.0
        now = self._clock()
        left, then = self._buckets.pop(client, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._rate)
        if left < 1:
            self._buckets[client] = left, now
            return (1 - left) / self._rate
        self._buckets[client] = left - tokens, now
        while len(self._buckets) > MAX_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0

    def charge(self, client: str, tokens: float) -> None:
        """Take more tokens of a request that was let in."""
        if self._rate and client in self._buckets:
            left, then = self._buckets[client]
            self._buckets[client] = max(left - tokens, -self._burst), then


def client_name(host: str | None) -> str:
    """The name of the client at an address: the address, or the network of an IPv6 one."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return host or "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address)


def retry_after(seconds: float) -> dict[str, str]:
    """The header that says when to come back."""
    return {"Retry-After": str(max(1, math.ceil(seconds)))}
