"""The Train page's settings and presets, made from `TrainConfig`."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from digitrec.data import DatasetError, catalogue, loading
from digitrec.imaging import Degradation
from digitrec.reporting import format_setting
from digitrec.runs import (
    AUGMENTATIONS,
    NETWORKS,
    PRESETS,
    SCHEDULES,
    ConfigError,
    Network,
    Run,
    RunError,
    TrainConfig,
    checkpoints,
    own_network,
    schedules,
    split_names,
    store,
)
from digitrec.ui.train import builder, correction_choice, shown_controls
from digitrec.ui.train.durations import show_duration
from digitrec.ui.train.help_texts import HELP

_LEVEL_SETTINGS = len(Degradation._fields)


def _pair(names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The names in rows of two."""
    return tuple(tuple(names[at : at + 2]) for at in range(0, len(names), 2))


# The settings in rows. A setting with long names, or several, has a row of its own.
SETTING_GROUPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "Data": (("dataset", "validation_share"), ("corrections",)),
    "Network": (("network", "dropout"), ("layers",), ("start_from",), ("trained_layers",)),
    "Optimiser": (("epochs", "batch_size"), ("learning_rate", "schedule"), ("warmup",)),
    "Augmentation": _pair(AUGMENTATIONS[:-_LEVEL_SETTINGS]),
    "Augmentation of grey levels": _pair(AUGMENTATIONS[-_LEVEL_SETTINGS:]),
    "More": (
        ("patience", "label_smoothing"),
        ("adversarial",),
        ("beta_1", "beta_2"),
        ("teachers",),
        ("teacher_share", "seed"),
    ),
}
# The settings that name any number of runs, and what they show while none is chosen.
RUN_PLACEHOLDERS = {"start_from": "Random weights", "teachers": "None: labels only"}
CUSTOM = "custom"
PRESET_TEXTS = {
    "quick": "a small network and two epochs",
    "balanced": "the network of Quick, for more epochs and with mild augmentation",
    "best": "a residual network with stronger augmentation, the most accurate and by far the slowest",
    "robust": "reads digits on grey paper, in shadow, blurred or with lines through them",
    CUSTOM: "your own settings",
}
MAX_SLIDER_STEPS = 100  # more are typed

_DATA_SETTINGS = ("dataset", "corrections")  # a preset leaves them as they are
_FIELDS = {f.name: f for f in dataclasses.fields(TrainConfig)}


def init_settings() -> None:
    """Give every setting its first value, before its widget is drawn."""
    st.session_state.setdefault("train-round", 0)
    start = dataclasses.replace(PRESETS["quick"], dataset=loading.default_name())
    for name, first in start.to_dict().items():
        st.session_state.setdefault(_key(name), _to_widget(name, first))


def apply_config(config: TrainConfig) -> None:
    """Set all settings to a config's values; for callbacks.

    The values go to widgets with new keys. The live view polls, and each poll sends the values of all widgets: one
    that left the browser just before the new values arrived would set the old widgets back.
    """
    built = own_network.write(builder.read(_key("layers")))  # stays for later where the config has a named network
    st.session_state["train-round"] += 1
    apart = {"layers": config.layers or built, "corrections": correction_choice.to_state(config)}
    for name, new in (config.to_dict() | apart).items():
        st.session_state[_key(name)] = _to_widget(name, new)


def read_config() -> TrainConfig:
    """The config that the widgets describe.

    Raises:
        ConfigError: two settings contradict each other.
    """
    return TrainConfig.from_dict(read_values())


def setting_value(name: str) -> Any:
    """The present value of a setting."""
    if name == "layers":
        is_own = setting_value("network") == own_network.OWN
        return own_network.write(builder.read(_key(name))) if is_own else ""
    if name == "corrections":
        return correction_choice.read(_key(name), setting_value("dataset"))
    found = st.session_state[_key(name)]
    if name == "trained_layers" and not setting_value("start_from"):
        return 0  # there is no widget
    if name in RUN_PLACEHOLDERS:
        return ",".join(found)
    return round(found, 7) if isinstance(found, float) else found  # a slider's 0.15000000000000002 is 0.15


def chosen_network() -> Network:
    """The present network; an own one may be one that cannot be built."""
    name = setting_value("network")
    return NETWORKS[name] if name in NETWORKS else builder.read(_key("layers")).network


