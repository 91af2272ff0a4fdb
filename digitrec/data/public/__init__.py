"""Public data sets other than MNIST: fetched by name, checked, converted once, and read from the cache folder."""

from digitrec.data.public.formats import read_pen_digits
from digitrec.data.public.sets import PUBLIC_SETS
from digitrec.data.public.store import (
    ALMOST_FULL,
    convert,
    fetch,
    is_stored,
    locate_fetched,
    locate_published,
    open_stored,
)
from digitrec.data.public.transfers import Cancelled, TransferError, receive

__all__ = [
    "ALMOST_FULL",
    "PUBLIC_SETS",
    "Cancelled",
    "TransferError",
    "convert",
    "fetch",
    "is_stored",
    "locate_fetched",
    "locate_published",
    "open_stored",
    "read_pen_digits",
    "receive",
]
