"""digitrec reads handwritten digits, shows why it read them so, and trains the networks that do it.

The words, one contract obeyed everywhere:

image    uint8 (28, 28), 0 = paper, 255 = ink; `images` is uint8 (n, 28, 28). The same from disk, canvas,
         photo and upload up to the network's own first layer, which scales to [0, 1] and adds the channel
         axis. Nobody else divides by 255, inverts, or adds an axis.
label    int64 (n,), an index into the data set's `class_names`.
proba    float32 (n, c), rows sum to 1; c = len(class_names). Nothing assumes c = 10.
ink      uint8 (height, width) of any size, 0 = paper, 255 = ink: a drawing or a cleaned photo.
gray     uint8 (height, width), a photo as it came, 0 = black.
dataset  named train and test splits plus class_names; validation is a seeded, stratified part of train.
run      one training: a folder under models/.
job      a run that is training or queued: a worker process.
"""

from typing import TYPE_CHECKING, Any

from digitrec._version import __version__

if TYPE_CHECKING:
    from digitrec.api import Model, evaluate, list_runs, load_dataset, load_model, predict, report, to_mnist, train

__all__ = [
    "Model",
    "__version__",
    "evaluate",
    "list_runs",
    "load_dataset",
    "load_model",
    "predict",
    "report",
    "to_mnist",
    "train",
]


def __getattr__(name: str) -> Any:
    # Lazily, so that `import digitrec`, and with it every command, is quick.
    if name in __all__:
        from digitrec import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
