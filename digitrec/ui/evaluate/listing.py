"""Images with their answers as galleries to choose from: page by page, and in groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from digitrec.evaluation import label_errors, queries
from digitrec.evaluation.queries import AnswerQuery
from digitrec.evaluation.scoring import Score
from digitrec.explain import neighbours
from digitrec.inference.classifier import ClassifierError
from digitrec.runs.store import Run
from digitrec.ui import pickers
from digitrec.ui.components import digits
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.components.gallery import Choice, choice_gallery
from digitrec.ui.evaluate import address

PER_PAGE = 24  # images shown at a time
GROUPS_PER_PAGE = 6  # groups shown at a time
PER_GROUP = 12  # images shown of each group
LISTED = "evaluate-listed"  # in the session: what was last listed, in its order


class Of(NamedTuple):
    """What the images are of."""

    run: Run
    dataset: str
    split: str
    score: Score


def pages(of: Of, indices: np.ndarray, *, key: str) -> None:
    """The images at these places, page by page; to choose one opens its card."""
    _remember(of, indices)
    count = -(-len(indices) // PER_PAGE)
    page = st.pagination(count, key=f"{key}-page", persist_state="session") if count > 1 else 1
    _gallery(of, indices[(page - 1) * PER_PAGE : page * PER_PAGE], key=key, label="Images")
    _legend(of, indices)


def by_classes(of: Of, indices: np.ndarray, *, key: str) -> None:
    """The images in groups of the same true class and answer, the largest first."""
    groups = queries.group_by_pair(indices, of.score.split.labels, of.score.proba)
    _remember(of, np.concatenate([group.indices for group in groups]))
    _legend(of, indices)
    for group in _page_of_groups(groups, key=key):
        names = of.run.class_names[group.true], of.run.class_names[group.answer]
        title = f"{names[0]} read as {names[1]}"
        _group(of, group.indices, key=f"{key}-{group.true}-{group.answer}", title=title)


def by_likeness(of: Of, indices: np.ndarray, *, key: str) -> None:
    """The images in groups that the network finds alike, each with a typical one first."""
    if len(indices) > neighbours.MAX_GROUPED_IMAGES:
        st.caption(f"The first {neighbours.MAX_GROUPED_IMAGES:,} of them, in the order chosen, are put in groups.")
        indices = indices[: neighbours.MAX_GROUPED_IMAGES]
    count = st.slider("Groups", 2, 16, 6, key="errors-groups", persist_state="session")
    try:
        embeddings = _embeddings(of, indices)
    except ClassifierError as error:
        st.warning(f"No groups: {error}", icon=":material/warning:")
        return
    groups = [indices[members] for members in neighbours.group_similar(embeddings, count)]
    _remember(of, np.concatenate(groups))
    st.caption(
        "Images are alike that the network sees alike: by the angle between their embeddings. The first of each "
        "group, framed, is its most typical."
    )
    _legend(of, indices)
    for number, members in enumerate(_page_of_groups(groups, key=f"{key}-{count}")):
        title = f"Mostly {_describe_group(of, members)}"
        _group(of, members, key=f"{key}-{members[0]}-{number}", title=title, first_is_typical=True)


def last_listed(of: Of) -> np.ndarray:
    """What was last listed of these images, in its order; for who came by a link, what would be at first."""
    name, indices = st.session_state.get(LISTED, (None, None))
    if name == _name(of):
        return indices
    now, labels, proba = address.get_selection(), of.score.split.labels, of.score.proba
    found = queries.find_answers(labels, proba, AnswerQuery(true=now.true, answer=now.answer))
    return queries.sort_answers(found, labels, proba, by=queries.CONFIDENCE)


def _remember(of: Of, indices: np.ndarray) -> None:
    st.session_state[LISTED] = _name(of), indices


def _name(of: Of) -> tuple[str, ...]:
    return of.run.name, of.dataset, of.split


def _page_of_groups(groups: Sequence, *, key: str) -> Sequence:
    count = -(-len(groups) // GROUPS_PER_PAGE)
    page = st.pagination(count, key=f"{key}-group-page", persist_state="session") if count > 1 else 1
    return groups[(page - 1) * GROUPS_PER_PAGE : page * GROUPS_PER_PAGE]


def _group(of: Of, indices: np.ndarray, *, key: str, title: str, first_is_typical: bool = False) -> None:
    images = "1 image" if len(indices) == 1 else f"{len(indices):,} images"
    st.markdown(f"**{escape_markdown(title)}** · {images}")
    _gallery(of, indices[:PER_GROUP], key=key, label=title, first_is_typical=first_is_typical)
    if len(indices) > PER_GROUP:
        st.caption(f"and {len(indices) - PER_GROUP:,} more")


def _gallery(of: Of, indices: np.ndarray, *, key: str, label: str, first_is_typical: bool = False) -> None:
    choices = [_choice(of, int(index), first_is_typical and i == 0) for i, index in enumerate(indices)]
    choice_gallery(f"{key}-gallery", label, choices, _open)


def _legend(of: Of, indices: np.ndarray) -> None:
    """What the flag means, where there is one."""
    if any(label_errors.find_label_error(of.dataset, of.split, int(index)) for index in indices):
        st.caption(f"⚑ People found this label wrong, or did not agree on one ({label_errors.SOURCE}).")


def _open(index: int) -> None:
    address.select(image=index)


def _choice(of: Of, index: int, is_typical: bool) -> Choice:
    names, proba = of.run.class_names, of.score.proba[index]
    true, answer = int(of.score.split.labels[index]), int(proba.argmax())
    told = f"{names[answer]} ({digits.percent(proba[answer])})"
    caption = f"✓ right: {told}" if answer == true else f"✗ read {told}, is\u00a0{names[true]}"
    note = label_errors.find_label_error(of.dataset, of.split, index)
    alt = f"{of.split.capitalize()} image {index:,}{', typical of its group' if is_typical else ''}"
    if note:
        caption, alt = f"{caption} ⚑", f"{alt}, {note}"
    return Choice(index, of.score.split.images[index], caption, alt, is_typical)


def _embeddings(of: Of, indices: np.ndarray) -> np.ndarray:
    return neighbours.scale_to_unit(pickers.load_classifier(of.run).embed(of.score.split.images[indices]))


def _describe_group(of: Of, members: np.ndarray) -> str:
    """The most frequent pair of true class and answer among them."""
    pair = queries.group_by_pair(members, of.score.split.labels, of.score.proba)[0]
    true, answer = of.run.class_names[pair.true], of.run.class_names[pair.answer]
    return f"{true} read as {answer}" if pair.true != pair.answer else f"{true}, read right"
