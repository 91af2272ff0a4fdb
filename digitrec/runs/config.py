"""One training, described: `TrainConfig`, and the presets a person starts from."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from digitrec.data import corrections
from digitrec.imaging import Augmentation
from digitrec.runs import own_network
from digitrec.runs.architectures import NETWORKS, Network

SCHEDULES = {
    "constant": "the same learning rate throughout",
    "cosine": "falls along half a cosine from the learning rate to zero",
    "exponential": "is multiplied by 0.98 after each epoch",
    "step": "falls to a tenth after half of the training, and to a hundredth after three quarters",
    "one-cycle": "rises to the learning rate, then falls to near zero (Smith 2018, arXiv 1803.09820)",
}
AUGMENTATIONS = Augmentation._fields
IMPORTED = "imported"  # the network of a run that was trained elsewhere: nothing here trains one like it

_VERSIONS = f"{corrections.LATEST}, or a version of {corrections.VERSION_LENGTH} letters and digits"
_VERSION = re.compile(rf"|{corrections.LATEST}|[0-9a-f]{{{corrections.VERSION_LENGTH}}}")


class ConfigError(ValueError):
    """A setting is not allowed: the message names it, its value and what is allowed."""


def _number_field(default: float, low: float, high: float, step: float, text: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "step": step, "help": text})


def _choice_field(default: str, names: tuple[str, ...], text: str) -> Any:
    return field(default=default, metadata={"choices": names, "help": text})


def _names_field(text: str) -> Any:
    return field(default="", metadata={"optional": "none; separate names by commas", "help": text})


class StartPoint(NamedTuple):
    """Weights that a training can start from: of a run's network, or of its checkpoint of an epoch."""

    name: str
    epoch: int | None = None


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """All settings of a training: the same config and data give the same run.

    The fields' metadata (`low`, `high`, `step`, `choices`, `help`) makes the dashboard's sliders and the command
    line's options.

    Raises:
        ConfigError: a value has the wrong type or is out of its range.
    """

    dataset: str = field(default="mnist", metadata={"help": "name of the data set"})
    corrections: str = field(
        default="",
        metadata={
            "optional": "none",
            "kind": _VERSIONS,
            "help": "the corrections of the training images that were made on Explore: latest, or a version of "
            "them. Relabelled images have their new label, others are left out; test images stay as they are",
        },
    )
    network: str = _choice_field(
        "cnn", (*NETWORKS, own_network.OWN), "name of the network; own is the one that layers describes"
    )
    layers: str = field(
        default="",
        metadata={
            "optional": f'none; own: such as "{own_network.EXAMPLE}"',
            "kind": "a line of text",
            "help": "the layers of the network own, in one line",
        },
    )
    start_from: str = _names_field(
        "trained runs with the same network; the training starts from their weights. run@3 are those after its "
        "epoch 3, where that is kept. Several runs are averaged: they must have started from the same weights. "
        "None: random weights"
    )
    trained_layers: int = _number_field(
        0,
        0,
        30,
        1,
        "train only so many of the last layers, the rest stays as in the runs that the training starts from; a "
        "block with a residual link is one layer; 0: all",
    )
    teachers: str = _names_field(
        "trained runs; the network learns their averaged answers beside the labels. A teacher that has learnt "
        "only from MNIST does not teach the drawings of `mnist+pen`"
    )
    teacher_share: float = _number_field(
        0.5, 0.0, 1.0, 0.05, "weight of the teachers' answers in the targets; the rest is the label"
    )
    epochs: int = _number_field(5, 1, 200, 1, "passes over the training images")
    batch_size: int = _number_field(128, 8, 2048, 8, "images per step")
    learning_rate: float = _number_field(
        1e-3, 1e-5, 0.1, 1e-5, "step size of Adam; its peak where a schedule changes it"
    )
    beta_1: float = _number_field(0.9, 0.0, 0.99, 0.01, "share of the last gradients that Adam's direction keeps")
    beta_2: float = _number_field(
        0.999, 0.9, 0.9999, 0.0001, "share of the last squared gradients that Adam's step size keeps"
    )
    schedule: str = _choice_field("constant", tuple(SCHEDULES), "how the learning rate changes")
    warmup: float = _number_field(
        0.0,
        0.0,
        0.5,
        0.05,
        "share of the training in which the learning rate rises from zero; one-cycle has its own; 0 is off",
    )
    dropout: float = _number_field(0.0, 0.0, 0.8, 0.05, "share of units switched off at random; 0 is off")
    validation_share: float = _number_field(
        0.1, 0.0, 0.5, 0.01, "share of the training images held out for validation"
    )
    patience: int = _number_field(
        0,
        0,
        50,
        1,
        "stop after this many epochs without a lower validation loss, with the best weights; 0 is off",
    )
    rotation: float = _number_field(0.0, 0.0, 45.0, 1.0, "rotated by up to this many degrees either way; 0 is off")
    shift: float = _number_field(0.0, 0.0, 0.3, 0.01, "shifted by up to this share of the width; 0 is off")
    zoom: float = _number_field(0.0, 0.0, 0.5, 0.01, "enlarged or shrunk by up to this share; 0 is off")
    shear: float = _number_field(0.0, 0.0, 30.0, 1.0, "slanted by up to this many degrees either way; 0 is off")
    elastic: float = _number_field(
        0.0, 0.0, 2.0, 0.1, "distorted locally by about this many pixels, as handwriting is; 0 is off"
    )
    flip: float = _number_field(0.0, 0.0, 0.5, 0.05, "share of the images mirrored left to right; 0 is off")
    thickness: float = _number_field(
        0.0, 0.0, 1.0, 0.05, "strokes of some images thicker or thinner by up to this many pixels; 0 is off"
    )
    lines: float = _number_field(
        0.0, 0.0, 1.0, 0.05, "share of the images that may get straight lines through them; 0 is off"
    )
    erasing: float = _number_field(
        0.0, 0.0, 1.0, 0.05, "share of the images that may get a grey, black or white rectangle; 0 is off"
    )
    blur: float = _number_field(0.0, 0.0, 2.5, 0.1, "some images blurred by up to this many pixels; 0 is off")
    contrast: float = _number_field(
        0.0, 0.0, 0.95, 0.05, "contrast of some images lower by up to this share; 0 is off"
    )
    shadow: float = _number_field(0.0, 0.0, 1.0, 0.05, "a shadow on some images, of up to this strength; 0 is off")
    noise: float = _number_field(
        0.0, 0.0, 0.6, 0.05, "noise on some images, of up to this share of the range from paper to ink; 0 is off"
    )
    adversarial: float = _number_field(
        0.0,
        0.0,
        0.3,
        0.01,
        "each pixel moved against the network by up to this share of the range from paper to ink: small changes "
        "fool it less, and a training takes about 2.5 times as long; 0 is off",
    )
    label_smoothing: float = _number_field(
        0.0, 0.0, 0.3, 0.01, "share of each label spread over all classes; 0 is off"
    )
    seed: int = _number_field(0, 0, 2**31 - 1, 1, "seed of all randomness in the training")

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):
            _check(f, getattr(self, f.name))
        object.__setattr__(self, "layers", _check_layers(self.network, self.layers))
        if self.patience and not self.validation_share:
            raise ConfigError(
                f"patience is {self.patience} but validation_share is 0: early stopping watches the validation "
                "loss. Hold out some images for validation, or set patience to 0."
            )
        _ = self.start_points  # refuses an epoch that is none
        if not _VERSION.fullmatch(self.corrections):
            raise ConfigError(f"corrections is {self.corrections!r}: expected {_VERSIONS}.")

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain values, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainConfig:
        """The config that `to_dict` gave.

        Raises:
            ConfigError: a field is unknown or its value not allowed.
        """
        allowed = {f.name for f in dataclasses.fields(cls)}
        if unknown := sorted(set(values) - allowed):
            raise ConfigError(
                f"unknown setting {', '.join(unknown)}: expected some of {', '.join(sorted(allowed))}."
            )
        return cls(**values)

    @property
    def architecture(self) -> Network:
        """The network with its layers: a named one, or the one that `layers` describes."""
        if self.network == IMPORTED:
            return Network(IMPORTED, "It was trained elsewhere.", "", ())
        return NETWORKS[self.network] if self.network in NETWORKS else own_network.parse(self.layers).network

    @property
    def network_title(self) -> str:
        """The name of the network; for an own one, its layers as well."""
        return f"{self.network} ({self.layers})" if self.layers else self.network

    @property
    def start_points(self) -> tuple[StartPoint, ...]:
        """The runs, with an epoch or not, whose weights, or their average, the training starts from."""
        return tuple(map(parse_start, split_names(self.start_from)))

    @property
    def start_names(self) -> tuple[str, ...]:
        """The names of these runs."""
        return tuple(point.name for point in self.start_points)

    @property
    def teacher_names(self) -> tuple[str, ...]:
        """The names of the runs that teach; none if the network learns from the labels only."""
        return split_names(self.teachers)

    @property
    def augmentation(self) -> Augmentation:
        """The ranges of the random distortions of training images."""
        return Augmentation(*(getattr(self, name) for name in AUGMENTATIONS))

    @property
    def augments(self) -> bool:
        """Whether training images are distorted at all."""
        return any(self.augmentation)


