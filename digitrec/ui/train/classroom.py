"""A teacher's link: the address carries the settings, and which of their controls a class sees.

As in TensorFlow Playground (Smilkov et al. 2017, arXiv 1708.03788), whose address hides what a lesson is not
about: `?dataset=digits&network=mlp&show=network,epochs`. Settings that are hidden still hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from digitrec.reporting import format_setting
from digitrec.runs import Pin, TrainConfig
from digitrec.ui.train import address, pin_links, pins, range_test, settings, shown_controls


def show_settings(config: TrainConfig | None) -> None:
    """The settings that the link shows, or all; and the link for a class.

    Args:
        config: the settings; None while they contradict each other.
    """
    shown = shown_controls.read()
    if shown:
        left, right = st.columns([3, 1], vertical_alignment="center")
        left.caption(
            f"This link shows {len(shown)} of {len(shown_controls.NAMES)} settings. The others stay as they are."
        )
        right.button("Show all", key="show-all-settings", on_click=shown_controls.show_all, width="stretch")
    settings.show_settings(range_test.show_range_test, shown or None)
    if config is not None:
        with st.popover("Copy a link for a class", icon=":material/school:"):
            _show_link(config)


def make_link(page: str, config: TrainConfig, shown: Sequence[str], pinned: Sequence[Pin] = ()) -> str:
    """The address that opens the page with these settings, these controls and these pinned digits.

    Args:
        page: the page's own address, with or without a query.
        config: the settings.
        shown: names of settings; none: all.
        pinned: the digits.
    """
    query = address.to_link(config)
    if shown:
        query[shown_controls.SHOW] = ",".join(shown)
    if pinned:
        query[pin_links.PINS] = pin_links.write(pinned)
    parts = urlsplit(page)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query, safe=","), ""))


def _show_link(config: TrainConfig) -> None:
    chosen = st.multiselect(
        "Controls that the class sees",
        shown_controls.NAMES,
        default=["network", "epochs", "learning_rate"],
        format_func=format_setting,
        key="class-controls",
        placeholder="All settings",
        help="The link has all of your settings and pinned digits. The class sees the controls that you "
        "choose here; none is all.",
    )
    st.code(make_link(st.context.url or "", config, chosen, pins.session_pins()), language=None, wrap_lines=True)
    st.caption("Copy it with the button at its right. It opens this page for whoever can reach this server.")
