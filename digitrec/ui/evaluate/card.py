"""One image's card: what it is, what was answered and why, which training images are near, what other runs say."""

from __future__ import annotations

import functools

import numpy as np
import streamlit as st

from digitrec.data import loading
from digitrec.data.catalogue import DatasetError, evaluation_dataset
from digitrec.evaluation import label_errors
from digitrec.explain import neighbours
from digitrec.inference.classifier import Classifier, ClassifierError
from digitrec.metrics.classification import log_losses
from digitrec.runs import store
from digitrec.runs.store import Run
from digitrec.ui import pickers, state
from digitrec.ui.components import canvas, digits
from digitrec.ui.components.digits import escape_markdown, figure_html, probabilities
from digitrec.ui.components.evidence import evidence
from digitrec.ui.evaluate import address, listing
from digitrec.ui.evaluate.listing import Of

IMAGE_SIDE = 252  # pixels of the image on the screen: nine for each of its own
MAX_NEIGHBOURS = 8
MAX_OTHER_RUNS = 8  # other runs that are asked


def is_open(of: Of) -> bool:
    """Whether a card is asked for, of an image that there is."""
    index = address.get_selection().image
    return index is not None and index < len(of.score.proba)


def view(of: Of) -> None:
    """The card of the image that is looked at."""
    index = address.get_selection().image
    _navigation(of, index)
    st.subheader(escape_markdown(_title(of, index)), anchor=False)
    model = None
    left, right = st.columns([2, 5], gap="large")
    with left:
        st.html(
            figure_html(
                of.score.split.images[index], "", f"{_title(of, index)}, labelled {_label(of, index)}", IMAGE_SIDE
            )
        )
    with right:
        _answer_and_label(of, index)
        probabilities(of.score.proba[index], of.run.class_names)
    try:
        model = pickers.load_classifier(of.run)
    except ClassifierError as error:
        st.warning(f"There is no evidence: {error}", icon=":material/warning:")
        return
    st.session_state.setdefault("card-evidence", True)  # who opens a card wants to know why
    evidence("card", model, of.score.split.images[index], of.run.class_names)
    st.subheader("Other networks on this image", anchor=False)
    _other_networks(of, index)
    st.subheader("The nearest images that it learnt from", anchor=False)
    _neighbours(of, index, model)


def _navigation(of: Of, index: int) -> None:
    """The way back, and on to the image's neighbours in the list."""
    found = listing.last_listed(of)
    (at,) = np.nonzero(found == index)
    before = int(found[at[0] - 1]) if len(at) and at[0] > 0 else None
    after = int(found[at[0] + 1]) if len(at) and at[0] + 1 < len(found) else None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Back to the images", icon=":material/arrow_back:", key="card-close", on_click=address.select)
        for label, icon, to, keys in (
            ("Previous", "chevron_left", before, "Left"),
            ("Next", "chevron_right", after, "Right"),
        ):
            st.button(
                label,
                key=f"card-{label}",
                icon=f":material/{icon}:",
                disabled=to is None,
                shortcut=keys,
                on_click=functools.partial(address.select, image=to),
            )
        if len(at):
            st.markdown(f"{at[0] + 1:,} of {len(found):,}")
        if st.button(
            "Open in Draw", key="card-draw", icon=":material/draw:", on_click=_place_in_draw, args=(of, index)
        ):
            st.switch_page(pickers.page_path("draw"))


def _place_in_draw(of: Of, index: int) -> None:
    canvas.place(state.CANVAS, of.score.split.images[index], f"{_title(of, index)}, labelled {_label(of, index)}.")
    st.session_state[state.DRAW_MODEL] = of.run.name


def _title(of: Of, index: int) -> str:
    return f"{of.split.capitalize()} image {index:,} of {loading.describe(of.dataset).title}"


def _label(of: Of, index: int) -> str:
    return of.run.class_names[of.score.split.labels[index]]


def _answer_and_label(of: Of, index: int) -> None:
    """What was answered, how that compares with the label, and where the image is from."""
    names, proba = of.run.class_names, of.score.proba[index]
    second, best = np.argsort(proba, kind="stable")[-2:]
    sign = "✓" if best == of.score.split.labels[index] else "✗"
    st.markdown(
        f"### {sign} Read as {escape_markdown(names[best])}, labelled {escape_markdown(_label(of, index))}\n"
        f"{digits.percent(proba[best])} sure, otherwise {escape_markdown(names[second])}, "
        f"{digits.percent(proba[second])}."
    )
    if note := label_errors.find_label_error(of.dataset, of.split, index):
        st.markdown(f"⚑ {note[0].upper()}{note[1:]}.")
    (loss,) = log_losses(of.score.split.labels[index : index + 1], proba[None])
    st.caption(f"Loss {loss:.2f} nats. {_describe_place(of, index)}")


