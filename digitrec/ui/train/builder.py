"""The Train page's builder: an own network, part by part.

In the session are its line, as it was when parts were last added or removed, and the widgets of the parts. What is
built is the line with the values of the widgets in it: so a widget's last change is never missed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from digitrec.runs import own_network, summarise
from digitrec.runs.own_network import Block, DenseBlock, OwnNetwork
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.train.help_texts import LAYER_HELP
from digitrec.ui.train.previews import describe_size

_IMAGE, _END = "Image", "End"  # the parts beside the numbered blocks
_SHRINK_TEXTS = {"": "none"} | {
    f"{kind} {size}": text.format(size)
    for size in (2, 3)
    for kind, text in {"stride": "stride {0}", "max": "max pooling {0}", "average": "average pooling {0}"}.items()
}
_END_TEXTS = {
    "flatten": "all values in a row",
    "global max": "the maximum of each map",
    "global average": "the mean of each map",
}
Part = TypeVar("Part", OwnNetwork, Block, DenseBlock)


def read(key: str) -> OwnNetwork:
    """The network that a person builds.

    Args:
        key: of its line in the session.
    """
    own = _with_widgets(key, "own", own_network.parse(st.session_state[key]))
    blocks = tuple(_with_widgets(key, f"block {i}", block) for i, block in enumerate(own.blocks))
    count = st.session_state.get(_key(key, "own", "dense count"), len(own.dense))
    dense = (*own.dense, *([DenseBlock()] * own_network.MAX_DENSE))[:count]
    dense = tuple(_with_widgets(key, f"dense {i}", each) for i, each in enumerate(dense))
    return dataclasses.replace(own, blocks=blocks, dense=dense)


def show(key: str, classes: int, dropout: float) -> None:
    """The controls of the network, those of one part at a time; what it costs, or why it cannot be built.

    Args:
        key: of its line in the session.
        classes: number of classes c.
        dropout: the rate of dropout.
    """
    own = read(key)
    numbers = [str(i) for i in range(1, len(own.blocks) + 1)]
    parts = [_IMAGE, *numbers, _END]
    if st.session_state.setdefault(f"{key} part", "1") not in parts:
        st.session_state[f"{key} part"] = numbers[-1]
    with st.container(border=True):
        _begin_with(key)
        part = st.segmented_control(
            "Part: the image, the blocks of convolutions, the end",
            parts,
            required=True,
            key=f"{key} part",
            persist_state="session",
        )
        if part in numbers:
            _show_block(key, own, int(part) - 1)
        elif part == _IMAGE:
            _show_image(key, own)
        else:
            _show_end(key, own)
    try:
        own_network.check(own)
    except own_network.LayersError as error:
        st.error(escape_markdown(str(error)), icon=":material/warning:")
    else:
        st.caption(describe_size(summarise(own.network, classes)))
    wants_dropout = any(block.dropout for block in own.blocks) or any(dense.dropout for dense in own.dense)
    if wants_dropout and not dropout:
        st.caption(":material/info: The rate of dropout is 0, so it is off: set *Dropout* above.")
    with st.expander("As a line of text"):
        st.caption("The same network for the command line: `--network own --layers` and this, in quotes.")
        st.code(own_network.write(own), language=None, wrap_lines=True)


def _begin_with(key: str) -> None:
    choice = _key(key, "own", "copy of")
    st.selectbox(
        "Copy a named network",
        list(own_network.COPIES),
        index=None,
        placeholder="to begin with",
        key=choice,
        on_change=lambda: _put(key, own_network.parse(own_network.COPIES[st.session_state[choice]])),
        help=LAYER_HELP["copy of"],
    )


def _show_image(key: str, own: OwnNetwork) -> None:
    _field(key, "own", own, "crop")(st.slider, "Crop", min_value=0, max_value=own_network.MAX_CROP)
    _field(key, "own", own, "standardize")(st.toggle, "One contrast")


def _show_block(key: str, own: OwnNetwork, index: int) -> None:
    block, name = own.blocks[index], f"block {index}"
    left, right = st.columns(2)
    with left:
        _field(key, name, block, "filters")(
            st.number_input, "Filters", min_value=1, max_value=own_network.MAX_FILTERS
        )
    with right:
        _field(key, name, block, "kernel")(
            st.selectbox,
            "Kernel",
            options=range(1, own_network.MAX_KERNEL + 1),
            format_func=lambda side: f"{side} × {side}",
        )
    left, right = st.columns(2)
    with left:
        _field(key, name, block, "shrink")(
            st.selectbox, "Pooling or stride", options=own_network.SHRINKS, format_func=_SHRINK_TEXTS.__getitem__
        )
    with right:
        _field(key, name, block, "activation")(st.selectbox, "Activation", options=own_network.ACTIVATIONS)
    left, right = st.columns(2)
    with left:
        _field(key, name, block, "times")(
            st.selectbox, "Convolutions", options=range(1, own_network.MAX_TIMES + 1)
        )
    with right:
        _field(key, name, block, "padding")(st.selectbox, "Padding", options=("same", "valid"))
    with st.container(horizontal=True, gap="medium"):
        _show_toggles(key, name, block)
        _field(key, name, block, "residual")(st.toggle, "Residual link")
    _show_block_buttons(key, own, index)


def _show_block_buttons(key: str, own: OwnNetwork, index: int) -> None:
    with st.container(horizontal=True):
        st.button(
            "Add a block after it",
            key=f"{key} add",
            icon=":material/add:",
            disabled=len(own.blocks) == own_network.MAX_BLOCKS,
            on_click=_add_block,
            args=(key, index),
        )
        st.button(
            "Remove this block",
            key=f"{key} remove",
            icon=":material/remove:",
            disabled=len(own.blocks) == 1,
            on_click=_remove_block,
            args=(key, index),
        )


def _add_block(key: str, index: int) -> None:
    """Add a block like the one before it, without what makes the map smaller: it can always be built."""
    own = read(key)
    added = dataclasses.replace(own.blocks[index], shrink="", padding="same", dropout=False)
    blocks = (*own.blocks[: index + 1], added, *own.blocks[index + 1 :])
    _put(key, dataclasses.replace(own, blocks=blocks), index + 1)


def _remove_block(key: str, index: int) -> None:
    own = read(key)
    blocks = (*own.blocks[:index], *own.blocks[index + 1 :])
    _put(key, dataclasses.replace(own, blocks=blocks), max(index - 1, 0))


def _show_end(key: str, own: OwnNetwork) -> None:
    left, right = st.columns(2)
    with left:
        _field(key, "own", own, "end")(
            st.selectbox, "From maps to one row", options=own_network.ENDS, format_func=_END_TEXTS.__getitem__
        )
    count = _key(key, "own", "dense count")
    st.session_state.setdefault(count, len(own.dense))
    with right:
        st.selectbox(
            "Dense layers",
            range(own_network.MAX_DENSE + 1),
            key=count,
            persist_state="session",
            help=LAYER_HELP["dense count"],
        )
    for i, dense in enumerate(own.dense):
        _show_dense(key, f"dense {i}", dense, i + 1)


def _show_dense(key: str, name: str, dense: DenseBlock, number: int) -> None:
    left, right = st.columns(2)
    with left:
        _field(key, name, dense, "units")(
            st.number_input, f"Units of dense layer {number}", min_value=1, max_value=own_network.MAX_UNITS
        )
    with right:
        _field(key, name, dense, "activation")(
            st.selectbox, f"Activation of dense layer {number}", options=own_network.ACTIVATIONS
        )
    with st.container(horizontal=True, gap="medium"):
        _show_toggles(key, name, dense)


def _show_toggles(key: str, name: str, part: Block | DenseBlock) -> None:
    _field(key, name, part, "norm")(st.toggle, "Batch norm")
    _field(key, name, part, "dropout")(st.toggle, "Dropout after it")


def _field(key: str, name: str, part: OwnNetwork | Block | DenseBlock, field: str) -> Callable[..., None]:
    """A function that shows a field of a part by a widget, given its label and options."""
    at = _key(key, name, field)
    st.session_state.setdefault(at, getattr(part, field))

    def show_widget(widget: Callable[..., Any], label: str, **options: Any) -> None:
        widget(label, key=at, help=LAYER_HELP[field], persist_state="session", **options)

    return show_widget


def _with_widgets(key: str, name: str, part: Part) -> Part:
    """A part with the values of its widgets, as far as they were shown."""
    keys = {f.name: _key(key, name, f.name) for f in dataclasses.fields(part)}
    values = {name: st.session_state[at] for name, at in keys.items() if at in st.session_state}
    return dataclasses.replace(part, **values)


def _key(key: str, name: str, field: str) -> str:
    # Other keys after each change of the parts: values that a browser still sends for the old ones are void.
    return f"{key} {st.session_state.get(f'{key} version', 0)} {name} {field}"


def _put(key: str, own: OwnNetwork, index: int = 0) -> None:
    """Build another network from now on, and show this block of it; for callbacks."""
    st.session_state[key] = own_network.write(own)
    st.session_state[f"{key} version"] = st.session_state.get(f"{key} version", 0) + 1
    st.session_state[f"{key} part"] = str(index + 1)
