"""Find a learning rate before Start: the range test of the settings, its curve, and the rate that it offers."""

from __future__ import annotations

import dataclasses
from typing import Any

import streamlit as st

from digitrec.data import loading
from digitrec.metrics import MetricsError, RateSuggestion, smooth_losses, suggest_rate
from digitrec.runs import RangeTest, TrainConfig, measurements, processes, schedules
from digitrec.ui.components import progress
from digitrec.ui.train import settings

_TEXT = (
    "Trains for some steps in the background, while the learning rate rises from 0.00003 to 0.3. It takes about "
    "half a minute. No run is made."
)


def show_range_test(config: TrainConfig) -> None:
    """The button that starts the test; once it is done, its curve with the rate that it offers."""
    measurement = RangeTest(config)
    state = measurements.progress(measurement)
    result = state.result if state else None
    is_ready = processes.has_tensorflow() and loading.is_available(config.dataset)
    label = "Find a learning rate again" if result else "Find a learning rate"
    progress.measurement_control(measurement, label, 0, text=_TEXT, is_ready=is_ready)
    if result is not None:
        _show_result(result, config)


def _show_result(result: dict[str, Any], config: TrainConfig) -> None:
    try:
        rates, losses = list(map(float, result["rates"])), list(map(float, result["losses"]))
        offered = suggest_rate(rates, losses, is_peak=schedules.peaks_briefly(config.schedule))
    except (KeyError, TypeError, ValueError, MetricsError):  # of another version
        return
    if rates:
        _draw(rates, losses, offered)
    if offered is None:
        st.caption(
            "The loss falls clearly at no learning rate: no rate can be offered. Check the settings, such as "
            "*Start from* and *Augmentation*."
        )
        return
    rate = to_setting(offered.rate)
    st.markdown(
        f"**{rate:g}** is offered: the loss falls fastest at {offered.steepest:.2g} and is lowest at "
        f"{offered.minimum:.2g}."
    )
    if result.get("batch_size", config.batch_size) != config.batch_size:
        st.caption(f"Measured in batches of {result['batch_size']}: larger ones would take too long.")
    is_used = config.learning_rate == rate
    st.button(
        "It is used" if is_used else f"Use {rate:g}",
        key="use-rate",
        on_click=_use,
        args=(rate,),
        disabled=is_used,
        icon=":material/check:",
        help="Puts it into the field above.",
    )


def _draw(rates: list[float], losses: list[float], offered: RateSuggestion | None) -> None:
    from digitrec.charts.range_test import range_curve  # Altair and pandas take 0.3 s

    chart = range_curve(rates, losses, smooth_losses(losses).tolist(), offered.rate if offered else None)
    st.altair_chart(
        chart, key="range-test", alt="The loss while the learning rate rises, and the rate that is offered"
    )


def to_setting(rate: float) -> float:
    """A rate with two digits, within what the setting allows."""
    low, high = settings.limits("learning_rate")
    return float(f"{min(max(rate, low), high):.1e}")


def _use(rate: float) -> None:
    settings.apply_config(dataclasses.replace(settings.read_config(), learning_rate=rate))