def parse_start(text: str) -> StartPoint:
    """A place to start from: a run, or "run@epoch".

    Raises:
        ConfigError: what follows the @ is no epoch.
    """
    name, at, epoch = text.partition("@")
    if not at:
        return StartPoint(name)
    if not name or not epoch.isdecimal() or not int(epoch):
        raise ConfigError(
            f"start_from is {text!r}: expected a run, or a run and one of its epochs, such as run@3."
        )
    return StartPoint(name, int(epoch))


def split_names(names: str) -> tuple[str, ...]:
    """The names of runs in a setting that holds several, separated by commas."""
    return tuple(name for part in names.split(",") if (name := part.strip()))


def _check_layers(network: str, layers: str) -> str:
    """The one form of the line that describes a network; refuse what cannot be built."""
    if network != own_network.OWN:
        if layers:
            raise ConfigError(
                f"layers is {layers!r} but network is {network!r}, which has its own layers. Set network to "
                f"{own_network.OWN!r}, or leave out layers."
            )
        return ""
    try:
        own = own_network.parse(layers)
        own_network.check(own)
    except own_network.LayersError as error:
        raise ConfigError(f"the network {own_network.OWN!r} cannot be built: {error}") from error
    return own_network.write(own)


def _check(f: dataclasses.Field[Any], value: Any) -> None:
    """Refuse a value that does not fit its field."""
    if f.type == "str":
        choices = f.metadata.get("choices")
        is_name = isinstance(value, str) and (value or "optional" in f.metadata)
        is_imported = f.name == "network" and value == IMPORTED
        if not is_name or (choices and value not in choices and not is_imported):
            expected = f"one of {', '.join(choices)}" if choices else f.metadata.get("kind", "a name")
            raise ConfigError(f"{f.name} is {value!r}: expected {expected}.")
        return
    low, high = f.metadata["low"], f.metadata["high"]
    kinds = int if f.type == "int" else (int, float)
    whole = "a whole number" if f.type == "int" else "a number"
    fits = isinstance(value, kinds) and not isinstance(value, bool)
    if not fits or not low <= value <= high:  # NaN and infinity are in no range
        raise ConfigError(f"{f.name} is {value!r}: expected {whole} from {low} to {high}.")