def _describe_place(of: Of, index: int) -> str:
    file, place = neighbours.locate_original(of.run, loading.load(of.dataset), of.split, index)
    held = f"Image {index:,} of {len(of.score.proba):,} in this part"
    same = of.split == file and index == place
    return f"{held}, counted from 0." if same else f"{held}, image {place:,} of the {file} set, counted from 0."


def _other_networks(of: Of, index: int) -> None:
    """What other networks with the same classes answer to this one image."""
    known = [
        run
        for run in store.list_runs()
        if run.has_model and run.path != of.run.path and run.class_names == of.run.class_names
    ]
    if not known:
        st.caption("There is no other network with these classes. Train one to compare.")
        return
    rows = [_row(run, of, index) for run in known[:MAX_OTHER_RUNS]]
    st.dataframe(rows, hide_index=True, height="content", width="content", alt="What other networks answer")
    if len(known) > MAX_OTHER_RUNS:
        st.caption(f"The first {MAX_OTHER_RUNS} of {len(known)}.")


def _row(run: Run, of: Of, index: int) -> dict[str, str]:
    try:
        proba = pickers.load_classifier(run).predict_proba(of.score.split.images[index : index + 1])[0]
    except ClassifierError:
        return {"Network": run.name, "Answer": "cannot be read", "Sure": "", "Verdict": ""}
    best = int(proba.argmax())
    told = "✓ right" if best == of.score.split.labels[index] else "✗ wrong"
    return {
        "Network": run.name,
        "Answer": run.class_names[best],
        "Sure": digits.percent(proba[best]),
        "Verdict": told,
    }


def _neighbours(of: Of, index: int, model: Classifier) -> None:
    """The nearest training images in the network's own embedding; the first time, with progress."""
    place, name = st.empty(), evaluation_dataset(of.run.config.dataset)
    if not loading.is_available(name):  # to look at an image is not to ask for a download
        st.caption(f"{loading.title(name)} is not on this machine, so they cannot be shown.")
        return
    try:
        dataset = loading.load(name)
        embeddings = _training_embeddings(of.run, model, place)
    except (ClassifierError, DatasetError, OSError) as error:
        place.warning(f"They cannot be shown: {error}", icon=":material/warning:")
        return
    itself = index if (of.dataset, of.split) == (name, "train") else None
    one = neighbours.scale_to_unit(model.embed(of.score.split.images[index : index + 1]))[0]
    near = neighbours.find_nearest(one, embeddings, MAX_NEIGHBOURS, without=itself)
    places = neighbours.training_places(of.run, dataset)[near.indices]
    names = [of.run.class_names[label] for label in dataset.train.labels[places]]
    captions = [f"{name} · {like:.3f}" for name, like in zip(names, near.likeness, strict=True)]
    alts = [f"Training image {place:,}, a {name}" for place, name in zip(places, names, strict=True)]
    with place.container():
        st.caption(
            _describe_neighbours(names, _label(of, index), of.run.class_names[int(of.score.proba[index].argmax())])
        )
        digits.digit_gallery(dataset.train.images[places], captions, alts=alts, size=76)


def _training_embeddings(run: Run, model: Classifier, place: st.delta_generator.DeltaGenerator) -> np.ndarray:
    if neighbours.is_ready(run, model):
        return neighbours.training_embeddings(run, model)
    bar = place.progress(0.0, text="The network looks at all its training images, once ...")

    def report(done: int, n: int) -> None:
        bar.progress(done / n, text=f"The network looks at all its training images, once: {done:,} of {n:,}")

    return neighbours.training_embeddings(run, model, report)


def _describe_neighbours(names: list[str], label: str, answer: str) -> str:
    """What the neighbours' labels say of the answer."""
    said = f"{names.count(answer)} of the {len(names)} nearest are labelled {answer}, as it was answered"
    if answer != label:
        said += f", {names.count(label)} are labelled {label}, as this one is"
    return f"{escape_markdown(said)}. Below each its label and the likeness: 1 is the same to the network."
