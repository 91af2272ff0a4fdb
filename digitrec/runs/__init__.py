"""Runs: what is trained, what happened to it, and which process works on it. Each run is a folder."""

from digitrec.runs import architectures, jobs, measurements, processes, provenance, spare, store
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
from digitrec.runs.config import AUGMENTATIONS, PRESETS, SCHEDULES, ConfigError, TrainConfig, split_names
from digitrec.runs.history import Batch, End, Epoch, History, Start
from digitrec.runs.jobs import Status
from digitrec.runs.measurements import Measurement, MeasurementError, Progress
from digitrec.runs.processes import FORMATS, DownloadError, read_model_file
from digitrec.runs.run import Notes, Run
from digitrec.runs.store import RunError, open_run

__all__ = [
    "AUGMENTATIONS",
    "FORMATS",
    "IMAGE_SIDE",
    "NETWORKS",
    "PRESETS",
    "SCHEDULES",
    "Batch",
    "ConfigError",
    "Conv",
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
    "Run",
    "RunError",
    "Standardize",
    "Start",
    "Status",
    "TrainConfig",
    "architectures",
    "count_parameters",
    "jobs",
    "measurements",
    "open_run",
    "processes",
    "provenance",
    "read_model_file",
    "spare",
    "split_names",
    "store",
    "summarise",
]
