"""The section Odd images of Explore: a queue of images that a person keeps, relabels or leaves out, by keys."""

from __future__ import annotations

import functools
from datetime import datetime

import streamlit as st

from digitrec import files
from digitrec.curation import DUPLICATE, KINDS, LABEL, OUTLIER, Finding, Findings, load_findings, make_search
from digitrec.data import Dataset, DatasetError, corrections
from digitrec.data.corrections import KEEP, LEAVE_OUT, RELABEL, UNDO, Decision, ImageKey
from digitrec.runs import measurements, processes
from digitrec.ui import pickers
from digitrec.ui.components.digits import escape_markdown, figure_html
from digitrec.ui.components.gallery import Choice, choice_gallery
from digitrec.ui.components.header import is_read_only
from digitrec.ui.components.progress import measurement_control
from digitrec.ui.explore import address, columns, odd_log, odd_words

Decided = dict[tuple[str, int], Decision]  # by split and place

SIDE = 224  # pixels of the image on the screen: eight for each of its own
PAIR_SIDE = 140  # of each of two images: both fit beside each other on a phone
STRIP, STRIP_SIDE = 12, 48  # images that come next, and their size
MAX_KEYS = 10  # classes with a key of their own: 0 to 9
BOTH = "both"
_KIND, _SPLIT = "explore-odd-kind", "explore-odd-split"
_AT, _MINE, _PROBLEM = "explore-odd-at", "explore-odd-mine", "explore-odd-problem"  # in the session
_DECISIONS = (("Keep", "check", "K", KEEP, "keep"), ("Leave out", "block", "X", LEAVE_OUT, "out"))
_STEPS = (("Previous", "chevron_left", -1, "Left"), ("Next", "chevron_right", 1, "Right"))
_HELP = """Keys: K keep, X leave out, 0 to 9 relabel, U take the last decision back, Left and Right to look around.

Your decisions are stored beside the data set, whose files stay as they are. Train uses them at a tick."""


def view(dataset: Dataset) -> None:
    """The search, and the queue of what it found."""
    st.header("Odd images", anchor=False, help=_HELP)
    search, found = make_search(dataset), load_findings(dataset)
    state = measurements.progress(search)
    is_live = state is not None and state.is_live
    if found is None or is_live:
        st.write("Find labels that are likely wrong, images that are nearly equal, and images unlike their class.")
        _search_button(dataset, "Look for odd images")
        if corrections.read(dataset.name):
            odd_log.change_log(dataset)
        return
    st.fragment(_work)(dataset, found)
    if not found.estimates:
        _search_button(dataset, "Search again")


def _search_button(dataset: Dataset, label: str) -> None:
    text = (
        "Four networks learn from parts of the images, and judge those that they did not learn from. It runs in "
        "the background, for MNIST a minute or two. The result is stored."
    )
    if not processes.has_tensorflow():
        text = f"Labels are not judged here. {processes.explain_missing_tensorflow('That')}"
    measurement_control(make_search(dataset), label, 0, text=text)


def _work(dataset: Dataset, found: Findings) -> None:
    """The queue and the change log; each key runs this anew."""
    _queue(dataset, found)
    with st.container(horizontal=True, vertical_alignment="center"):
        odd_log.change_log(dataset)
        if corrections.find_version(dataset.name):
            st.page_link(
                pickers.page_path("train"),
                label="Train with my corrections",
                icon=":material/model_training:",
                query_params={"dataset": dataset.name, "corrections": corrections.LATEST},
            )


def _queue(dataset: Dataset, found: Findings) -> None:
    """The controls, the present image with its buttons, and the next ones."""
    decided = corrections.locate(dataset, corrections.find_overlay(corrections.read(dataset.name)))
    kind, split = _choose(dataset, found, decided)
    queue = found.select(kind, None if split == BOTH else split)
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(problem, icon=":material/error:")
    is_read_only("decide about images")
    if not queue:
        st.success(odd_words.NOTHING[kind], icon=":material/check:")
        return
    name = f"{dataset.name} {kind} {split}"
    at = min(_places().get(name, _next_open(queue, -1, decided, kind)), len(queue) - 1)
    _places()[name] = at
    done = sum(odd_words.is_done(each, decided.get(each[1:3])) for each in queue)
    st.progress(done / len(queue), text=odd_words.describe_progress(done, len(queue), kind, split, found))
    if done == len(queue):
        st.success("All of these are decided.", icon=":material/check:")
    with st.container(border=True):
        _show(dataset, queue, at, name, decided)
    _strip(dataset, queue, at, name, decided)


