"""Named data sets as read-only arrays: where they are, how they are loaded, imported and split."""

from digitrec.data import (
    catalogue,
    import_file,
    import_preview,
    loading,
    picture_files,
    splits,
    statistics,
    user_datasets,
    user_drawings,
)
from digitrec.data.catalogue import DATASETS, DatasetError, Description, Progress, evaluation_dataset
from digitrec.data.import_arrays import MAX_FILE_BYTES, MAX_IMAGES
from digitrec.data.import_columns import LabelColumnError
from digitrec.data.import_file import ImportResult
from digitrec.data.import_preview import Preview
from digitrec.data.import_table import find_column
from digitrec.data.loading import cache_folder
from digitrec.data.splits import Dataset, Split, hash_images, hash_split
from digitrec.data.statistics import Prototypes, find_prototypes

__all__ = [
    "DATASETS",
    "MAX_FILE_BYTES",
    "MAX_IMAGES",
    "Dataset",
    "DatasetError",
    "Description",
    "ImportResult",
    "LabelColumnError",
    "Preview",
    "Progress",
    "Prototypes",
    "Split",
    "cache_folder",
    "catalogue",
    "evaluation_dataset",
    "find_column",
    "find_prototypes",
    "hash_images",
    "hash_split",
    "import_file",
    "import_preview",
    "loading",
    "picture_files",
    "splits",
    "statistics",
    "user_datasets",
    "user_drawings",
]