def pick_preset() -> None:
    """Let a person start from a preset; "custom" is an option only while the settings match none.

    Where a teacher's link shows a few settings, there is no choice: it would change those that are hidden.
    """
    now = _match_preset(read_values())
    if shown_controls.read():
        show_duration("The settings are those of the link.", _read_config_or_none())
        return
    drawn = st.session_state.setdefault("train-presets", 0)
    if st.session_state.get(f"train-preset {drawn}", now) != now:
        drawn = st.session_state["train-presets"] = drawn + 1  # the settings have changed: see `apply_config`
    key = f"train-preset {drawn}"
    st.session_state.setdefault(key, now)
    options = [*PRESETS, *([CUSTOM] if now == CUSTOM else [])]
    st.segmented_control(
        "Preset",
        options,
        format_func=str.capitalize,
        required=True,
        key=key,
        persist_state="session",
        on_change=_apply_preset,
        args=(key,),
    )
    show_duration(f"{now.capitalize()}: {PRESET_TEXTS[now]}.", _read_config_or_none())


def _read_config_or_none() -> TrainConfig | None:
    try:
        return read_config()
    except ConfigError:  # the page says so
        return None


def show_settings(show_rate_test: Callable[[TrainConfig], None], only: Collection[str] | None = None) -> None:
    """The widgets of all settings, in groups.

    Args:
        show_rate_test: shows what finds a learning rate, below its schedule.
        only: the settings that are shown; None: all.
    """
    for title, rows in _select(only).items():
        place = st.expander(title, expanded=only is not None) if title == "More" else st.container()
        with place:
            if title != "More":
                st.subheader(title, anchor=False)
            for row in rows:  # so they keep their order on a phone
                for column, name in zip(st.columns(len(row)), row, strict=True):
                    with column:
                        show_setting(name)
            if title == "Optimiser" and (only is None or {"learning_rate", "schedule"} & {*only}):
                _show_schedule(show_rate_test)


def _select(only: Collection[str] | None) -> Mapping[str, Sequence[Sequence[str]]]:
    """The groups of settings, with these alone; an own network's parts come with its name."""
    if only is None:
        return SETTING_GROUPS
    wanted = {*only, *(["layers"] if "network" in only else [])}
    chosen = {
        title: [kept for row in rows if (kept := [name for name in row if name in wanted])]
        for title, rows in SETTING_GROUPS.items()
    }
    return {title: rows for title, rows in chosen.items() if rows}


def _show_schedule(show_rate_test: Callable[[TrainConfig], None]) -> None:
    """The learning rate over the training, as these settings make it; nothing where they contradict each other."""
    config = _read_config_or_none()
    if config is None:
        return
    from digitrec.charts.live_curves import rate_curve  # Altair and pandas take 0.3 s

    epochs, rates = schedules.learning_rates(config)
    chart = rate_curve(epochs.tolist(), rates.tolist(), last=config.epochs)
    st.altair_chart(chart, key="schedule", alt="The learning rate over the epochs")
    show_rate_test(config)


def show_setting(name: str) -> None:
    """The widget of one setting, made from its field's metadata."""
    f = _FIELDS[name]
    common: dict[str, Any] = {
        "label": format_setting(name),
        "help": HELP[name],
        "key": _key(name),
        "persist_state": "session",
    }
    if name == "trained_layers" and not setting_value("start_from"):
        return  # all layers of random weights have to learn
    if name == "layers":
        if setting_value("network") == own_network.OWN:
            builder.show(_key(name), class_count(), setting_value("dropout"))
    elif name == "corrections":
        correction_choice.show(_key(name), setting_value("dataset"), HELP[name])
    elif name == "dataset":
        st.selectbox(options=_with_current(_list_trainable_names(), name), format_func=_dataset_title, **common)
    elif name in RUN_PLACEHOLDERS:
        choice = _list_starts(chosen_network()) if name == "start_from" else _list_trained_names()
        options = list(dict.fromkeys([*choice, *st.session_state[_key(name)]]))
        st.multiselect(options=options, format_func=_describe_start, placeholder=RUN_PLACEHOLDERS[name], **common)
    elif "choices" in f.metadata:
        texts = SCHEDULES if name == "schedule" else {}
        titles = {own_network.OWN: "own network"}
        st.selectbox(
            options=f.metadata["choices"],
            format_func=lambda choice: titles.get(choice, choice),
            **common | {"help": _choice_help(HELP[name], texts)},
        )
    elif options := _log_scale(f):
        st.select_slider(options=_with_current(options, name), format_func=_format_number, **common)
    else:
        _show_number(f, common)