def _choose(dataset: Dataset, found: Findings, decided: Decided) -> tuple[str, str]:
    """The kind and the split that a person looks at."""

    def label(kind: str) -> str:
        return f"{odd_words.TITLES[kind]} ({len(found.select(kind)):,})"

    with st.container(horizontal=True, vertical_alignment="bottom"):
        kinds = [kind for kind in KINDS if kind != LABEL or found.estimates]
        kind = st.segmented_control(
            "What",
            kinds,
            default=kinds[0],
            required=True,
            format_func=label,
            key=_KIND,
            persist_state="session",
        )
        counts = columns.count_images(dataset)
        if len(counts) < 2:
            return str(kind), BOTH
        split = st.segmented_control(
            "Images",
            [BOTH, *counts],
            default=BOTH,
            required=True,
            format_func=lambda name: "Both" if name == BOTH else columns.SPLIT_TITLES[name],
            key=_SPLIT,
            persist_state="session",
            help="Train uses decisions about training images. Those about test images are only logged.",
        )
    return str(kind), str(split)


def _show(dataset: Dataset, queue: list[Finding], at: int, name: str, decided: Decided) -> None:
    """One image, why it is here, and what can be done with it."""
    finding = queue[at]
    decision = decided.get(finding[1:3])
    left, right = st.columns([2, 3], gap="large")
    with left:
        _pictures(dataset, finding)
    with right:
        st.markdown(f"### {odd_words.headline(finding, dataset)}")
        st.markdown(odd_words.explain(finding, dataset))
        place = f"{columns.SPLIT_TITLES[finding.split]} image {finding.place:,}"
        only = ": a decision is logged, and changes no training" if finding.split == "test" else ""
        st.caption(f"{at + 1:,} of {len(queue):,} · {place}{only}")
        if decision is not None:
            when = f"{datetime.fromtimestamp(decision.time).astimezone():%Y-%m-%d %H:%M}"
            st.markdown(f":material/check: **{odd_words.describe_decision(decision, dataset)}** ({when})")
        _actions(dataset, queue, at, name, decided)
        _class_buttons(dataset, queue, at, name, decided)


def _pictures(dataset: Dataset, finding: Finding) -> None:
    part = dataset.train if finding.split == "train" else dataset.test
    label = dataset.class_names[part.labels[finding.place]]
    shown = [figure_html(part.images[finding.place], f"Labelled {label}", f"The image, labelled {label}", SIDE)]
    side = SIDE
    if finding.other is not None and finding.kind in (DUPLICATE, OUTLIER):
        side = PAIR_SIDE
        split, place = finding.other
        other = dataset.train if split == "train" else dataset.test
        words = f"{columns.SPLIT_TITLES[split]} {place:,}: {dataset.class_names[other.labels[place]]}"
        shown = [figure_html(part.images[finding.place], f"This one: {label}", f"The image, {label}", side)]
        shown.append(figure_html(other.images[place], words, f"The other image: {words}", side))
    st.html(f'<div class="digit-gallery" style="--side:{side}px">{"".join(shown)}</div>')


def _actions(dataset: Dataset, queue: list[Finding], at: int, name: str, decided: Decided) -> None:
    decide = functools.partial(_decide, dataset, queue, at, name, decided)
    overlay = corrections.find_overlay(corrections.read(dataset.name))
    is_locked = files.is_read_only()
    with st.container(horizontal=True, gap="small"):
        for label, icon, key, action, suffix in _DECISIONS:
            st.button(
                label,
                key=f"odd-{suffix}",
                icon=f":material/{icon}:",
                shortcut=key,
                on_click=decide,
                args=(action,),
                disabled=is_locked,
            )
        st.button(
            "Undo",
            key="odd-undo",
            icon=":material/undo:",
            shortcut="U",
            on_click=_undo,
            args=(dataset, queue, name),
            disabled=is_locked or not overlay,
            help="Takes your last decision back.",
        )
    with st.container(horizontal=True, gap="small"):
        for label, icon, step, key in _STEPS:
            st.button(
                label,
                key=f"odd-{label}",
                icon=f":material/{icon}:",
                shortcut=key,
                on_click=_go_to,
                args=(name, at + step),
                disabled=not 0 <= at + step < len(queue),
            )
        st.button(
            "Open its card",
            key="odd-card",
            icon=":material/open_in_full:",
            on_click=_request_card,
            args=queue[at][1:3],
        )
    if st.session_state.pop(_CARD, False):
        st.rerun(scope="app")


_CARD = "explore-odd-card"  # in the session: a card was asked for


def _request_card(split: str, place: int) -> None:
    address.open_images()
    address.open_image(split, place)
    st.session_state[_CARD] = True


