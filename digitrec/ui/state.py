"""Session keys that several files share. A key that only one file uses stays in that file."""

from __future__ import annotations

PAGE = "page-now"  # title of the page that is shown
LAST_PAGE = "page-before"  # title of the page of the run before; differs from PAGE on arrival at a page

CANVAS = "draw"  # prefix of all keys of the canvas on Draw
DRAW_MODEL = "draw-model"  # name of the run chosen on Draw
EVALUATE_MODEL = "evaluate-model"  # name of the run chosen on Evaluate
READ_MODEL = "read-model"  # name of the run chosen on Read
MODELS_MODEL = "models-model"  # name of the run chosen on Models
PAGE_MODELS = (DRAW_MODEL, READ_MODEL, EVALUATE_MODEL, MODELS_MODEL)  # a choice on one page holds on all of them

EXPLORE_DATASET = "explore-dataset"  # name of the data set chosen on Explore

TRAIN_ERROR = "train-error"  # why the last training could not be started
TRAIN_PINS = "train-pins"  # list of Pin: the digits that the next training, and the one that runs, shall answer
TRAIN_PREVIEW_SEED = "train-preview"  # seed of the preview of augmented images

SEARCH_NAME = "search-name"  # name of the search chosen on Search

EVALUATE_SECTION = "evaluate-section"  # the section that is shown
EVALUATE_SPLIT = "evaluate-split"  # "test", "validation" or "train"


def evaluate_dataset(run: str) -> str:
    """Key of the name of the data set that is chosen on Evaluate for a run."""
    return f"evaluate-dataset {run}"


def page_model(page: str) -> str:
    """Key of the name of the run that is chosen on a page: "draw", "read", "evaluate" or "models"."""
    return f"{page}-model"


def next_choice(key: str) -> str:
    """Key of the value that the picker with this key chooses when it is shown next."""
    return f"{key}-next"