# Changes of grey levels, for a network that reads digits on bad paper and in bad photos as well.
_ROBUST: dict[str, Any] = {
    "thickness": 0.6,
    "lines": 0.3,
    "erasing": 0.2,
    "blur": 1.2,
    "contrast": 0.9,
    "shadow": 0.6,
    "noise": 0.3,
}
_MILD: dict[str, Any] = {"rotation": 12, "shift": 0.08, "zoom": 0.1, "shear": 8}
_STRIDED: dict[str, Any] = {
    "network": "strided",
    "beta_2": 0.99,
    "schedule": "one-cycle",
    "label_smoothing": 0.1,
    "validation_share": 0.05,
}

PRESETS: dict[str, TrainConfig] = {
    "quick": TrainConfig(epochs=2, learning_rate=0.02, beta_1=0.8, **_STRIDED),
    "balanced": TrainConfig(
        epochs=12,
        learning_rate=0.01,
        rotation=10,
        shift=0.07,
        zoom=0.1,
        shear=6,
        **_STRIDED,
    ),
    "best": TrainConfig(
        network="resnet-fine",
        epochs=25,
        learning_rate=3e-3,
        schedule="one-cycle",
        dropout=0.2,
        validation_share=0.05,
        **_MILD,
    ),
    "robust": TrainConfig(
        network="strided-deep",
        epochs=20,
        learning_rate=5e-3,
        schedule="one-cycle",
        dropout=0.1,
        validation_share=0.05,
        **_MILD,
        **_ROBUST,
    ),
}
