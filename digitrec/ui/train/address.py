"""The settings of the next training in the page's address: a link, a bookmark or going back fills the page.

The address names a preset and what differs from it, such as `?preset=quick&epochs=5`. Everything that it does not
name is as in that preset.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import streamlit as st

from digitrec.data import loading
from digitrec.runs import PRESETS, ConfigError, TrainConfig
from digitrec.ui import state
from digitrec.ui.train import settings

_LAST, _PROBLEM = "train-address", "train-address-problem"  # in the session
_VALUES = "train-address-values"  # in the session: all settings when the address was written
_KINDS: dict[str, type] = {"int": int, "float": float, "str": str}
_FIELDS = {f.name: _KINDS[str(f.type)] for f in dataclasses.fields(TrainConfig)}
_FIRST = next(iter(PRESETS))


def read_address() -> None:
    """Take the settings from the address, if the browser came by a link, or went back or forward.

    Call it after `settings.init_settings` and before the widgets. A quick change, such as the next step of a
    slider, may leave the browser before the address of the last one reached it: then the settings are newer.
    """
    address = _present()
    has_arrived = st.session_state.get(state.LAST_PAGE) != st.session_state.get(state.PAGE)
    if address == st.session_state.get(_LAST, {}) or (has_arrived and not address):
        return
    if not has_arrived and st.session_state.get(_VALUES) != settings.read_values():
        return
    st.session_state[_LAST] = address
    try:
        settings.apply_config(parse(address))
    except ConfigError as error:
        st.session_state[_PROBLEM] = f"The settings in the address are not used: {error}"


def write_address(config: TrainConfig | None) -> None:
    """Write the settings into the address; None, which contradict each other, leaves it."""
    if problem := st.session_state.pop(_PROBLEM, None):
        st.warning(problem, icon=":material/link_off:")
    st.session_state[_VALUES] = settings.read_values()
    if config is None:
        return
    present = _present()
    # A link may say the same in more words. It stays: if the page wrote it anew, the browser's back would return
    # to the link for ever.
    address = present if _means(present, config) else to_address(config)
    st.session_state[_LAST] = address
    others = {name: text for name, text in st.query_params.to_dict().items() if not _is_ours(name)}
    if st.query_params.to_dict() != others | address:
        st.query_params.from_dict(others | address)


def to_link(config: TrainConfig) -> dict[str, str]:
    """As `to_address`, for a link from elsewhere: it always names the preset, as an empty one changes nothing."""
    return {"preset": _FIRST} | to_address(config)


def to_address(config: TrainConfig) -> dict[str, str]:
    """The preset that is nearest, if it is not the first, and what differs from it, as texts."""
    values = _shown(config)
    by_preset = {
        name: {key: value for key, value in values.items() if value != preset[key]}
        for name, preset in ((name, _shown(preset)) for name, preset in PRESETS.items())
    }
    name = min(by_preset, key=lambda name: len(by_preset[name]))
    address = {} if name == _FIRST else {"preset": name}
    return address | {key: _to_text(value) for key, value in by_preset[name].items()}


def parse(address: Mapping[str, str]) -> TrainConfig:
    """The settings in an address.

    Raises:
        ConfigError: a value is not allowed, or there is no such preset.
    """
    preset = address.get("preset", _FIRST)
    if preset not in PRESETS:
        raise ConfigError(f"there is no preset {preset!r}: expected one of {', '.join(PRESETS)}.")
    values = _shown(PRESETS[preset])
    for name, text in address.items():
        if name == "preset":
            continue
        try:
            values[name] = _FIELDS[name](text)
        except ValueError:
            raise ConfigError(f"{name} is {text!r}: expected a number.") from None
    return TrainConfig.from_dict(values)


def _means(address: Mapping[str, str], config: TrainConfig) -> bool:
    try:
        return parse(address) == config
    except ConfigError:
        return False


def _present() -> dict[str, str]:
    return {name: text for name, text in st.query_params.to_dict().items() if _is_ours(name)}


def _is_ours(name: str) -> bool:
    return name in _FIELDS or name == "preset"


def _shown(config: TrainConfig) -> dict[str, Any]:
    """The settings as the page shows them: a preset is for whatever data set is there."""
    values = config.to_dict()
    if config.dataset == TrainConfig().dataset:
        values["dataset"] = loading.default_name()
    return values


def _to_text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
