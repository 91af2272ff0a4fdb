"""Runs: what is trained, what happened to it, and which process works on it. Each run is a folder."""

from digitrec.runs import (
    architectures,
    checkpoints,
    jobs,
    measurements,
    processes,
    provenance,
    schedules,
    spare,
    store,
)
from digitrec.runs.architectures import (
    IMAGE_SIDE,
    NETWORKS,
    Conv,
    Crop,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Pool,
    Residual,
    Standardize,
    count_parameters,
    summarise,
)
from digitrec.runs.checkpoints import Checkpoint
from digitrec.runs.config import (
    AUGMENTATIONS,
    PRESETS,
    SCHEDULES,
    ConfigError,
    StartPoint,
    TrainConfig,
    split_names,
)
from digitrec.runs.history import PAUSED, Batch, Change, End, Epoch, History, Resume, Start
from digitrec.runs.jobs import Status
from digitrec.runs.measurements import Measurement, MeasurementError, Progress
from digitrec.runs.processes import FORMATS, DownloadError, read_model_file
from digitrec.runs.run import Notes, Run
from digitrec.runs.schedules import Course
from digitrec.runs.store import RunError, open_run
from digitrec.runs.wishes import MAX_STRENGTH, Wishes

__all__ = [
    "AUGMENTATIONS",
    "FORMATS",
    "IMAGE_SIDE",
    "MAX_STRENGTH",
    "NETWORKS",
    "PAUSED",
    "PRESETS",
    "SCHEDULES",
    "Batch",
    "Change",
    "Checkpoint",
    "ConfigError",
    "Conv",
    "Course",
    "Crop",
    "Dense",
    "DownloadError",
    "Dropout",
    "End",
    "Epoch",
    "Flatten",
    "History",
    "Layer",
    "Measurement",
    "MeasurementError",
    "Notes",
    "Pool",
    "Progress",
    "Residual",
    "Resume",
    "Run",
    "RunError",
    "Standardize",
    "Start",
    "StartPoint",
    "Status",
    "TrainConfig",
    "Wishes",
    "architectures",
    "checkpoints",
    "count_parameters",
    "jobs",
    "measurements",
    "open_run",
    "processes",
    "provenance",
    "read_model_file",
    "schedules",
    "spare",
    "split_names",
    "store",
    "summarise",
]
