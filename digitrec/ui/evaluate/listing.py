"""Images with their answers as galleries to choose from: page by page, and in groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.evaluation import AnswerQuery, Score, label_errors, queries
from digitrec.explain import neighbours
from digitrec.inference import ClassifierError
from digitrec.reporting import sections
from digitrec.ui import pickers
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.components.gallery import Choice, choice_gallery
from digitrec.ui.evaluate import address

PER_PAGE = 24  # images
GROUPS_PER_PAGE = 6
PER_GROUP = 12  # images shown of each group
LISTED = "evaluate-listed"  # in the session: the images listed last, in their order

Indices = NDArray[np.int64]
Group = TypeVar("Group")


def pages(score: Score, indices: Indices, *, key: str) -> None:
    """The images at these positions, page by page; choosing one opens its card."""
    _remember(score, indices)
    count = -(-len(indices) // PER_PAGE)
    page = st.pagination(count, key=f"{key}-page", persist_state="session") if count > 1 else 1
    _gallery(score, indices[(page - 1) * PER_PAGE : page * PER_PAGE], key=key, label="Images")
    _legend(score, indices)


def by_classes(score: Score, indices: Indices, *, key: str) -> None:
    """The images in groups of the same true class and answer, the largest first."""
    groups = queries.group_by_pair(indices, score.split.labels, score.calibrated)
    _remember(score, np.concatenate([group.indices for group in groups]))
    _legend(score, indices)
    names = score.run.class_names
    for group in _page_of_groups(groups, key=key):
        title = f"{names[group.true]} read as {names[group.answer]}"
        _group(score, group.indices, key=f"{key}-{group.true}-{group.answer}", title=title)


def by_similarity(score: Score, indices: Indices, *, key: str) -> None:
    """The images in groups that are similar to the network, the most typical of each first."""
    if len(indices) > neighbours.MAX_GROUPED_IMAGES:
        st.caption(f"Only the first {neighbours.MAX_GROUPED_IMAGES:,} images are grouped.")
        indices = indices[: neighbours.MAX_GROUPED_IMAGES]
    count = st.slider("Groups", 2, 16, 6, key="errors-groups", persist_state="session")
    try:
        embeddings = pickers.load_classifier(score.run).embed(score.split.images[indices])
    except ClassifierError as error:
        st.warning(f"The images cannot be grouped: {error}", icon=":material/warning:")
        return
    unit = neighbours.scale_to_unit(embeddings)
    groups = [indices[members] for members in neighbours.group_similar(unit, count)]
    _remember(score, np.concatenate(groups))
    st.caption(
        "Similar images have a small angle between their embeddings. The first of each group, framed, is the most "
        "typical."
    )
    _legend(score, indices)
    for number, members in enumerate(_page_of_groups(groups, key=f"{key}-{count}")):
        title = f"Mostly {_describe_group(score, members)}"
        _group(score, members, key=f"{key}-{members[0]}-{number}", title=title, is_first_typical=True)


def last_listed(score: Score) -> Indices:
    """The images of this score listed last, in their order; after a link, those that would be listed."""
    name, indices = st.session_state.get(LISTED, (None, None))
    if name == _name(score):
        listed: Indices = indices
        return listed
    selection, labels, proba = address.get_selection(), score.split.labels, score.calibrated
    found = queries.find_answers(labels, proba, AnswerQuery(true=selection.true, answer=selection.answer))
    return queries.sort_answers(found, labels, proba, by=queries.CONFIDENCE)


def _remember(score: Score, indices: Indices) -> None:
    st.session_state[LISTED] = _name(score), indices


def _name(score: Score) -> tuple[str, str, str]:
    return score.run.name, score.dataset.name, score.split_name


def _page_of_groups(groups: Sequence[Group], *, key: str) -> Sequence[Group]:
    count = -(-len(groups) // GROUPS_PER_PAGE)
    page = st.pagination(count, key=f"{key}-group-page", persist_state="session") if count > 1 else 1
    return groups[(page - 1) * GROUPS_PER_PAGE : page * GROUPS_PER_PAGE]


def _group(score: Score, indices: Indices, *, key: str, title: str, is_first_typical: bool = False) -> None:
    st.markdown(f"**{escape_markdown(title)}** · {sections.count_images(len(indices))}")
    _gallery(score, indices[:PER_GROUP], key=key, label=title, is_first_typical=is_first_typical)
    if len(indices) > PER_GROUP:
        st.caption(f"and {len(indices) - PER_GROUP:,} more")


def _gallery(score: Score, indices: Indices, *, key: str, label: str, is_first_typical: bool = False) -> None:
    choices = [_choice(score, int(index), is_first_typical and i == 0) for i, index in enumerate(indices)]
    choice_gallery(f"{key}-gallery", label, choices, _open)


def _legend(score: Score, indices: Indices) -> None:
    """The meaning of the flag, where an image has one."""
    if any(sections.label_remark(score, int(index)) for index in indices):
        st.caption(f"⚑ People corrected this label or disagreed about it ({label_errors.SOURCE}).")


def _open(index: int) -> None:
    address.select(image=index)


def _choice(score: Score, index: int, is_typical: bool) -> Choice:
    caption = sections.answer_caption(score, index)
    alt = f"{score.split_name.capitalize()} image {index:,}{', typical of its group' if is_typical else ''}"
    if remark := sections.label_remark(score, index):
        caption, alt = f"{caption} ⚑", f"{alt}, {remark}"
    return Choice(index, score.split.images[index], caption, alt, is_typical)


def _describe_group(score: Score, members: Indices) -> str:
    """The most frequent pair of true class and answer among them."""
    pair = queries.group_by_pair(members, score.split.labels, score.calibrated)[0]
    true, answer = score.run.class_names[pair.true], score.run.class_names[pair.answer]
    return f"{true} read as {answer}" if pair.true != pair.answer else f"{true}, read correctly"