def _show_number(f: dataclasses.Field[Any], common: Mapping[str, Any]) -> None:
    kind: type[int] | type[float] = int if f.type == "int" else float
    low, high, step = (kind(f.metadata[part]) for part in ("low", "high", "step"))
    if (high - low) / step > MAX_SLIDER_STEPS:
        st.number_input(min_value=low, max_value=high, step=step, **common)
        return
    is_idle = f.name == "teacher_share" and not setting_value("teachers")
    form = "%.2f" if step < 1 else "%d"
    st.slider(min_value=low, max_value=high, step=step, format=form, disabled=is_idle, **common)


def limits(name: str) -> tuple[Any, Any]:
    """The lowest and the highest value of a setting."""
    allowed = _FIELDS[name].metadata
    return allowed["low"], allowed["high"]


def _apply_preset(key: str) -> None:
    preset = st.session_state[key]
    if preset in PRESETS:
        data = {name: setting_value(name) for name in _DATA_SETTINGS}
        apply_config(dataclasses.replace(PRESETS[preset], **data))


def _match_preset(values: Mapping[str, Any]) -> str:
    for name, preset in PRESETS.items():
        if all(values[key] == value for key, value in preset.to_dict().items() if key not in _DATA_SETTINGS):
            return name
    return CUSTOM


def read_values() -> dict[str, Any]:
    """The present value of each setting, by its name; two of them may contradict each other."""
    return {name: setting_value(name) for name in _FIELDS}


def _to_widget(name: str, new: Any) -> Any:
    """What the widget of a setting holds for a value of the config."""
    if name == "layers":
        return new or own_network.EXAMPLE
    return list(split_names(new)) if name in RUN_PLACEHOLDERS else new


def _key(name: str) -> str:
    return f"train-{name} {st.session_state['train-round']}"


def _log_scale(f: dataclasses.Field[Any]) -> list[float]:
    """Values on a logarithmic scale for a field that spans decades; none for the others."""
    low, high, step = (f.metadata[part] for part in ("low", "high", "step"))
    if f.type == "float" and low > 0:
        # 1, 2, 3 and 5 in each decade
        found = [float(f"{digit}e{power}") for power in range(-5, 3) for digit in (1, 2, 3, 5)]
        return [number for number in found if low <= number <= high]
    if f.type == "int" and step > 1:
        return [low * 2**power for power in range(20) if low * 2**power <= high]
    return []


def _with_current(options: list[Any], name: str) -> list[Any]:
    """The options and the present value, which may be one that was taken over from elsewhere."""
    now = setting_value(name)
    return options if now in options else sorted([*options, now])


def _list_trained_names() -> list[str]:
    """Names of the trained runs with the chosen data set's classes."""
    return [run.name for run in _list_runs_alike() if run.has_model]


def _list_starts(network: Network) -> list[str]:
    """Where a training of a network can start from: runs, and the epochs of them that are kept.

    Runs with other classes come last.
    """
    found, alike = [], _list_runs_alike()
    for run in [*alike, *(each for each in store.list_runs() if each not in alike)]:
        if run.config.architecture.layers == network.layers:
            found += [run.name] if run.has_model else []
            found += [f"{run.name}@{epoch}" for epoch in checkpoints.epochs(run)]
    return found


def _list_runs_alike() -> list[Run]:
    classes = class_names(setting_value("dataset"))
    return [run for run in store.list_runs() if run.class_names == classes]


def _describe_start(text: str) -> str:
    name, at, epoch = text.partition("@")
    shown = f"{name}, epoch {epoch}" if at else name
    with contextlib.suppress(RunError):
        if store.open_run(name).class_names != class_names(setting_value("dataset")):
            return f"{shown} (other classes: new last layer)"
    return shown


def _format_number(number: float) -> str:
    return f"{number:,d}" if isinstance(number, int) else f"{number:.5f}".rstrip("0")


def class_count() -> int:
    """How many classes the chosen data set has; ten where it is unknown here."""
    return len(class_names(setting_value("dataset"))) or 10


def class_names(dataset: str) -> tuple[str, ...]:
    """The classes of a data set; none if it is unknown here, such as one that was removed."""
    try:
        return loading.describe(dataset).class_names
    except DatasetError:
        return ()


def _list_trainable_names() -> list[str]:
    """Names of the data sets that a training can learn from."""
    return [each.name for each in loading.list_datasets() if each.user_made is None or each.user_made.train]


def _dataset_title(name: str) -> str:
    if loading.is_available(name):
        return loading.title(name)
    return f"{loading.title(name)} ({'to be downloaded' if name in catalogue.DATASETS else 'unknown here'})"


def _choice_help(text: str, texts: Mapping[str, str]) -> str:
    return text + "".join(f"  \n**{name}**: {meaning}" for name, meaning in texts.items())
