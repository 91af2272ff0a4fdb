"""Other people's images as a data set: from ZIP, CSV, IDX and NPZ files, looked at before they are taken."""

from digitrec.data.importing import grids
from digitrec.data.importing.arrays import MAX_FILE_BYTES, MAX_IMAGES
from digitrec.data.importing.columns import LabelColumnError
from digitrec.data.importing.content import (
    FILE_TYPES,
    MIN_SPLIT_IMAGES,
    TEST_SHARE,
    Choices,
    FileContent,
    ImportResult,
    add_dataset,
    order_classes,
    read,
    suggest_name,
)
from digitrec.data.importing.grids import Grid
from digitrec.data.importing.previews import Preview, list_columns, preview
from digitrec.data.importing.tables import find_column

__all__ = [
    "FILE_TYPES",
    "MAX_FILE_BYTES",
    "MAX_IMAGES",
    "MIN_SPLIT_IMAGES",
    "TEST_SHARE",
    "Choices",
    "FileContent",
    "Grid",
    "ImportResult",
    "LabelColumnError",
    "Preview",
    "add_dataset",
    "find_column",
    "grids",
    "list_columns",
    "order_classes",
    "preview",
    "read",
    "suggest_name",
]