def _class_buttons(dataset: Dataset, queue: list[Finding], at: int, name: str, decided: Decided) -> None:
    """The classes as buttons with the keys 0 to 9; more of them in a list."""
    finding, names = queue[at], dataset.class_names
    part = dataset.train if finding.split == "train" else dataset.test
    given = int(part.labels[finding.place])
    decide = functools.partial(_decide, dataset, queue, at, name, decided)
    first = [label for label in range(len(names)) if label < MAX_KEYS or label == finding.suggested]
    st.caption("Relabel as")
    are_keys = all(name == str(label) for label, name in enumerate(names[:MAX_KEYS]))
    with st.container(horizontal=True, gap="small", key="odd-digits" if are_keys else "odd-classes"):
        for label in first:
            st.button(
                escape_markdown(names[label]),
                key=f"odd-class-{label}",
                shortcut=str(label) if label < MAX_KEYS else None,
                type="primary" if label == finding.suggested else "secondary",
                disabled=files.is_read_only() or label == given,
                on_click=decide,
                args=(RELABEL, label),
                help="The networks answer this class." if label == finding.suggested else None,
            )
    if len(names) > MAX_KEYS:
        key = f"odd-other-class {finding.split} {finding.place}"
        others = [label for label in range(len(names)) if label != given]
        st.selectbox(
            "Another class",
            others,
            index=None,
            format_func=lambda label: names[label],
            key=key,
            on_change=_relabel_by_list,
            args=(key, decide),
            placeholder="Choose a class",
            disabled=files.is_read_only(),
        )


def _relabel_by_list(key: str, decide: functools.partial[None]) -> None:
    if (label := st.session_state.get(key)) is not None:
        decide(RELABEL, label)


def _strip(dataset: Dataset, queue: list[Finding], at: int, name: str, decided: Decided) -> None:
    """The images that come next, in a row; each can be chosen."""
    first = max(0, min(at - 1, len(queue) - STRIP))
    choices = []
    for place in range(first, min(first + STRIP, len(queue))):
        finding = queue[place]
        part = dataset.train if finding.split == "train" else dataset.test
        decision = decided.get(finding[1:3])
        caption = odd_words.short_decision(decision, dataset) if decision else ""
        alt = f"{place + 1} of {len(queue)}: {odd_words.headline(finding, dataset)}"
        choices.append(Choice(place, part.images[finding.place], caption, alt, place == at))
    choose = functools.partial(_go_to, name)
    choice_gallery("explore-odd-strip", "The next images", choices, choose, side=STRIP_SIDE, hint="Look at it")


# --- callbacks ---


def _places() -> dict[str, int]:
    """Where a person is in each queue."""
    places: dict[str, int] = st.session_state.setdefault(_AT, {})
    return places


def _go_to(name: str, at: int) -> None:
    _places()[name] = max(0, at)


def _next_open(queue: list[Finding], at: int, decided: Decided, kind: str) -> int:
    """The place of the next image that is not decided, after the present one; the present one if all are."""
    del kind
    places = [*range(at + 1, len(queue)), *range(max(at, 0))]
    open_ = (place for place in places if not odd_words.is_done(queue[place], decided.get(queue[place][1:3])))
    return next(open_, max(at, 0))


def _decide(
    dataset: Dataset,
    queue: list[Finding],
    at: int,
    name: str,
    decided: Decided,
    action: str,
    to: int | None = None,
) -> None:
    finding = queue[at]
    key = corrections.find_key(dataset, *finding[1:3])
    if action == RELABEL and to == key.label:
        return
    standing = decided.get(finding[1:3])
    if standing is not None and (standing.action, standing.to) == (action, to):
        _go_to(name, _next_open(queue, at, decided, finding.kind))
        return
    reason = odd_words.reason(finding, dataset)
    if _store(dataset, Decision(key, action, to, reason, finding.place)):
        st.session_state.setdefault(_MINE, []).append((dataset.name, key))
        _go_to(name, _next_open(queue, at, decided, finding.kind))


def _undo(dataset: Dataset, queue: list[Finding], name: str) -> None:
    """Take back the last decision of this session, else the last one of all, and go to its image."""
    overlay = corrections.find_overlay(corrections.read(dataset.name))
    mine: list[tuple[str, ImageKey]] = st.session_state.setdefault(_MINE, [])
    last = corrections.last_decision(overlay)
    key = last.key if last else None
    while mine:
        owner, candidate = mine.pop()
        if owner == dataset.name and candidate in overlay:
            key = candidate
            break
    if key is None:
        return
    place = corrections.find_index(dataset, key)
    if _store(dataset, Decision(key, UNDO, None, "", place or 0)):
        at = next((at for at, each in enumerate(queue) if each[1:3] == (key.split, place)), None)
        if at is not None:
            _go_to(name, at)


def _store(dataset: Dataset, decision: Decision) -> bool:
    """Write a decision to the log; whether it was written."""
    try:
        corrections.decide(dataset.name, decision)
    except (OSError, DatasetError) as error:
        why = getattr(error, "strerror", None) or error
        st.session_state[_PROBLEM] = escape_markdown(f"The decision cannot be stored: {why}")
        return False
    return True
