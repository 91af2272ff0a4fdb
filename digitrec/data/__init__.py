"""Named data sets as read-only arrays: where they are, how they are loaded, imported and split."""

from digitrec.data import (
    background,
    catalogue,
    corrections,
    data_files,
    drawn_samples,
    duplicates,
    importing,
    loading,
    mapped,
    measures,
    picture_files,
    splits,
    statistics,
    user_datasets,
    user_drawings,
)
from digitrec.data.catalogue import DATASETS, DatasetError, Description, Progress, evaluation_dataset
from digitrec.data.duplicates import Duplicates
from digitrec.data.loading import cache_folder
from digitrec.data.measures import MEASURES, ImageMeasures
from digitrec.data.splits import Dataset, Split, hash_images, hash_split
from digitrec.data.statistics import Prototypes, find_prototypes

__all__ = [
    "DATASETS",
    "MEASURES",
    "Dataset",
    "DatasetError",
    "Description",
    "Duplicates",
    "ImageMeasures",
    "Progress",
    "Prototypes",
    "Split",
    "background",
    "cache_folder",
    "catalogue",
    "corrections",
    "data_files",
    "drawn_samples",
    "duplicates",
    "evaluation_dataset",
    "find_prototypes",
    "hash_images",
    "hash_split",
    "importing",
    "loading",
    "mapped",
    "measures",
    "picture_files",
    "splits",
    "statistics",
    "user_datasets",
    "user_drawings",
]
